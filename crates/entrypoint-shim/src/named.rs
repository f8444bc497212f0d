//! A future that says who it is whenever it is polled.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use wasm_revive_abi::entry::enter_task;

/// What [`named`] makes.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are polled"]
pub struct Named<F> {
    name: &'static str,
    id: u32,
    future: F,
}

/// Wraps `future` so that `name` and an id of its own stand in the black box while it is polled.
///
/// The wrapper is `UnwindSafe` when `future` is.
pub fn named<F: Future>(name: &'static str, future: F) -> Named<F> {
    Named {
        name,
        id: crate::next_task_id(),
        future,
    }
}

impl<F> Named<F> {
    /// The number by which a report tells this future from others: above 0, and not used again before 2³² others.
    pub fn id(&self) -> u32 {
        self.id
    }
}

impl<F: Future> Future for Named<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _entry = enter_task(self.name, self.id);
        // SAFETY: `future` is pinned whenever `Named` is: it is never moved out of it, `Named` has no `Drop`, and it is
        // `Unpin` only if `future` is, since its other fields are.
        let future = unsafe { self.map_unchecked_mut(|named| &mut named.future) };
        future.poll(context)
    }
}
