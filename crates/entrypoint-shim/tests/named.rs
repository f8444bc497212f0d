//! What the black box says while tasks are polled. One test: there is one black box a process.

use std::future::{poll_fn, Future};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasm_revive_abi::{black_box, black_box_offset as offset};
use wasm_revive_entrypoint_shim::{entry, named};

static FIRST: &str = "first";
static SECOND: &str = "second";
static FLUSH: &str = "flush";

/// The name is known by its address: it is read where addresses have 32 bits, in Wasm, by JavaScript.
fn shown() -> (u32, u32) {
    let bytes = black_box().to_bytes();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    (word(offset::ENTRYPOINT), word(offset::TASK_ID))
}

fn address(name: &'static str) -> u32 {
    name.as_ptr() as usize as u32
}

#[test]
fn a_task_is_shown_in_each_of_its_polls_and_never_between_them() {
    let mut polls = 0;
    let first = named(
        FIRST,
        poll_fn(move |_| {
            polls += 1;
            assert_eq!(shown().0, address(FIRST));
            if polls == 2 {
                Poll::Ready(shown().1)
            } else {
                Poll::Pending
            }
        }),
    );
    let id = first.id();
    let mut first = pin!(first);
    let mut context = Context::from_waker(Waker::noop());

    assert_eq!(first.as_mut().poll(&mut context), Poll::Pending);
    assert_eq!(shown(), (0, 0));

    // An executor polls it from inside another entrypoint, and a task inside a task.
    let _entry = entry(FLUSH);
    let mut second = pin!(named(SECOND, async { (first.await, shown()) }));
    let Poll::Ready((first_id, (name, second_id))) = second.as_mut().poll(&mut context) else {
        panic!("it was the last poll");
    };
    assert_eq!((first_id, name), (id, address(SECOND)));
    assert!(id > 0 && second_id > 0 && second_id != id);
    assert_eq!(shown(), (address(FLUSH), 0));

    // A panic in a poll unwinds through the mark.
    let mut failing = pin!(named("failing", async { panic!("in a poll") }));
    let poll = std::panic::AssertUnwindSafe(|| failing.as_mut().poll(&mut context));
    std::panic::catch_unwind(poll).unwrap_err();
    assert_eq!(shown(), (address(FLUSH), 0));
}
