//! What JavaScript does for the executor: it comes back for each job, and makes errors of panics.

use std::any::Any;
use std::panic::{resume_unwind, AssertUnwindSafe};

use wasm_bindgen::prelude::*;

use crate::executor;

#[wasm_bindgen]
extern "C" {
    /// Engines take no notice of the second argument. In a module whose turns can be undone, `@wasm-revive/kernel` does:
    /// it calls `undone` with the error where the turn in which `run` was called has been undone.
    #[wasm_bindgen(js_name = queueMicrotask)]
    fn queue_microtask(run: &Closure<dyn FnMut()>, undone: &Closure<dyn FnMut(JsValue)>);
}

/// The functions that JavaScript comes by. All jobs have the same two.
pub(crate) struct WaysIn {
    run: Closure<dyn FnMut()>,
    undone: Closure<dyn FnMut(JsValue)>,
}

impl WaysIn {
    pub(crate) fn new() -> WaysIn {
        WaysIn {
            run: Closure::new(executor::run),
            undone: Closure::new(executor::undone),
        }
    }

    /// Has JavaScript come once, after whatever it was asked to come for before.
    pub(crate) fn ask(&self) {
        queue_microtask(&self.run, &self.undone);
    }
}

/// The error that wasm-bindgen makes of a panic where it leaves Rust for JavaScript, which is where it is reported, too:
/// JavaScript calls a closure that goes on with the panic, and gives back what that throws.
pub(crate) fn error_of(payload: Box<dyn Any + Send>) -> JsValue {
    // The assertion holds: nobody sees the payload after the closure has panicked with it.
    let payload = AssertUnwindSafe(payload);
    let go_on = Closure::once::<_, _, ()>(move || {
        let payload = payload;
        resume_unwind(payload.0);
    });
    let go_on: &js_sys::Function = go_on.as_ref().unchecked_ref();
    match go_on.call0(&JsValue::UNDEFINED) {
        Ok(nothing) => nothing,
        Err(error) => error,
    }
}
