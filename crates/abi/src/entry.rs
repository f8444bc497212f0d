//! Which entrypoint and which task are running, kept in the black box.

use core::marker::PhantomData;

use crate::{black_box, Running};

/// Marks the time from its creation until it is dropped; what was marked before is marked again then.
///
/// After an abort nothing is dropped, and the mark stays.
#[must_use = "the mark ends when this is dropped"]
pub struct Entry {
    before: Running,
    // What it restores belongs to the thread that made it.
    _not_send: PhantomData<*const ()>,
}

/// Says that the entrypoint `name` is running. An entrypoint that a task enters belongs to that task.
#[inline]
pub fn enter(name: &'static str) -> Entry {
    mark(name, black_box().running().task())
}

/// Says that the task `id`, started by the entrypoint `name`, is being polled.
#[inline]
pub fn enter_task(name: &'static str, id: u32) -> Entry {
    mark(name, id)
}

#[inline]
fn mark(name: &'static str, task: u32) -> Entry {
    let before = black_box().running();
    black_box().set_running(Running::new(name, task));
    Entry {
        before,
        _not_send: PhantomData,
    }
}

impl Drop for Entry {
    #[inline]
    fn drop(&mut self) {
        black_box().set_running(self.before);
    }
}
