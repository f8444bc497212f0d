//! A small service of the kind people compile to Wasm, for the demo of `wasm-revive`.
//!
//! Each module is one feature of the service and does real work on untrusted input with a published crate or
//! with code of the kind people write in a hurry. Where one can fail, it fails for the reason such code fails in
//! production; the comment on the spot says how. None of it knows that anything will bring it back: what a feature
//! installs here is all there is.

mod buttons;
mod document;
mod expression;
mod markdown;
mod picture;
mod search;
mod session;
mod upload;

use wasm_bindgen::prelude::*;

#[cfg(feature = "revive")]
#[global_allocator]
static ALLOCATOR: wasm_revive::Sentinel<std::alloc::System> =
    wasm_revive::Sentinel::new(std::alloc::System);

/// Runs once an instance: the place where a program installs its hooks.
#[wasm_bindgen(start)]
pub fn start() {
    #[cfg(feature = "revive")]
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
