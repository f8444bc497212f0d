//! N4: LLVM 22 crashes over a function that catches twice, where what is caught the second time drops something, and exceptions are
//! to be the new ones (`exnref`). It can be compiled alone:
//!
//! ```sh
//! rustc +nightly --edition 2021 --crate-type lib --emit obj --target wasm32-unknown-unknown -O \
//!   -Cpanic=unwind -Cllvm-args=-wasm-use-legacy-eh=false two_catches.rs
//! ```

use std::panic::{catch_unwind, AssertUnwindSafe};

extern "C-unwind" {
    fn work();
}

/// Catches what `work` throws, then what the destructor does.
#[no_mangle]
pub fn catch_twice(boxed: Box<dyn Fn()>) {
    // SAFETY: it takes nothing and gives nothing.
    let _ = catch_unwind(|| unsafe { work() });
    let _ = catch_unwind(AssertUnwindSafe(|| drop(boxed)));
}
