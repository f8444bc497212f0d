//! Panics that leave an export as Wasm exceptions, in modules without wasm-bindgen, which would catch them there.

#[cfg(all(target_arch = "wasm32", panic = "unwind"))]
mod wasm {
    use std::mem::forget;
    use std::panic::{catch_unwind, AssertUnwindSafe};

    use wasm_revive_abi::{
        black_box, black_box_offset as offset, black_box_size as size, panic_hook,
    };

    #[link(wasm_import_module = "wasm_revive")]
    extern "C-unwind" {
        /// Throws once more what left an export and was caught by JavaScript.
        fn rethrow();
    }

    #[link(wasm_import_module = "wasm_revive")]
    extern "C" {
        /// Has the stack written down, which is gone by the time JavaScript catches the panic.
        fn panicked();
    }

    fn announce() {
        // SAFETY: it takes and gives nothing, throws nothing and enters no instance: it makes an error and keeps it.
        unsafe { panicked() }
    }

    /// Called by JavaScript once, when the module is there: nothing of a module like this runs by itself.
    #[export_name = "__wasm_revive_install"]
    extern "C" fn install() {
        crate::install();
        panic_hook::announce_by(announce);
    }

    /// Whether the last panic was written down in these words, of which there is room for the beginning.
    fn is_written_down(text: &str) -> bool {
        let bytes = black_box().to_bytes();
        let word = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize
        };
        let length = word(offset::PANIC_MESSAGE_LENGTH).min(size::PANIC_MESSAGE);
        let written = &bytes[offset::PANIC_MESSAGE..offset::PANIC_MESSAGE + length];
        text.as_bytes().starts_with(written)
            && (length == text.len() || length + char::MAX.len_utf8() > size::PANIC_MESSAGE)
    }

    /// Ends a panic that left an export, as only Rust can: its payload is dropped, and it counts no longer as going on. JavaScript
    /// has caught the exception, calls this, and throws it again from [`rethrow`]; an exception that is no panic of this
    /// instance passes through.
    #[export_name = "__wasm_revive_catch"]
    extern "C-unwind" fn catch() {
        // SAFETY: it takes and gives nothing. It throws through no frame but the closure's, which has nothing to drop, and its
        // ABI lets it: foreign code that has caught a panic of Rust's has to rethrow it, and does so here.
        let Err(payload) = catch_unwind(|| unsafe { rethrow() }) else {
            return;
        };
        // What `resume_unwind` starts calls no hook: then nothing has been written down, or another panic.
        let text = panic_hook::payload_text(&*payload);
        if black_box().panic_count() == 0 || !is_written_down(text) {
            black_box().record_panic(text, "", 0, 0);
        }
        // What panics as it is dropped must not leave the way the panic left.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(forget);
    }
}
