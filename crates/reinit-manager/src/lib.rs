//! Lets Rust ask for a fresh instance of the module it runs in.
//!
//! Code that finds its own state beyond repair says so with [`request_reinit`]. `@wasm-revive/reinit-manager` looks at
//! the end of the turn: the call that is running ends as usual, and the next one is served by a fresh instance. Calls in
//! flight finish on the old one.
//!
//! ```
//! fn check(balance: i64, entries: &[i64]) -> bool {
//!     let sound = entries.iter().sum::<i64>() == balance;
//!     if !sound {
//!         wasm_revive_reinit_manager::request_reinit();
//!     }
//!     sound
//! }
//!
//! assert!(check(3, &[1, 2]) && !wasm_revive_reinit_manager::reinit_requested());
//! assert!(!check(4, &[1, 2]) && wasm_revive_reinit_manager::reinit_requested());
//! ```
#![no_std]
#![deny(missing_docs)]

use wasm_revive_abi::black_box;

// Beside the functions that aren't inlined into users' code.
wasm_revive_abi::crate_record!();

/// Asks for a fresh instance at the end of this turn. It can't be taken back.
///
/// Until the turn is over, what JavaScript calls from within it still goes to this instance; every later call of a
/// function or class goes to the fresh one. Async calls that are in flight finish on this instance: their futures are
/// polled here, closures and timers enter it, and methods of its objects, too. It ends when their promises have settled, or
/// after 30 seconds (`__revive.configure({ drainMs })`): what is left is then rejected with `REVIVE_INSTANCE_LOST`. With
/// nothing in flight it ends with the turn. Tasks that no promise waits for (`spawn_local`) end with it.
#[inline(never)]
pub fn request_reinit() {
    black_box().request_reinit();
    #[cfg(all(feature = "wasm-bindgen", target_arch = "wasm32"))]
    signal::signal();
}

/// Whether this instance has asked to be replaced.
#[inline(never)]
pub fn reinit_requested() -> bool {
    black_box().reinit_requested()
}

#[cfg(all(feature = "wasm-bindgen", target_arch = "wasm32"))]
mod signal {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        /// `Function.prototype()`, which is a function that does nothing (ECMA-262, 20.2.3), so that plain glue does nothing
        /// either. The transform knows it by its name, which nobody else imports, and has the black box looked at after
        /// it: a program that doesn't ask pays nothing for being able to.
        #[wasm_bindgen(js_namespace = Function, js_name = prototype)]
        pub(super) fn signal();
    }
}
