//! Polls tasks, each poll in a turn of its own.
//!
//! Whatever there is to do, a poll or the end of a task that has failed, is a **job**. For each job JavaScript is asked to
//! come once, and jobs are done in the order in which JavaScript comes, so that both queues are always equally long and
//! nothing has to say which job is meant. That holds across a turn that is undone, too:
//!
//! - the job of that turn is the first one again, and JavaScript, whose microtask is spent, comes by [`undone`] instead;
//! - the jobs that the turn had added are gone, and JavaScript doesn't come for them.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use wasm_bindgen::JsValue;

use crate::event_loop::{error_of, WaysIn};
use crate::next_task_id;
use crate::task::TaskFailed;

thread_local! {
    static EXECUTOR: Executor = const { Executor::new() };
}

/// Whoever waits for a task.
pub(crate) trait Waiting {
    fn failed(&self, failed: TaskFailed);
}

/// A task that has not ended.
struct Running {
    /// None from when it ends.
    future: RefCell<Option<Pin<Box<dyn Future<Output = ()>>>>>,
    waiting: Rc<dyn Waiting>,
    waker: Waker,
    /// Whether there is a job that polls it.
    is_queued: Cell<bool>,
    /// Whether there is a job that ends it, so that it isn't polled any more.
    has_failed: Cell<bool>,
}

enum Job {
    Poll(u32),
    /// Drops the future of a task that has failed, and says so to whoever waits for it.
    End(u32, TaskFailed),
}

struct Executor {
    jobs: RefCell<VecDeque<Job>>,
    tasks: RefCell<BTreeMap<u32, Rc<Running>>>,
    ways_in: OnceCell<WaysIn>,
    is_recovering: Cell<bool>,
}

/// Whether the future of a task that has failed is just being dropped: for destructors, which may then leave alone what the
/// task may have left half done. The turn in which it failed is undone, or, after a panic that unwound, ended.
#[inline(never)]
pub fn is_recovering() -> bool {
    EXECUTOR.with(|executor| executor.is_recovering.get())
}

/// Starts a task: it is polled in the next microtask. Gives its number.
pub(crate) fn start(future: Pin<Box<dyn Future<Output = ()>>>, waiting: Rc<dyn Waiting>) -> u32 {
    EXECUTOR.with(|executor| executor.start(future, waiting))
}

/// Drops a task that has not ended, or that has failed and was not dropped yet. One that is just being polled is dropped
/// after that.
pub(crate) fn cancel(id: u32) {
    EXECUTOR.with(|executor| drop(executor.take(id)));
}

/// JavaScript comes for the next job.
pub(crate) fn run() {
    EXECUTOR.with(Executor::run);
}

/// JavaScript has come for the next job, in a turn that was undone.
pub(crate) fn undone(error: JsValue) {
    EXECUTOR.with(|executor| executor.undone(error));
}

impl Executor {
    const fn new() -> Executor {
        Executor {
            jobs: RefCell::new(VecDeque::new()),
            tasks: RefCell::new(BTreeMap::new()),
            ways_in: OnceCell::new(),
            is_recovering: Cell::new(false),
        }
    }

    fn start(&self, future: Pin<Box<dyn Future<Output = ()>>>, waiting: Rc<dyn Waiting>) -> u32 {
        let id = next_task_id();
        let running = Running {
            future: RefCell::new(Some(future)),
            waiting,
            waker: Waker::from(Arc::new(TaskWaker(id))),
            is_queued: Cell::new(true),
            has_failed: Cell::new(false),
        };
        self.tasks.borrow_mut().insert(id, Rc::new(running));
        self.add(Job::Poll(id));
        id
    }

    fn add(&self, job: Job) {
        self.jobs.borrow_mut().push_back(job);
        self.ways_in.get_or_init(WaysIn::new).ask();
    }

    fn next(&self) -> Option<Job> {
        self.jobs.borrow_mut().pop_front()
    }

    /// The task is none any more. What it is dropped with may start others, so that nothing may be borrowed by then.
    fn take(&self, id: u32) -> Option<Rc<Running>> {
        self.tasks.borrow_mut().remove(&id)
    }

    fn wake(&self, id: u32) {
        let is_asleep =
            (self.tasks.borrow().get(&id)).is_some_and(|task| !task.is_queued.replace(true));
        if is_asleep {
            self.add(Job::Poll(id));
        }
    }

    fn run(&self) {
        match self.next() {
            Some(Job::Poll(id)) => self.poll(id),
            Some(Job::End(id, failed)) => self.end(id, failed),
            None => {}
        }
    }

    fn undone(&self, error: JsValue) {
        match self.next() {
            Some(Job::Poll(id)) => self.fail(id, TaskFailed::new(error)),
            // Its destructors fail, and they alone know what they would have released: that is leaked.
            Some(Job::End(id, failed)) => {
                if let Some(task) = self.take(id) {
                    std::mem::forget(task.future.take());
                    task.waiting.failed(failed);
                }
            }
            None => {}
        }
    }

    fn poll(&self, id: u32) {
        let Some(task) = self.tasks.borrow().get(&id).cloned() else {
            return;
        };
        if task.has_failed.get() {
            return;
        }
        task.is_queued.set(false);
        // A JavaScript exception that ran no destructors has left it borrowed: nobody can poll that any more.
        let Ok(mut borrowed) = task.future.try_borrow_mut() else {
            return;
        };
        let Some(future) = borrowed.as_mut() else {
            return;
        };
        let mut context = Context::from_waker(&task.waker);
        // The assertion holds: a future that has panicked isn't polled again.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context))) {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(())) => {
                let ended = borrowed.take();
                drop(borrowed);
                drop(self.take(id));
                drop(ended);
            }
            Err(payload) => {
                drop(borrowed);
                self.fail(id, TaskFailed::new(error_of(payload)));
            }
        }
    }

    /// The future is dropped in a turn of its own: what its destructors do may fail, too.
    fn fail(&self, id: u32, failed: TaskFailed) {
        let is_there =
            (self.tasks.borrow().get(&id)).is_some_and(|task| !task.has_failed.replace(true));
        if is_there {
            self.add(Job::End(id, failed));
        }
    }

    // Inlined, LLVM 22 crashes over it where exceptions are to be the new ones (`exnref`).
    #[inline(never)]
    fn end(&self, id: u32, failed: TaskFailed) {
        // Nobody waits any more, and its future was dropped with what waited.
        let Some(task) = self.take(id) else {
            return;
        };
        let future = task.future.take();
        self.is_recovering.set(true);
        // The assertion holds: nobody sees the future any more.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(future)));
        self.is_recovering.set(false);
        if let Err(payload) = dropped {
            // Reported with that; whoever waits hears of the first failure.
            error_of(payload);
        }
        task.waiting.failed(failed);
    }
}

/// Wakes a task by its number, so that it can be woken from anywhere, and after it has ended.
struct TaskWaker(u32);

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        EXECUTOR.with(|executor| executor.wake(self.0));
    }
}
