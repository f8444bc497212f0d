//! Lets Rust ask for a fresh instance of the module it runs in.
//!
//! Code that finds its own state beyond repair says so with [`request_reinit`]. `@wasm-revive/reinit-manager` looks at
//! the end of the turn: the call that is running ends as usual, and the next one is served by a fresh instance.
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
#[inline(never)]
pub fn request_reinit() {
    black_box().request_reinit();
}

/// Whether this instance has asked to be replaced.
#[inline(never)]
pub fn reinit_requested() -> bool {
    black_box().reinit_requested()
}
