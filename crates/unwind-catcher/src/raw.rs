//! Panics that leave an export as Wasm exceptions, in modules without wasm-bindgen, which would catch them there.

#[cfg(all(target_arch = "wasm32", panic = "unwind"))]
mod wasm {
    use std::mem::forget;
    use std::panic::{catch_unwind, AssertUnwindSafe};

    use wasm_revive_abi::{black_box, panic_hook};

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
        // It was started by `resume_unwind`, which calls no hook.
        if black_box().panic_count() == 0 {
            black_box().record_panic(panic_hook::payload_text(&*payload), "", 0, 0);
        }
        // What panics as it is dropped must not leave the way the panic left.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(forget);
    }
}
