//! A turn that has damaged memory without a trap is found out when it ends, as far as that shows.

use wasm_revive_transform::{undo_log, CANARY, COMMIT, ROLLBACK};
use wasmi::Val;

use super::{Running, PAGE};

/// As the linker places it: the stack is below all data.
const STACK: &str = r#"(module
    (memory (export "memory") 2 64)
    (global $__stack_pointer (export "pointer") (mut i32) (i32.const 32768))
    (data (i32.const 32768) "data")
    (func (export "write") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
    (func (export "write_near") (param i32 i32)
        (i32.store (local.get 0) (i32.const 0))
        (i32.store offset=100 (local.get 0) (local.get 1)))
    (func (export "deep")
        (local $frame i32)
        (global.set $__stack_pointer
            (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 32704))))
        (i32.store (local.get $frame) (i32.const -1))
        (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 32704))))
    (func (export "deepest")
        (local $frame i32)
        (global.set $__stack_pointer
            (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 32720))))
        (i32.store (local.get $frame) (i32.const -1))
        (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 32720))))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;

const WELL: Result<Option<i32>, String> = Ok(Some(0));

fn found(code: i32) -> Result<Option<i32>, String> {
    Ok(Some(code))
}

/// Damages, is found out, goes back, and is well again, with all that was written gone.
fn is_found(run: &mut Running, code: i32) {
    for _ in 0..2 {
        assert_eq!(run.call(COMMIT, &[]), found(code));
        assert_eq!(is_log_damaged(run), code == 3);
    }
    run.call(ROLLBACK, &[]).unwrap();
    assert!(!is_log_damaged(run));
    assert_eq!(run.call(COMMIT, &[]), WELL);
}

/// As the host sees it, which calls nothing.
fn is_log_damaged(run: &Running) -> bool {
    (0..4).any(|nth| {
        let range = run.global(&format!("{CANARY}{nth}")).i64().unwrap();
        let (address, length) = (range as u32 as usize, (range >> 32) as usize);
        assert!(length > 0);
        run.memory(address + length)[address..]
            .iter()
            .any(|byte| *byte != 0)
    })
}

#[test]
fn a_write_through_a_null_pointer_is_found_and_undone() {
    let mut run = Running::new(&undo_log(&wat::parse_str(STACK).unwrap()).unwrap().0);
    run.call("write", &[40_000, 7]).unwrap();
    assert_eq!(run.call(COMMIT, &[]), WELL);
    for address in (0..=60).step_by(4) {
        run.call("write", &[40_000, 8]).unwrap();
        run.call("write", &[address, 1]).unwrap();
        is_found(&mut run, 2);
        assert_eq!(run.memory(40_001)[40_000], 7);
        assert_eq!(run.memory(64), [0; 64]);
    }
    for address in [64, 32_764, 32_768] {
        run.call("write", &[address, 1]).unwrap();
        assert_eq!(run.call(COMMIT, &[]), WELL, "{address} is the program's");
    }
}

#[test]
fn a_stack_that_was_used_to_its_end_is_found() {
    let mut run = Running::new(&undo_log(&wat::parse_str(STACK).unwrap()).unwrap().0);
    run.call("deep", &[]).unwrap();
    assert_eq!(run.call(COMMIT, &[]), WELL);
    run.call("deepest", &[]).unwrap();
    is_found(&mut run, 2);
}

#[test]
fn a_write_past_the_end_of_the_programs_memory_is_found() {
    let (changed, layout) = undo_log(&wat::parse_str(STACK).unwrap()).unwrap();
    let mut run = Running::new(&changed);
    let end = 2 * PAGE as i32;
    run.call("write_near", &[end - 4, 1]).unwrap();
    is_found(&mut run, 3);
    // Before what the program is given behind the log.
    run.call("grow", &[1]).unwrap();
    let start = (2 + layout.pages as i32) * PAGE as i32;
    run.call("write_near", &[start, 1]).unwrap();
    assert_eq!(run.call(COMMIT, &[]), WELL);
}

#[test]
fn what_the_host_writes_over_the_bookkeeping_is_found() {
    let (changed, layout) = undo_log(&wat::parse_str(STACK).unwrap()).unwrap();
    const CHUNK: usize = 8 * PAGE;
    let log = (2 + layout.pages as usize) * PAGE - CHUNK;
    for address in [
        2 * PAGE,
        2 * PAGE + 127,
        log - 1,
        log + 127,
        log + 128,
        log + CHUNK - 1,
    ] {
        let mut run = Running::new(&changed);
        run.write(address, &[1]);
        let code = if address == log - 1 { 0 } else { 3 };
        assert_eq!(is_log_damaged(&run), code == 3, "{address}");
        assert_eq!(run.call(COMMIT, &[]), found(code), "{address}");
    }
}

#[test]
fn a_stack_pointer_is_where_it_rests() {
    let mut run = Running::new(&undo_log(&wat::parse_str(STACK).unwrap()).unwrap().0);
    run.set_global("pointer", Val::I32(32_768 - 160));
    assert_eq!(
        run.call(COMMIT, &[]),
        WELL,
        "an exception has left it lower"
    );
    assert_eq!(run.global("pointer").i32(), Some(32_768));
    run.set_global("pointer", Val::I32(32_768 + 16));
    is_found(&mut run, 1);
    assert_eq!(run.global("pointer").i32(), Some(32_768));
}

#[test]
fn where_the_stack_is_not_below_all_data_its_end_is_not_looked_at() {
    let text = STACK.replace("(data (i32.const 32768)", "(data (i32.const 16)");
    let mut run = Running::new(&undo_log(&wat::parse_str(text).unwrap()).unwrap().0);
    run.call("write", &[0, 1]).unwrap();
    assert_eq!(run.call(COMMIT, &[]), WELL);
}
