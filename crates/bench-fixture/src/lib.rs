//! The Rust module that the benchmarks of `wasm-revive` call.
//!
//! Every export does as little as can be done, so that what is measured is the way in and out. Without the feature
//! `crates` it uses none of the `wasm-revive` crates: upstream's output and ours are made from the same module.
#![deny(missing_docs)]

use std::cell::RefCell;
use std::hint::black_box;

use wasm_bindgen::prelude::*;

#[cfg(feature = "crates")]
mod crates;

#[wasm_bindgen]
extern "C" {
    /// `globalThis.host.tick(x)`, which gives `x + 1`.
    #[wasm_bindgen(js_namespace = host, js_name = tick)]
    fn host_tick(x: u32) -> u32;
}

/// With wasm-bindgen's own recovery, installs it; without, does nothing.
#[wasm_bindgen(start)]
pub fn start() {
    #[cfg(feature = "crates")]
    wasm_revive::init();
    #[cfg(feature = "upstream-recovery")]
    {
        // Word for word what wasm-bindgen's guide gives for a "self-recovering abort handler".
        fn on_abort() {
            wasm_bindgen::handler::schedule_reinit();
        }
        wasm_bindgen::handler::set_on_abort(on_abort);
    }
}

/// Does nothing.
#[wasm_bindgen]
pub fn empty() {
    black_box(());
}

/// Gives back the text it was given, copied twice: into the module and out of it.
#[wasm_bindgen]
pub fn echo(text: String) -> String {
    text
}

/// Calls a JavaScript function `count` times.
#[wasm_bindgen]
pub fn ticks(count: u32) -> u32 {
    (0..count).fold(0, |x, _| host_tick(x))
}

/// Panics, for the length of `text`.
#[wasm_bindgen]
pub fn panic(text: &str) -> u32 {
    assert!(text.is_empty(), "not empty: {}", text.len());
    0
}

/// A closure that gives `x + 1`, for JavaScript to call.
#[wasm_bindgen]
pub fn increment() -> JsValue {
    Closure::<dyn Fn(u32) -> u32>::new(|x: u32| x.wrapping_add(black_box(1))).into_js_value()
}

/// Aborts.
#[wasm_bindgen]
pub fn abort() {
    std::process::abort()
}

thread_local! {
    static FILLED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Fills that many mebibytes of memory, and keeps them until the next time: what an instance has kept, it fills again.
#[wasm_bindgen]
pub fn fill(mebibytes: usize) {
    FILLED.with_borrow_mut(|filled| {
        filled.resize(mebibytes << 20, 0);
        black_box(filled).fill(1);
    });
}

/// A class with one number in it.
#[wasm_bindgen]
pub struct Counter {
    count: u32,
}

#[wasm_bindgen]
impl Counter {
    /// A counter that has counted to `start`.
    #[wasm_bindgen(constructor)]
    pub fn new(start: u32) -> Counter {
        Counter { count: start }
    }

    /// Counts up, and gives the new count.
    pub fn inc(&mut self) -> u32 {
        self.count = self.count.wrapping_add(1);
        self.count
    }
}
