//! The black box as JavaScript reads it. One test: there is one black box a process.

use wasm_revive_abi::{black_box, black_box_offset as offset, black_box_size as size};

fn word(at: usize) -> u32 {
    let bytes = black_box().to_bytes();
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn text(at: usize, length_at: usize) -> String {
    let bytes = black_box().to_bytes();
    String::from_utf8(bytes[at..at + word(length_at) as usize].to_vec()).unwrap()
}

#[test]
fn what_is_recorded_can_be_read() {
    assert_eq!(&black_box().to_bytes()[..4], b"RVBB");
    assert_eq!(word(offset::SIZE), size::TOTAL as u32);
    assert_eq!(
        (
            word(offset::PANIC_COUNT),
            word(offset::FAILED_ALLOCATION_SIZE)
        ),
        (0, 0)
    );

    black_box().record_panic("five!", "src/lib.rs", 3, 9);
    let message = || text(offset::PANIC_MESSAGE, offset::PANIC_MESSAGE_LENGTH);
    assert_eq!(message(), "five!");
    assert_eq!(
        text(offset::PANIC_FILE, offset::PANIC_FILE_LENGTH),
        "src/lib.rs"
    );
    assert_eq!(
        (word(offset::PANIC_LINE), word(offset::PANIC_COLUMN)),
        (3, 9)
    );
    assert_eq!(word(offset::PANIC_COUNT), 1);

    // A character of three bytes stands across the end of the field: it is left out whole.
    let long = format!("{}{}", "x".repeat(size::PANIC_MESSAGE - 1), "€uro");
    black_box().record_panic(&long, "", 0, 0);
    assert_eq!(message(), "x".repeat(size::PANIC_MESSAGE - 1));
    assert_eq!(text(offset::PANIC_FILE, offset::PANIC_FILE_LENGTH), "");
    black_box().record_panic(&"y".repeat(size::PANIC_MESSAGE), &"f".repeat(999), 0, 0);
    assert_eq!(message().len(), size::PANIC_MESSAGE);
    assert_eq!(
        text(offset::PANIC_FILE, offset::PANIC_FILE_LENGTH).len(),
        size::PANIC_FILE
    );
    assert_eq!(
        (black_box().panic_count(), word(offset::ENTRYPOINT_LENGTH)),
        (3, 0)
    );

    black_box().record_failed_allocation(usize::MAX, 16);
    assert_eq!(word(offset::FAILED_ALLOCATION_SIZE), u32::MAX);
    assert_eq!(word(offset::FAILED_ALLOCATION_ALIGN), 16);

    assert!(!black_box().reinit_requested());
    black_box().request_reinit();
    assert_eq!(word(offset::REINIT_REQUESTED), 1);

    #[cfg(feature = "std")]
    entries_nest();
}

#[cfg(feature = "std")]
fn entries_nest() {
    use wasm_revive_abi::entry::{enter, enter_task};

    // The name itself is read where addresses have 32 bits: in Wasm, by JavaScript.
    let shown = || (word(offset::ENTRYPOINT_LENGTH), word(offset::TASK_ID));
    let at_panic = || {
        (
            word(offset::PANIC_ENTRYPOINT_LENGTH),
            word(offset::PANIC_TASK_ID),
        )
    };
    static RENDER: &str = "render";
    let outer = enter(RENDER);
    assert_eq!(shown(), (6, 0));
    assert_eq!(word(offset::ENTRYPOINT), RENDER.as_ptr() as usize as u32);
    {
        let _task = enter_task("fetch all", 7);
        let _nested = enter("on_progress");
        assert_eq!(shown(), (11, 7));
        black_box().record_panic("late", "", 0, 0);
    }
    assert_eq!(shown(), (6, 0));
    drop(outer);
    assert_eq!(shown(), (0, 0));
    assert_eq!(at_panic(), (11, 7));
}
