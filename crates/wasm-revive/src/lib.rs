//! Rust in WebAssembly that survives panics and aborts: the Rust side of the npm package `wasm-revive`, which works
//! without this crate too and tells more with it.
//!
//! ```
//! use std::alloc::System;
//!
//! // Says how large the allocation was that failed.
//! #[global_allocator]
//! static ALLOCATOR: wasm_revive::Sentinel<System> = wasm_revive::Sentinel::new(System);
//!
//! // `#[wasm_bindgen(start)]` in a real module: once an instance.
//! pub fn start() {
//!     wasm_revive::init();
//! }
//!
//! pub fn render(page: &str) -> usize {
//!     let _entry = wasm_revive::entry("render");
//!     wasm_revive::breadcrumb!("rendering {} bytes", page.len());
//!     page.len()
//! }
//!
//! start();
//! let panic = wasm_revive::catch(|| Vec::<u32>::new()[render("page")]).unwrap_err();
//! assert_eq!(panic.message(), "index out of bounds: the len is 0 but the index is 4");
//! ```
//!
//! Each part is a feature, on by default, and a crate of its own: `unwind-catcher`, `abort-detector`,
//! `reinit-manager`, `entrypoint-shim`. The feature `imports`, off by default, adds `wasm_bindgen`: wasm-bindgen's attribute
//! with imports that may unwind; `raw`, for modules without wasm-bindgen, has the package end panics that leave an export.
#![deny(missing_docs)]

#[cfg(feature = "abort-detector")]
pub use wasm_revive_abort_detector::{breadcrumb, Sentinel};
#[cfg(all(feature = "entrypoint-shim", feature = "wasm-bindgen"))]
pub use wasm_revive_entrypoint_shim::{
    __private, __private::entrypoint_of_wasm_revive as entrypoint, is_recovering, scoped, spawn,
    task, Task, TaskFailed,
};
#[cfg(feature = "entrypoint-shim")]
pub use wasm_revive_entrypoint_shim::{entry, named, Entry, Named};
#[cfg(feature = "restore")]
pub use wasm_revive_reinit_manager::on_restore;
#[cfg(feature = "reinit-manager")]
pub use wasm_revive_reinit_manager::{generation, reinit_requested, request_reinit};
#[cfg(feature = "persist")]
pub use wasm_revive_reinit_manager::{persist, Persisted};
#[cfg(feature = "imports")]
pub use wasm_revive_unwind_catcher::wasm_bindgen;
#[cfg(feature = "unwind-catcher")]
pub use wasm_revive_unwind_catcher::{catch, Location, Panic};

// Beside `init`, which isn't inlined into users' code.
wasm_revive_abi::crate_record!();

/// Installs what the chosen features need: panic hooks, in front of the hook that is there. Call it once an instance;
/// further calls do nothing.
#[inline(never)]
pub fn init() {
    #[cfg(feature = "abort-detector")]
    wasm_revive_abort_detector::install();
    #[cfg(feature = "unwind-catcher")]
    wasm_revive_unwind_catcher::install();
}
