//! What the `wasm-revive` crates offer, each used once: what it costs, and how much of a module it is.

use std::alloc::System;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use wasm_revive::{wasm_bindgen, Sentinel};

#[global_allocator]
static ALLOCATOR: Sentinel<System> = Sentinel::new(System);

#[wasm_bindgen]
extern "C" {
    /// `globalThis.host.tick(x)`, which may throw.
    #[wasm_bindgen(js_namespace = host, js_name = tick)]
    fn unwinding_tick(x: u32) -> u32;
}

/// Calls a JavaScript function `count` times, through an import that may unwind.
#[wasm_bindgen]
pub fn unwinding_ticks(count: u32) -> u32 {
    (0..count).fold(0, |x, _| unwinding_tick(x))
}

/// Does nothing, under a name.
#[wasm_bindgen]
pub fn marked() {
    let _entry = wasm_revive::entry("marked");
    crate::empty();
}

/// Leaves a breadcrumb.
#[wasm_bindgen]
pub fn breadcrumb() {
    wasm_revive::breadcrumb!("a breadcrumb");
}

/// Uses the rest, so that it is in the module: how many of two went well.
#[wasm_bindgen]
pub fn everything() -> u32 {
    wasm_revive::request_reinit();
    let caught = wasm_revive::catch(crate::empty);
    let task = pin!(wasm_revive::named("everything", async {}));
    let polled = task.poll(&mut Context::from_waker(Waker::noop()));
    u32::from(caught.is_ok()) + u32::from(polled.is_ready())
}
