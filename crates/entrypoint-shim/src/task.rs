//! Tasks, as whoever starts one has them.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::{JsCast, JsValue};

use crate::executor::{self, Waiting};

/// Starts a task of which the result is waited for. It is first polled in the next microtask, whether or not somebody
/// waits.
///
/// Each poll is entered by JavaScript on its own. A panic that unwinds fails this task and no other. In a module that was
/// transformed with `--recovery rollback`, so does an abort: the poll is undone, as if it had never been. Then the future is
/// dropped, in a turn of its own in which [`is_recovering`](crate::is_recovering) says so, and after that the task's result
/// is the error. Without rollback an abort costs the instance, as in any other future.
///
/// Nothing need be `UnwindSafe`: what a panic leaves half changed outside of the task is for the program to judge.
pub fn task<T: 'static>(future: impl Future<Output = T> + 'static) -> Task<T> {
    // SAFETY: it borrows nothing that could end.
    unsafe { scoped(future) }
}

/// The same for a future that borrows, such as one of a method with `&self`. It is dropped at the latest with what is
/// returned.
///
/// # Safety
///
/// What is returned has to be dropped before what the future borrows ends. So it must not be leaked (`std::mem::forget`, a
/// cycle of `Rc`) unless what the future borrows lives on as well, and nothing that the future does while it is polled, or
/// while it is dropped, may drop it. A future that holds it and is awaited by an export keeps to that: wasm-bindgen keeps the object of a method as
/// long as the method's future, and neither drops futures while they wait nor leaks them.
pub unsafe fn scoped<'a, T: 'a>(future: impl Future<Output = T> + 'a) -> Task<T> {
    let outcome = Rc::new(Outcome::default());
    let settled = Rc::clone(&outcome);
    let future: Pin<Box<dyn Future<Output = ()> + 'a>> = Box::pin(async move {
        let value = future.await;
        settled.settle(Ok(value));
    });
    let waiting: Rc<dyn Waiting + 'a> = Rc::clone(&outcome) as _;
    // SAFETY: types that differ in a lifetime alone have one layout. The executor lets go of both when the task is cancelled,
    // which dropping it does, before `'a` ends by what the caller has promised. The one exception is a future that is just
    // being polled, and the caller has promised that it doesn't drop its task.
    let (future, waiting) = unsafe {
        (
            std::mem::transmute::<
                Pin<Box<dyn Future<Output = ()> + 'a>>,
                Pin<Box<dyn Future<Output = ()>>>,
            >(future),
            std::mem::transmute::<Rc<dyn Waiting + 'a>, Rc<dyn Waiting>>(waiting),
        )
    };
    Task {
        id: executor::start(future, waiting),
        outcome,
    }
}

/// Starts a task that nobody waits for. Otherwise as [`task`]; a failure of it is reported, and that is all.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    executor::start(Box::pin(future), Rc::new(Nobody));
}

/// A task that was started: a future of its result. It takes part in nothing that can fail. Dropping it drops the task.
#[must_use = "dropping it drops the task; `spawn` starts one that nobody waits for"]
pub struct Task<T> {
    id: u32,
    outcome: Rc<Outcome<T>>,
}

// It is set in one step, in a turn of its own: no panic passes it half done.
impl<T> UnwindSafe for Task<T> {}
impl<T> RefUnwindSafe for Task<T> {}

impl<T> Future for Task<T> {
    type Output = Result<T, TaskFailed>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.outcome.value.take() {
            Some(value) => Poll::Ready(value),
            None => {
                self.outcome.waker.set(Some(context.waker().clone()));
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        executor::cancel(self.id);
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Task")
            .field("id", &self.id)
            .finish()
    }
}

/// A task that failed. As a value of JavaScript it is the error that was reported, so that `?` in an async export rejects
/// its promise with that: `REVIVE_ABORT`, `REVIVE_PANIC`, or what an import threw through Rust.
#[derive(Clone, Debug)]
pub struct TaskFailed {
    error: JsValue,
}

impl TaskFailed {
    pub(crate) fn new(error: JsValue) -> TaskFailed {
        TaskFailed { error }
    }

    /// The error, as JavaScript has it.
    pub fn error(&self) -> &JsValue {
        &self.error
    }
}

impl From<TaskFailed> for JsValue {
    fn from(failed: TaskFailed) -> JsValue {
        failed.error
    }
}

impl fmt::Display for TaskFailed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.error.dyn_ref::<js_sys::Error>() {
            Some(error) => write!(
                formatter,
                "the task failed: {}",
                String::from(error.message())
            ),
            None => write!(formatter, "the task failed: {:?}", self.error),
        }
    }
}

impl std::error::Error for TaskFailed {}

/// How a task ended, for the one who waits.
struct Outcome<T> {
    value: Cell<Option<Result<T, TaskFailed>>>,
    waker: Cell<Option<Waker>>,
}

impl<T> Default for Outcome<T> {
    fn default() -> Outcome<T> {
        Outcome {
            value: Cell::new(None),
            waker: Cell::new(None),
        }
    }
}

impl<T> Outcome<T> {
    fn settle(&self, value: Result<T, TaskFailed>) {
        self.value.set(Some(value));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl<T> Waiting for Outcome<T> {
    fn failed(&self, failed: TaskFailed) {
        self.settle(Err(failed));
    }
}

struct Nobody;

impl Waiting for Nobody {
    fn failed(&self, _: TaskFailed) {}
}
