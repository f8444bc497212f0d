//! Names what an instance is running, so that a report can say which entrypoint and which task it was that failed.
//!
//! ```
//! use wasm_revive_entrypoint_shim::{entry, task};
//!
//! fn render(page: &str) -> usize {
//!     let _entry = entry("render");
//!     page.len()
//! }
//!
//! async fn fetch_all() -> usize {
//!     // Every poll of it, however much later, is marked with this name and an id of its own.
//!     task("fetch all", async { render("page") }).await
//! }
//! # let mut future = std::pin::pin!(fetch_all());
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # assert_eq!(std::future::Future::poll(future.as_mut(), &mut context), std::task::Poll::Ready(4));
//! ```
#![deny(missing_docs)]

mod task;

use std::sync::atomic::{AtomicU32, Ordering};

pub use task::{task, Task};
pub use wasm_revive_abi::entry::Entry;

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
