//! What Rust in WebAssembly can say about the instance that it runs in: have it replaced, ask which one it is, and keep
//! state for the next one.
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
//!
//! A fresh instance has the module's initial state, and what the program has [persisted](persist!). One whose state was
//! restored from bytes (`__revive.restore()`) runs what the program has registered for that: see [`on_restore`].
#![no_std]
#![deny(missing_docs)]

#[cfg(any(feature = "persist", feature = "restore"))]
extern crate std;

// Before the module that tests it.
#[cfg(feature = "persist")]
#[macro_use]
mod declare;
#[cfg(feature = "persist")]
mod persist;
#[cfg(feature = "restore")]
mod restore;

use wasm_revive_abi::black_box;

#[cfg(feature = "persist")]
pub use persist::Persisted;
#[cfg(feature = "restore")]
pub use restore::on_restore;

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
    signal();
}

/// Whether this instance has asked to be replaced.
#[inline(never)]
pub fn reinit_requested() -> bool {
    black_box().reinit_requested()
}

/// The generation of this instance, counted from 1: how many instances have served so far, this one included. It is known
/// from the start function on. Each sibling counts by itself. 0: nobody counts, because `@wasm-revive/reinit-manager` isn't
/// there.
///
/// ```
/// if wasm_revive_reinit_manager::generation() > 1 {
///     println!("an instance was replaced");
/// }
/// ```
#[inline(never)]
pub fn generation() -> u32 {
    black_box().generation()
}

/// Has JavaScript look at what was asked for.
#[inline(never)]
fn signal() {
    #[cfg(all(feature = "wasm-bindgen", target_arch = "wasm32"))]
    with_wasm_bindgen::signal();
    #[cfg(all(feature = "raw", not(feature = "wasm-bindgen"), target_arch = "wasm32"))]
    // SAFETY: it takes and gives nothing and throws nothing. JavaScript writes an answer, and bytes that were asked for,
    // to addresses which it is given as numbers: the compiler takes everything at such addresses for changed by the call.
    unsafe {
        raw::signal();
    }
}

#[cfg(all(feature = "wasm-bindgen", target_arch = "wasm32"))]
mod with_wasm_bindgen {
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

#[cfg(all(feature = "raw", not(feature = "wasm-bindgen"), target_arch = "wasm32"))]
mod raw {
    #[link(wasm_import_module = "wasm_revive")]
    extern "C" {
        /// Has `plainModule` look.
        pub(super) fn signal();
    }
}

/// What [`persist!`] expands to.
#[cfg(feature = "persist")]
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "serde")]
    pub use crate::persist::serde::{decode, encode};
    pub use crate::persist::Place;
    pub use std::string::{String, ToString};
    pub use std::thread_local;
    pub use std::vec::Vec;
}
