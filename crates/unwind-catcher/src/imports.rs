//! What JavaScript throws out of an import, made a panic; and panics, made known to JavaScript.

#[cfg(all(target_arch = "wasm32", panic = "unwind"))]
pub(crate) use wasm::announce;

#[cfg(all(target_arch = "wasm32", panic = "unwind"))]
mod wasm {
    use std::panic::resume_unwind;

    use wasm_bindgen::convert::FromWasmAbi;
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        /// `Boolean()`, which does nothing (ECMA-262, 21.3.1.1), so that plain glue does nothing either. The transform knows it by
        /// its name, and has the stack written down after it: wasm-bindgen catches a panic where most of it is gone.
        #[wasm_bindgen(js_name = Boolean)]
        pub(crate) fn announce();
    }

    // Beside the export, whose object file is linked whenever this crate is.
    #[export_name = "__wasm_revive_unwind"]
    extern "C-unwind" fn unwind(thrown: u32) {
        // SAFETY: the import's guard has just put the value into the table of JavaScript values at this index, for this
        // call alone, as wasm-bindgen's glue does for an argument of type `JsValue`.
        let thrown = unsafe { JsValue::from_abi(thrown) };
        // Not `panic_any`: nothing of Rust's failed, so the panic hooks have nothing to say.
        resume_unwind(Box::new(thrown));
    }
}
