//! A Rust module that wasm-bindgen never sees: what it exports is called as it is, and a panic leaves it as a Wasm exception.
#![deny(missing_docs)]

#[cfg(feature = "revive")]
mod kept;

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::Mutex;

#[cfg(feature = "revive")]
use wasm_revive_unwind_catcher as _;

#[link(wasm_import_module = "env")]
extern "C-unwind" {
    /// Whatever the host does: it may call back, and it may throw.
    fn call_out(n: i32) -> i32;
}

thread_local! {
    static NOTES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

static BALANCE: Mutex<i32> = Mutex::new(0);

/// What a panic has to drop.
struct Dropped(i32);

impl Drop for Dropped {
    fn drop(&mut self) {
        NOTES.with_borrow_mut(|notes| notes.push(format!("dropped {}", self.0)));
    }
}

/// `a / b`, which panics for 0.
#[no_mangle]
pub extern "C-unwind" fn divide(a: i32, b: i32) -> i32 {
    a / b
}

/// Panics with a text made for the occasion, from the end of a deep stack with something to drop in every frame.
#[no_mangle]
pub extern "C-unwind" fn panic_deep(depth: i32) -> i32 {
    let room = black_box([depth; 64]);
    let dropped = Dropped(room[0]);
    assert!(
        depth > 0,
        "no deeper than {}, {}",
        room[1],
        "at the end of a long text that the heap holds"
    );
    panic_deep(depth - 1) + dropped.0
}

/// Panics while the notes are borrowed and the lock is held.
#[no_mangle]
pub extern "C-unwind" fn panic_holding(text_length: usize) {
    let mut balance = BALANCE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    *balance += 1;
    NOTES.with_borrow_mut(|notes| {
        notes.push("x".repeat(text_length));
        panic!("holding {} notes", notes.len());
    })
}

/// Calls the host with something to drop on the stack.
#[no_mangle]
pub extern "C-unwind" fn nested(n: i32) -> i32 {
    let dropped = Dropped(n);
    // SAFETY: it takes and gives an integer, as its declaration says; what it throws unwinds.
    let result = unsafe { call_out(n) };
    result + dropped.0
}

/// Panics with something other than text, without the hooks.
#[no_mangle]
pub extern "C-unwind" fn resume(n: i32) {
    std::panic::resume_unwind(Box::new(n));
}

/// A panic that must not leave a function which says that it doesn't unwind.
#[no_mangle]
pub extern "C" fn panic_in_plain_c() {
    panic!("not this way");
}

/// How many notes there are, after taking them all; borrows them.
#[no_mangle]
pub extern "C-unwind" fn take_notes() -> usize {
    NOTES.take().len()
}

/// Whether the lock is poisoned: as Rust has it after a panic.
#[no_mangle]
pub extern "C-unwind" fn is_poisoned() -> i32 {
    BALANCE.is_poisoned().into()
}

/// Whether Rust believes that it is panicking.
#[no_mangle]
pub extern "C-unwind" fn is_panicking() -> i32 {
    std::thread::panicking().into()
}
