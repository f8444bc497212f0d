//! An entrypoint beside the default one: an exported class that is constructed of a context and `env`.

use crate::fail;
use js_sys::Promise;
use std::panic::AssertUnwindSafe;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;
use worker::Env;

/// What a binding with this entrypoint reaches.
#[wasm_bindgen]
pub struct Admin {
    calls: u32,
}

#[wasm_bindgen]
impl Admin {
    /// Constructed for each event.
    #[wasm_bindgen(constructor)]
    pub fn new(_ctx: JsValue, _env: Env) -> Self {
        Self { calls: 0 }
    }

    /// Counts its calls.
    pub fn count(&mut self) -> u32 {
        self.calls += 1;
        self.calls
    }

    /// Does a step, and gives its name.
    pub fn step(&self, name: String) -> Promise {
        js_sys::futures::future_to_promise(AssertUnwindSafe(async move {
            fail::step(&name).await;
            Ok(JsValue::from(name))
        }))
    }

    /// Answers a request by its path.
    pub fn fetch(&self, request: worker::worker_sys::web_sys::Request) -> Promise {
        js_sys::futures::future_to_promise(AssertUnwindSafe(async move {
            let request = worker::Request::from(request);
            fail::step(request.path().trim_start_matches('/')).await;
            let response = worker::Response::ok("admin").map_err(JsValue::from)?;
            Ok(worker::worker_sys::web_sys::Response::from(response).into())
        }))
    }
}
