//! What the next instance begins with.

use wasm_revive_reinit_manager::{generation, persist, request_reinit};

persist! {
    static KEPT: i32 = 1, name = "kept",
        encode = |kept: &i32| kept.to_le_bytes().to_vec(),
        decode = |bytes: &[u8]| bytes.try_into().map(i32::from_le_bytes);
}

/// The number.
#[no_mangle]
pub extern "C-unwind" fn kept() -> i32 {
    KEPT.with_borrow(|kept| *kept)
}

/// Saves a number, and panics for 0. Whether it is saved.
#[no_mangle]
pub extern "C-unwind" fn keep(number: i32) -> i32 {
    KEPT.with_borrow_mut(|kept| *kept = number);
    let saved = KEPT.save();
    assert_ne!(number, 0);
    saved.into()
}

/// Which instance this is.
#[no_mangle]
pub extern "C-unwind" fn own_generation() -> u32 {
    generation()
}

/// Has another one take its place.
#[no_mangle]
pub extern "C-unwind" fn ask_for_another() {
    request_reinit();
}
