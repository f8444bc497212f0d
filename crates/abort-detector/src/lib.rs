//! Writes down why an instance is about to abort, where JavaScript can read it after the trap: in the **black box**, a
//! record of fixed layout in linear memory that `@wasm-revive/abort-detector` reads without running any Wasm.
//!
//! - [`install`]: every panic's message and location, so that a panic under panic=abort is told as well as a caught one.
//! - [`Sentinel`]: the size of the allocation that failed.
//! - [`enter`]: the entrypoint that is running.
//!
//! ```
//! use std::alloc::System;
//! use wasm_revive_abort_detector::Sentinel;
//!
//! #[global_allocator]
//! static ALLOCATOR: Sentinel<System> = Sentinel::new(System);
//!
//! // Once an instance, such as in a `#[wasm_bindgen(start)]` function.
//! fn start() {
//!     wasm_revive_abort_detector::install();
//! }
//!
//! fn render(page: &str) -> usize {
//!     let _entry = wasm_revive_abort_detector::enter("render");
//!     page.len()
//! }
//! # start();
//! # assert_eq!(render("page"), 4);
//! ```
#![deny(missing_docs)]

mod sentinel;

pub use sentinel::Sentinel;
pub use wasm_revive_abi::entry::Entry;

// Beside the functions that aren't inlined into users' code, one of which every use of this crate refers to.
wasm_revive_abi::crate_record!();

/// Installs the panic hook that writes every panic into the black box and then calls the hook that was there. Further
/// calls do nothing.
#[inline(never)]
pub fn install() {
    wasm_revive_abi::panic_hook::install();
}

/// Says that the entrypoint `name` is running, until what is returned is dropped. What was said before is said again
/// then. After an abort nothing is dropped, so the name stays.
#[inline(never)]
pub fn enter(name: &'static str) -> Entry {
    wasm_revive_abi::entry::enter(name)
}

#[cold]
#[inline(never)]
fn record_failed_allocation(size: usize, align: usize) {
    wasm_revive_abi::black_box().record_failed_allocation(size, align);
}
