//! What JavaScript throws out of an import, made a panic.

#[cfg(all(target_arch = "wasm32", panic = "unwind"))]
mod wasm {
    use std::panic::resume_unwind;

    use wasm_bindgen::convert::FromWasmAbi;
    use wasm_bindgen::JsValue;

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
