//! What a small package has: functions, a class, an enum, a closure, texts, imports, a panic.
use std::cell::Cell;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Math)]
    fn random() -> f64;
    #[wasm_bindgen(catch, js_namespace = JSON, js_name = parse)]
    fn parse_json(text: &str) -> Result<JsValue, JsValue>;
}

thread_local!(static CALLS: Cell<u32> = const { Cell::new(0) });

/// Greets.
#[wasm_bindgen]
pub fn greet(name: &str) -> String {
    CALLS.with(|calls| calls.set(calls.get() + 1));
    format!("Hello, {name}!")
}

/// How often `greet` was called.
#[wasm_bindgen]
pub fn calls() -> u32 {
    CALLS.with(Cell::get)
}

/// Its name is a word that JavaScript keeps for itself.
#[wasm_bindgen(js_name = delete)]
pub fn remove() -> f64 {
    (random() < 1.0) as u32 as f64
}

/// Gives what the text says, or throws what JavaScript throws.
#[wasm_bindgen]
pub fn parsed(text: &str) -> Result<JsValue, JsValue> {
    parse_json(text)
}

/// Calls back.
#[wasm_bindgen]
pub fn twice(callback: &js_sys_function::Function) -> JsValue {
    callback.call();
    callback.call()
}

mod js_sys_function {
    use wasm_bindgen::prelude::*;
    #[wasm_bindgen]
    extern "C" {
        pub type Function;
        #[wasm_bindgen(method)]
        pub fn call(this: &Function) -> JsValue;
    }
}

/// Aborts.
#[wasm_bindgen]
pub fn abort() {
    std::process::abort()
}

/// A mood.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Mood {
    /// Good.
    Glad,
    /// Bad.
    Sad,
}

/// Counts.
#[wasm_bindgen]
pub struct Counter {
    count: u32,
    /// How it is.
    pub mood: Mood,
}

#[wasm_bindgen]
impl Counter {
    /// Starts at a number.
    #[wasm_bindgen(constructor)]
    pub fn new(count: u32) -> Counter {
        Counter { count, mood: Mood::Glad }
    }
    /// Counts one up.
    pub fn inc(&mut self) -> u32 {
        self.count += 1;
        self.count
    }
    /// A closure that counts up.
    pub fn closure(&self) -> JsValue {
        let mut count = self.count;
        Closure::<dyn FnMut(u32) -> u32>::new(move |by| {
            count += by;
            count
        })
        .into_js_value()
    }
}
