//! The hook writes each panic once, however often it is installed, and calls the hook that was there.

use std::sync::atomic::{AtomicU32, Ordering};

use wasm_revive_abi::{black_box, black_box_offset as offset, panic_hook};

#[test]
fn a_panic_is_written_down_before_it_unwinds() {
    static PREVIOUS: AtomicU32 = AtomicU32::new(0);
    std::panic::set_hook(Box::new(|_| {
        PREVIOUS.fetch_add(1, Ordering::Relaxed);
    }));
    panic_hook::install();
    panic_hook::install();

    let n = 7;
    std::panic::catch_unwind(|| panic!("number {n}")).unwrap_err();
    let bytes = black_box().to_bytes();
    assert_eq!(black_box().panic_count(), 1);
    assert_eq!(PREVIOUS.load(Ordering::Relaxed), 1);
    assert!(bytes[offset::PANIC_MESSAGE..].starts_with(b"number 7"));
    let file = &bytes[offset::PANIC_FILE..];
    assert!(file.starts_with(file!().replace('\\', "/").as_bytes()));

    std::panic::catch_unwind(|| std::panic::panic_any(7)).unwrap_err();
    assert!(black_box().to_bytes()[offset::PANIC_MESSAGE..].starts_with(b"Box<dyn Any>"));
}
