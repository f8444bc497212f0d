//! Writes down why an instance is about to abort, where JavaScript can read it after the trap: in the **black box**, a
//! record of fixed layout in linear memory that `@wasm-revive/abort-detector` reads without running any Wasm.
//!
//! - [`install`]: every panic's message and location, so that a panic under panic=abort is told as well as a caught one.
//! - [`Sentinel`]: the size of the allocation that failed.
//! - [`breadcrumb!`]: the last sixteen things that the program said it was doing.
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
//!     wasm_revive_abort_detector::breadcrumb!("rendering {} bytes", page.len());
//!     page.len()
//! }
//! # start();
//! # assert_eq!(render("page"), 4);
//! ```
#![deny(missing_docs)]

mod sentinel;

pub use sentinel::Sentinel;

// Beside the functions that aren't inlined into users' code, one of which every use of this crate refers to.
wasm_revive_abi::crate_record!();

/// Installs the panic hook that writes every panic into the black box and then calls the hook that was there. Further
/// calls do nothing.
#[inline(never)]
pub fn install() {
    wasm_revive_abi::panic_hook::install();
}

/// Leaves a text, formatted as by [`format!`], that a crash report shows if the instance fails soon after. The last sixteen
/// are kept, the first 124 bytes of each. Allocates nothing.
///
/// They are left in the instance's memory and go into reports: nothing secret belongs in them, unless the program's
/// redaction takes it out.
///
/// ```
/// let name = "logo.png";
/// wasm_revive_abort_detector::breadcrumb!("decoding {name}");
/// ```
#[macro_export]
macro_rules! breadcrumb {
    ($($text:tt)+) => {
        $crate::leave_breadcrumb(::core::format_args!($($text)+))
    };
}

/// What [`breadcrumb!`] calls.
#[doc(hidden)]
#[inline(never)]
pub fn leave_breadcrumb(text: core::fmt::Arguments<'_>) {
    wasm_revive_abi::breadcrumbs().leave(text);
}

#[cold]
#[inline(never)]
fn record_failed_allocation(size: usize, align: usize) {
    wasm_revive_abi::black_box().record_failed_allocation(size, align);
}
