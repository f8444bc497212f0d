//! What the reproductions in `docs/upstream/reproductions` call: small, and of wasm-bindgen alone, so that whoever maintains
//! it can take this file and a script.
#![deny(missing_docs)]

use std::cell::{Cell, RefCell};

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[cfg(feature = "two-catches")]
pub mod two_catches;
#[cfg(feature = "unwind-safe")]
mod unwind_safe;

#[wasm_bindgen]
extern "C" {
    /// `Reflect.apply`, not declared as `catch`: what `f` throws passes through Rust's frames.
    #[wasm_bindgen(js_namespace = Reflect, js_name = apply)]
    fn apply(f: &Function, this: &JsValue, arguments: &JsValue) -> JsValue;
}

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
    static BORROWED: RefCell<u32> = const { RefCell::new(0) };
}

/// An object with one number.
#[wasm_bindgen]
pub struct Counter {
    count: u32,
}

#[wasm_bindgen]
impl Counter {
    /// Starts at `count`.
    #[wasm_bindgen(constructor)]
    pub fn new(count: u32) -> Counter {
        Counter { count }
    }

    /// The number.
    pub fn get(&self) -> u32 {
        self.count
    }

    /// Counts up.
    pub fn increment(&mut self) {
        self.count += 1;
    }
}

/// An object whose destructor panics.
#[wasm_bindgen]
pub struct PanicsWhenDropped(());

#[wasm_bindgen]
impl PanicsWhenDropped {
    /// Makes one.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> PanicsWhenDropped {
        PanicsWhenDropped(())
    }
}

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("the destructor panics");
    }
}

/// Counts a thread-local up and gives it.
#[wasm_bindgen]
pub fn count() -> u32 {
    COUNT.set(COUNT.get() + 1);
    COUNT.get()
}

/// Aborts by a trap.
#[wasm_bindgen]
pub fn abort() {
    std::process::abort();
}

/// Panics where there is no such element.
#[wasm_bindgen]
pub fn element(index: usize) -> u32 {
    let elements = [1, 2, 3];
    elements[index]
}

/// Panics with a payload that is no text.
#[wasm_bindgen]
pub fn panic_with_number() {
    std::panic::panic_any(7u32);
}

/// A closure of Rust: adds its argument to what it holds, and gives the sum.
#[wasm_bindgen]
pub fn adder() -> JsValue {
    let mut total = 0;
    Closure::wrap_assert_unwind_safe(Box::new(move |n: u32| {
        total += n;
        total
    }) as Box<dyn FnMut(u32) -> u32>)
    .into_js_value()
}

/// Waits for a promise.
#[wasm_bindgen]
pub async fn wait_for(promise: Promise) -> Result<JsValue, JsValue> {
    JsFuture::from(promise).await
}

/// Calls `f` through an import that isn't `catch`.
#[wasm_bindgen]
pub fn call(f: &Function) -> JsValue {
    apply(f, &JsValue::UNDEFINED, &js_sys::Array::new())
}

/// Calls `f` through an import that isn't `catch`, while a `RefCell` is borrowed; gives how often it has done so.
#[wasm_bindgen]
pub fn call_while_borrowed(f: &Function, arguments: &JsValue) -> u32 {
    BORROWED.with_borrow_mut(|times| {
        apply(f, &JsValue::UNDEFINED, arguments);
        *times += 1;
        *times
    })
}

/// Calls `f` through an import that is `catch`, and then notes in `globalThis.ranOn` that it runs on.
#[wasm_bindgen]
pub fn call_catching(f: &Function) -> JsValue {
    let result = f.call0(&JsValue::NULL);
    let _ = Reflect::set(&js_sys::global(), &"ranOn".into(), &true.into());
    result.unwrap_or_else(|caught| caught)
}

/// Has wasm-bindgen make a new instance in the call that follows an abort, as its guide says.
#[wasm_bindgen]
pub fn reinit_after_abort() {
    fn on_abort() {
        wasm_bindgen::handler::schedule_reinit();
    }
    #[cfg(panic = "unwind")]
    wasm_bindgen::handler::set_on_abort(on_abort);
    #[cfg(not(panic = "unwind"))]
    let _ = on_abort;
}
