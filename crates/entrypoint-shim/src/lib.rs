//! Entrypoints and tasks: what an instance is running, by name, so that a report can say which of them failed; and tasks
//! that fail alone.
//!
//! ```
//! use wasm_revive_entrypoint_shim::{entry, named};
//!
//! fn render(page: &str) -> usize {
//!     let _entry = entry("render");
//!     page.len()
//! }
//!
//! async fn fetch_all() -> usize {
//!     // Every poll of it, however much later, is marked with this name and an id of its own.
//!     named("fetch all", async { render("page") }).await
//! }
//! # let mut future = std::pin::pin!(fetch_all());
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # assert_eq!(std::future::Future::poll(future.as_mut(), &mut context), std::task::Poll::Ready(4));
//! ```
//!
//! With the feature `wasm-bindgen`, on by default, [`task`] and [`spawn`] run a future on an executor of this crate, and
//! [`entrypoint`] does so with an async export. Each poll of a task is entered by JavaScript on its own. In a module that
//! was transformed with `--recovery rollback`, an abort in a poll undoes that poll and fails that task; every other task
//! goes on.
//!
//! ```no_run
//! # async fn risky() -> u32 { 4 }
//! # async fn example() -> u32 {
//! match wasm_revive_entrypoint_shim::task(risky()).await {
//!     Ok(value) => value,
//!     // It panicked, or aborted: what it held was dropped, and nothing else was lost.
//!     Err(failed) => 0,
//! }
//! # }
//! ```
#![deny(missing_docs)]

#[cfg(feature = "wasm-bindgen")]
mod event_loop;
#[cfg(feature = "wasm-bindgen")]
mod executor;
mod named;
#[cfg(feature = "wasm-bindgen")]
mod task;

use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(feature = "wasm-bindgen")]
pub use executor::is_recovering;
pub use named::{named, Named};
#[cfg(feature = "wasm-bindgen")]
pub use task::{scoped, spawn, task, Task, TaskFailed};
pub use wasm_revive_abi::entry::Entry;
#[cfg(feature = "wasm-bindgen")]
pub use wasm_revive_entrypoint_shim_macro::entrypoint;

// Beside the functions that aren't inlined into users' code, one of which every use of this crate calls.
wasm_revive_abi::crate_record!();

/// Says that the entrypoint `name` is running, until what is returned is dropped. What was said before is said again
/// then. After an abort nothing is dropped, so the name stays.
#[inline(never)]
pub fn entry(name: &'static str) -> Entry {
    wasm_revive_abi::entry::enter(name)
}

/// A number for a task: above 0, which says that there is none.
#[inline(never)]
fn next_task_id() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    loop {
        let id = LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        if id != 0 {
            return id;
        }
    }
}

/// What [`entrypoint`] expands to.
#[cfg(feature = "wasm-bindgen")]
#[doc(hidden)]
pub mod __private {
    pub use wasm_bindgen::JsValue;
    /// The attribute for those who know this crate by the name `wasm_revive`.
    pub use wasm_revive_entrypoint_shim_macro::entrypoint_of_wasm_revive;
}
