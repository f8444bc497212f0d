//! The hook that writes panics into the black box.
//!
//! A hook runs in either panic mode, before anything is unwound or aborted.

use std::any::Any;
use std::boxed::Box;
use std::cell::Cell;
use std::panic::{set_hook, take_hook, PanicHookInfo};
use std::string::String;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::black_box;

std::thread_local! {
    static WITNESS: Cell<Option<Witness>> = const { Cell::new(None) };
    static ANNOUNCER: Cell<Option<fn()>> = const { Cell::new(None) };
}

/// Hears of panics.
pub type Witness = fn(&PanicHookInfo<'_>);

/// Has `witness` hear of this thread's panics, beside the black box, and gives the one that did. So no crate needs a hook
/// of its own: each is called by the next one, and none can be taken out again.
pub fn witness(witness: Option<Witness>) -> Option<Witness> {
    WITNESS.replace(witness)
}

/// Has `announcer` called when a panic has been written down, while everything that led to it is still on the stack.
pub fn announce_by(announcer: fn()) {
    ANNOUNCER.set(Some(announcer));
}

/// Puts the hook in front of the one that is there, which is called after it. Further calls do nothing, so every crate
/// that needs the hook installs it.
///
/// While a panic goes on, hooks can't be set (they panic): then it is left to the next call.
pub fn install() {
    if std::thread::panicking() {
        return;
    }
    // No `Once`, which makes others wait (measured: 0.2 KiB of a module, compressed).
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    let previous = take_hook();
    set_hook(Box::new(move |info| {
        record(info);
        if let Some(announce) = ANNOUNCER.get() {
            announce();
        }
        if let Some(witness) = WITNESS.get() {
            witness(info);
        }
        previous(info);
    }));
}

/// A panic's message: its payload when that is text, else what the standard library prints in its place.
pub fn payload_text(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "Box<dyn Any>"
    }
}

/// What Rust panics with at last where a panic must not go on: it follows another panic, which says more.
const NO_UNWINDING: [&str; 2] = [
    "panic in a destructor during cleanup",
    "panic in a function that cannot unwind",
];

fn record(info: &PanicHookInfo<'_>) {
    if NO_UNWINDING.contains(&payload_text(info.payload())) && black_box().panic_count() > 0 {
        return;
    }
    let (file, line, column) = info.location().map_or(("", 0, 0), |location| {
        (location.file(), location.line(), location.column())
    });
    black_box().record_panic(payload_text(info.payload()), file, line, column);
}
