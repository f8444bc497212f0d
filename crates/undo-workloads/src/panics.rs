//! Panics where JavaScript wants them.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `globalThis.host.panics()`: whether to panic.
    #[wasm_bindgen(js_namespace = host, js_name = panics)]
    fn host_panics() -> bool;
}

/// Panics if JavaScript says so.
pub(crate) fn may_panic() {
    assert!(!host_panics(), "JavaScript wanted it");
}
