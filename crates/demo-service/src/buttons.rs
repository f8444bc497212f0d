//! The two buttons: failing on purpose.

use wasm_bindgen::prelude::*;

/// Panics.
#[wasm_bindgen]
pub fn panic_button() {
    panic!("somebody pressed the panic button");
}

/// Aborts.
#[wasm_bindgen]
pub fn abort_button() {
    std::process::abort();
}
