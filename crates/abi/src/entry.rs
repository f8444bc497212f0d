//! Which entrypoint and which task are running, kept in the black box.

use std::cell::Cell;
use std::marker::PhantomData;

use crate::black_box;

#[derive(Clone, Copy)]
struct Running {
    name: &'static str,
    task: u32,
}

std::thread_local! {
    // What the black box says, so that a nested entry can put it back. On wasm32 this is a plain static.
    static RUNNING: Cell<Running> = const { Cell::new(Running { name: "", task: 0 }) };
}

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
    mark(Running {
        name,
        ..RUNNING.get()
    })
}

/// Says that the task `id`, started by the entrypoint `name`, is being polled.
#[inline]
pub fn enter_task(name: &'static str, id: u32) -> Entry {
    mark(Running { name, task: id })
}

#[inline]
fn mark(running: Running) -> Entry {
    let before = RUNNING.replace(running);
    show(running, before);
    Entry {
        before,
        _not_send: PhantomData,
    }
}

impl Drop for Entry {
    #[inline]
    fn drop(&mut self) {
        let ended = RUNNING.replace(self.before);
        show(self.before, ended);
    }
}

#[inline]
fn show(now: Running, before: Running) {
    black_box().set_entrypoint(now.name);
    if now.task != before.task {
        black_box().set_task(now.task);
    }
}
