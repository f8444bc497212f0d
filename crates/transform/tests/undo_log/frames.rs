//! Which stores are known to be to the function's own frame, wherever the frame's address is.

use wasm_revive_transform::undo_log;
use wasmparser::{Operator, Parser, Payload};

/// How many barriers there are in front of stores, in the bodies that the program had.
fn barriers(text: &str) -> usize {
    let module = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let bodies = |bytes: &[u8]| -> Vec<usize> {
        // The first routine that is added comes behind the program's functions; none of these modules imports any.
        let log = text.matches("(func").count() as u32;
        let payloads = Parser::new(0).parse_all(bytes).map(Result::unwrap);
        let bodies = payloads.filter_map(|payload| match payload {
            Payload::CodeSectionEntry(body) => body.get_operators_reader().ok(),
            _ => None,
        });
        let calls_of_log = |operator: &Operator| matches!(operator, Operator::Call { function_index } if *function_index == log);
        bodies
            .map(|operators| {
                operators
                    .into_iter()
                    .map(Result::unwrap)
                    .filter(calls_of_log)
                    .count()
            })
            .collect()
    };
    let program = bodies(&module).len();
    bodies(&undo_log(&module).unwrap().0)[..program]
        .iter()
        .sum()
}

/// A function with a frame, of which `$frame` holds the address, and a loop around what is given.
fn with_loop(body: &str) -> String {
    with_frame(
        "(local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 32)))",
        &format!("(loop $again (i32.store offset=8 (local.get $frame) (i32.const 1)) {body})"),
    )
}

fn with_frame(frame: &str, body: &str) -> String {
    format!(
        "(module (memory (export \"memory\") 3) (global $__stack_pointer (mut i32) (i32.const 65536)) (tag $thrown)
         (func $run (export \"run\") (param $any i32) (local $frame i32) (local $top i32)
             (local.set $top (global.get $__stack_pointer))
             (global.set $__stack_pointer {frame})
             {body}
             (global.set $__stack_pointer (local.get $top))))"
    )
}

const REUSED: &str = "(local.set $frame (local.get $any))";

#[test]
fn the_local_of_a_frame_may_be_used_again_where_the_loop_does_not_begin_again() {
    for way in [
        format!("(if (local.get $any) (then {REUSED} unreachable))"),
        format!("(if (local.get $any) (then {REUSED} (return)))"),
        format!("(if (local.get $any) (then {REUSED} (throw $thrown)))"),
        format!("(block $out (br_if $again (local.get $any)) {REUSED})"),
        format!("(block $out (loop $inner (br_if $again (local.get $any)) (br_if $out (local.get $any)) {REUSED} (return)))"),
        format!("(if (local.get $any) (then (loop $inner {REUSED} (br_if $inner (local.get $any)) unreachable))) (br_if $again (local.get $any))"),
    ] {
        assert_eq!(barriers(&with_loop(&way)), 0, "{way}");
    }
}

#[test]
fn the_local_of_a_frame_may_be_used_again_where_something_was_caught() {
    let store = "local.get $frame i32.const 1 i32.store offset=8";
    let frame = "(local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 32)))";
    for (tried, caught, expected) in [
        (
            "throw $thrown",
            format!("catch $thrown {store} {REUSED} return"),
            0,
        ),
        (
            "throw $thrown",
            format!("catch $thrown {store} {REUSED} return catch_all {store} return"),
            0,
        ),
        (REUSED, format!("catch $thrown {store} return"), 1),
        (
            REUSED,
            format!("catch $thrown return catch_all {store} return"),
            1,
        ),
    ] {
        let body = format!("try {tried} {caught} end");
        assert_eq!(barriers(&with_frame(frame, &body)), expected, "{body}");
    }
}

/// How often a body looks at what it sets the stack pointer to.
fn limits(text: &str) -> usize {
    let module = undo_log(&wat::parse_str(text).unwrap()).unwrap().0;
    let payloads = Parser::new(0).parse_all(&module).map(Result::unwrap);
    let bodies = payloads.filter_map(|payload| match payload {
        Payload::CodeSectionEntry(body) => body.get_operators_reader().ok(),
        _ => None,
    });
    let program = bodies.take(text.matches("(func").count());
    let is_limit = |operators: &[Operator]| {
        matches!(
            operators,
            [
                Operator::I32Const { value: 65536 },
                Operator::I32LeU,
                Operator::Select,
                Operator::GlobalSet { global_index: 0 }
            ]
        )
    };
    program
        .map(|operators| {
            let operators: Vec<_> = operators.into_iter().map(Result::unwrap).collect();
            operators.windows(4).filter(|four| is_limit(four)).count()
        })
        .sum()
}

const FRAME: &str = "(local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 32)))";
const STORE: &str = "(i32.store offset=8 (local.get $frame) (i32.const 1))";

