//! U10: ordinary Rust that compiles under panic=abort and is refused under panic=unwind.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// A list that an asynchronous method adds to.
#[wasm_bindgen]
#[derive(Default)]
pub struct List(Vec<JsValue>);

#[wasm_bindgen]
impl List {
    /// Adds what a promise gives.
    pub async fn add(&mut self, promise: Promise) -> usize {
        if let Ok(value) = JsFuture::from(promise).await {
            self.0.push(value);
        }
        self.0.len()
    }
}

/// A closure that shares its state, as event listeners do.
#[wasm_bindgen]
pub fn listener() -> JsValue {
    let seen = Rc::new(RefCell::new(Vec::<JsValue>::new()));
    Closure::<dyn FnMut(JsValue)>::new(move |event| seen.borrow_mut().push(event)).into_js_value()
}
