//! Where the standard library counts panics: found in the code that Rust 1.97 makes of it, and in nothing else.

/// The address that is found in a module of these functions.
fn found(functions: &str) -> Option<u32> {
    let text = format!(r#"(module (import "m" "f" (func)) (memory 17) {functions})"#);
    wasm_revive_transform::inspect(&wat::parse_str(text).unwrap())
        .unwrap()
        .panic_count
}

/// `panic_count::increase` of counts at these addresses, as the compiler makes it.
fn increase(global: u32, local: u32) -> String {
    let in_hook = local + 4;
    format!(
        "(func (param i32) (result i32) (local i32 i32)
            (local.set 1 (i32.const 0))
            (i32.store offset={global} (i32.const 0)
                (i32.add (local.tee 2 (i32.load offset={global} (i32.const 0))) (i32.const 1)))
            (block
                (br_if 0 (i32.lt_s (local.get 2) (i32.const 0)))
                (local.set 1 (i32.const 1))
                (br_if 0 (i32.load8_u offset={in_hook} (i32.const 0)))
                (i32.store8 offset={in_hook} (i32.const 0) (local.get 0))
                (i32.store offset={local} (i32.const 0)
                    (i32.add (i32.load offset={local} (i32.const 0)) (i32.const 1)))
                (local.set 1 (i32.const 2)))
            (local.get 1))"
    )
}

/// What is in `catch_unwind::cleanup` for `panic_count::decrease`.
fn decrease(global: u32, local: u32) -> String {
    let in_hook = local + 4;
    format!(
        "(func
            (i32.store offset={global} (i32.const 0)
                (i32.add (i32.load offset={global} (i32.const 0)) (i32.const -1)))
            (i32.store offset={local} (i32.const 0)
                (i32.add (i32.load offset={local} (i32.const 0)) (i32.const -1)))
            (i32.store8 offset={in_hook} (i32.const 0) (i32.const 0)))"
    )
}

#[test]
fn the_count_is_found_where_panics_are_caught_and_where_they_are_not() {
    let caught = increase(2000, 1064) + &decrease(2000, 1064);
    assert_eq!(found(&caught), Some(1064));
    assert_eq!(found(&increase(2000, 1064)), Some(1064));
}

#[test]
fn the_count_is_found_in_what_wasm_opt_makes_of_it() {
    // All in one function, with the lock of the panic hook, whose readers are counted and tested in a like way.
    let inlined = "(func (local i32)
        (i32.store (i32.const 2000)
            (i32.add (local.tee 0 (i32.load (i32.const 2000))) (i32.const 1)))
        (block
            (br_table 0 0
                (block (result i32)
                    (drop (br_if 0 (i32.const 0) (i32.lt_s (local.get 0) (i32.const 0))))
                    (drop (br_if 0 (i32.const 1) (i32.load8_u (i32.const 1068))))
                    (i32.store8 (i32.const 1068) (i32.const 1))
                    (i32.store (i32.const 1064)
                        (i32.add (i32.load (i32.const 1064)) (i32.const 1)))
                    (i32.const 2)))
            (br_if 0 (i32.lt_s (local.tee 0 (i32.load (i32.const 1072))) (i32.const 0)))
            (i32.store (i32.const 1072) (i32.add (local.get 0) (i32.const 1)))))";
    assert_eq!(found(inlined), Some(1064));
    assert_eq!(
        found(&(inlined.to_owned() + &decrease(2000, 1064))),
        Some(1064)
    );
}

#[test]
fn the_count_is_found_in_a_library_that_is_optimised_for_size() {
    let increase = "(func (param i32) (local i32)
        (i32.store offset=2000 (i32.const 0)
            (i32.add (local.tee 1 (i32.load offset=2000 (i32.const 0))) (i32.const 1)))
        (block
            (br_if 0 (i32.lt_s (local.get 1) (i32.const 0)))
            (call 0)))";
    let accessor = r#"(func $"std::panicking::panic_count::LOCAL_PANIC_COUNT::{closure#0}"
        (result i32) (i32.const 1064))"#;
    assert_eq!(found(increase), None);
    assert_eq!(found(&(increase.to_owned() + accessor)), Some(1064));
    assert_eq!(
        found(&(increase.to_owned() + &decrease(2000, 1064))),
        Some(1064)
    );
}

#[test]
fn functions_that_disagree_tell_nothing() {
    let two = increase(2000, 1064) + &increase(2000, 3000);
    assert_eq!(found(&two), None);
    // What is caught is counted down elsewhere.
    let other = increase(2000, 1064) + &decrease(2000, 3000);
    assert_eq!(found(&other), None);
    // One of them is the one that is counted down.
    assert_eq!(found(&(two + &decrease(2000, 3000))), Some(3000));
    let accessors = r#"
        (func $"LOCAL_PANIC_COUNT 1" (result i32) (i32.const 1064))
        (func $"LOCAL_PANIC_COUNT 2" (result i32) (i32.const 1068))"#;
    assert_eq!(found(accessors), None);
}

#[test]
fn what_only_looks_alike_is_not_taken_for_it() {
    let text = increase(2000, 1064);
    assert_eq!(found(&text), Some(1064));
    for (what, from, to) in [
        ("the sign is not looked at", "i32.lt_s", "i32.lt_u"),
        ("the byte is not read", "i32.load8_u", "i32.load"),
        ("the byte is not written", "i32.store8", "i32.store"),
        ("the byte is elsewhere", "1068", "1072"),
        (
            "it counts in twos",
            "(i32.const 1)))\n            (block",
            "(i32.const 2)))\n            (block",
        ),
        (
            "another word is stored",
            "i32.store offset=1064",
            "i32.store offset=1080",
        ),
        (
            "the address is no constant",
            "offset=1064 (i32.const 0)",
            "offset=1064 (local.get 0)",
        ),
    ] {
        let other = text.replace(from, to);
        assert_ne!(other, text, "{what}");
        assert_eq!(found(&other), None, "{what}");
    }
    assert_eq!(found(""), None);
    assert_eq!(found(&decrease(2000, 1064)), None);
    // What is known of a local ends where ways meet.
    let met = "(func (param i32) (local i32)
        (if (local.get 0) (then (local.set 1 (i32.load (i32.const 2000)))))
        (i32.store (i32.const 2000) (i32.add (local.get 1) (i32.const 1)))
        (drop (i32.lt_s (local.get 1) (i32.const 0)))
        (drop (i32.load8_u (i32.const 1068)))
        (i32.store8 (i32.const 1068) (i32.const 1))
        (i32.store (i32.const 1064) (i32.add (i32.load (i32.const 1064)) (i32.const 1))))";
    assert_eq!(found(met), None);
}

#[test]
fn a_function_with_many_counters_is_read_in_time_and_hides_nothing() {
    let counters: String = (0..5_000)
        .map(|n| {
            let at = 4096 + 4 * n;
            format!(
                "(i32.store offset={at} (i32.const 0)
                    (i32.add (local.tee {n} (i32.load offset={at} (i32.const 0))) (i32.const 1)))
                (drop (i32.lt_s (local.get {n}) (i32.const 0)))"
            )
        })
        .collect();
    let locals = " i32".repeat(5_000);
    let many = format!("(func (local{locals}) {counters})");
    let start = std::time::Instant::now();
    assert_eq!(found(&(increase(2000, 1064) + &many)), Some(1064));
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}