#[test]
fn what_a_function_that_catches_puts_the_pointer_to_is_looked_at_where_it_may_be_anything() {
    let put_back = "local.get $frame global.set $__stack_pointer rethrow 0";
    let body = |tried: &str| format!("{STORE} try {tried} call $run catch_all {put_back} end");
    // With a local that is still the frame's address.
    let module = with_frame(FRAME, &body("local.get $any"));
    assert_eq!((barriers(&module), limits(&module)), (0, 0));
    // With one that isn't any more. Frames need no barriers all the same.
    let module = with_frame(FRAME, &body(&format!("{REUSED} local.get $any")));
    assert_eq!((barriers(&module), limits(&module)), (0, 1));
    let table = format!("{STORE} (block $caught (try_table (catch_all $caught) {REUSED} (call $run (local.get $any)) (return))) (global.set $__stack_pointer (local.get $frame)) (return)");
    let module = with_frame(FRAME, &table);
    assert_eq!((barriers(&module), limits(&module)), (0, 1));
    // Where nothing is caught, nobody but the program knows what that is: no frame is known.
    let none = format!("{STORE} {REUSED} (global.set $__stack_pointer (local.get $frame))");
    let module = with_frame(FRAME, &none);
    assert_eq!((barriers(&module), limits(&module)), (1, 0));
}

#[test]
fn what_is_called_may_leave_the_pointer_lower() {
    let by_pointer = "(i32.store offset=8 (global.get $__stack_pointer) (i32.const 1))";
    let call = "(call $run (local.get $any))";
    for (body, expected) in [
        (by_pointer.into(), 0),
        (format!("{call} {by_pointer}"), 1),
        (format!("{call} {STORE}"), 0),
        (format!("(loop $again {by_pointer} {call} (br $again))"), 1),
        (format!("try {call} catch_all {by_pointer} end"), 1),
        (
            format!("(block $caught (try_table (catch_all $caught) {call})) {by_pointer}"),
            1,
        ),
    ] {
        assert_eq!(barriers(&with_frame(FRAME, &body)), expected, "{body}");
    }
}

#[test]
fn what_a_loop_stores_by_a_local_that_has_changed_when_it_begins_again_has_a_barrier() {
    for way in [
        format!("{REUSED} (br_if $again (local.get $any))"),
        format!("(if (local.get $any) (then {REUSED} (br $again)))"),
        format!("(if (local.get $any) (then {REUSED}) (else (return))) (br $again)"),
        format!("(if (local.get $any) (then (return)) (else {REUSED})) (br $again)"),
        format!("(block $a (block $b (br_table $a $b (local.get $any))) {REUSED}) (br_if $again (local.get $any))"),
        format!("(block $out (block $next (br_if $out (local.get $any)) {REUSED} (br_table $again $next (local.get $any))))"),
        format!("(block $out (block $next (br_if $out (local.get $any)) {REUSED} (br_table $next $again (local.get $any))))"),
        // By the beginning of a loop within.
        format!("(loop $inner (br_if $again (local.get $any)) {REUSED} (br $inner))"),
        format!("(loop $inner (loop $innermost (br_if $inner (local.get $any)) {REUSED} (br_if $innermost (local.get $any)))) (br_if $again (local.get $any))"),
        format!("(loop $inner (br_if $again (local.get $any)) (loop $innermost (br_if $inner (local.get $any)) {REUSED} (br $innermost)))"),
        // By what is thrown.
        format!("(block $caught (try_table (catch_all $caught) {REUSED} (throw $thrown))) (br $again)"),
        format!("(block $caught (try_table (catch_all $caught) (if (local.get $any) (then {REUSED} unreachable)) (return))) (br $again)"),
        format!("(block $caught (try_table (catch $thrown $caught) (try_table (catch_all 0) {REUSED} (throw $thrown)) (return))) (br $again)"),
        format!("(block $out (try_table (catch_all $again) {REUSED} (throw $thrown)))"),
        format!("try {REUSED} throw $thrown catch $thrown br $again end"),
        format!("try return catch $thrown {REUSED} br $again end"),
        format!("try return catch $thrown {REUSED} catch_all return end br $again"),
        format!("try $outer try {REUSED} throw $thrown delegate $outer catch_all br $again end"),
    ] {
        // A second barrier is that of a loop within, where that is written twice.
        assert_ne!(barriers(&with_loop(&way)), 0, "{way}");
    }
}

#[test]
fn a_frame_may_begin_at_a_multiple_of_a_power_of_two() {
    let frame = |size: i32, mask: i32| {
        format!("(local.tee $frame (i32.and (i32.sub (global.get $__stack_pointer) (i32.const {size})) (i32.const {mask})))")
    };
    let store = "(i32.store offset=8 (local.get $frame) (i32.const 1))";
    assert_eq!(barriers(&with_frame(&frame(192, -64), store)), 0);
    // What is above the frame is not the function's.
    let above = "(i32.store offset=192 (local.get $frame) (i32.const 1))";
    assert_eq!(barriers(&with_frame(&frame(192, -64), above)), 1);
    // Another frame, rounded in another way, isn't the same one.
    let other =
        "(local.set $frame (i32.and (i32.sub (local.get $top) (i32.const 8)) (i32.const -16)))";
    assert_eq!(
        barriers(&with_frame(&frame(192, -64), &format!("{other} {store}"))),
        1
    );
    let other = other.replace("const 8)", "const 160)");
    let twice = format!("{above} {other} {above}");
    assert_eq!(barriers(&with_frame(&frame(192, -64), &twice)), 2);
    // No such mask keeps an address below another one.
    for mask in [64, 48, -48, 0x7fff_ffc0] {
        assert_ne!(barriers(&with_frame(&frame(192, mask), store)), 0, "{mask}");
    }
}
