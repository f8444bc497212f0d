//! wasm-bindgen's `JsValue`: what Rust holds of JavaScript is in a table.

use wasm_bindgen::prelude::*;

use crate::random::Random;
use crate::state::state;

#[wasm_bindgen]
extern "C" {
    /// `globalThis.host.make(x)`: an object that stands for a number.
    #[wasm_bindgen(js_namespace = host, js_name = make)]
    fn host_make(x: u32) -> JsValue;

    /// `globalThis.host.number(object)`: the number that it stands for.
    #[wasm_bindgen(js_namespace = host, js_name = number)]
    fn host_number(object: &JsValue) -> u32;
}

state!(HELD: Vec<JsValue> = Vec::new());

/// Takes, drops and asks `8 * size` objects, and holds at most as many.
#[wasm_bindgen]
pub fn references(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    HELD.with_borrow_mut(|held| {
        let mut sum = 0u32;
        for _ in 0..8 * size {
            let at = random.below(8 * size) as usize;
            if at >= held.len() {
                held.push(host_make(random.below(1000)));
            } else if random.below(2) == 0 {
                held.swap_remove(at);
            } else {
                sum = sum.wrapping_mul(31).wrapping_add(host_number(&held[at]));
                held[at] = held[at / 2].clone();
            }
        }
        sum
    })
}
