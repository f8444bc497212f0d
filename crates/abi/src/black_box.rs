//! The record itself.
//!
//! It is made of words that are stored one by one, each store volatile: JavaScript reads them after a trap, and the
//! compiler doesn't know that anyone does.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::{black_box_offset as offset, black_box_size as size, ABI_VERSION, BLACK_BOX_MAGIC};

const WORDS: usize = size::TOTAL / 4;

// The text fields are words too, follow each other, and end where the record ends.
const _: () = {
    assert!(offset::REINIT_REQUESTED + 8 == offset::PANIC_MESSAGE);
    assert!(offset::PANIC_MESSAGE + size::PANIC_MESSAGE == offset::PANIC_FILE);
    assert!(offset::PANIC_FILE + size::PANIC_FILE == offset::ENTRYPOINT);
    assert!(offset::ENTRYPOINT + size::ENTRYPOINT == size::TOTAL);
    assert!(size::TOTAL == WORDS * 4 && size_of::<BlackBox>() == size::TOTAL);
    assert!(offset::PANIC_MESSAGE.is_multiple_of(4) && size::PANIC_MESSAGE.is_multiple_of(4));
    assert!(offset::PANIC_FILE.is_multiple_of(4) && size::PANIC_FILE.is_multiple_of(4));
    assert!(offset::ENTRYPOINT.is_multiple_of(4) && size::ENTRYPOINT.is_multiple_of(4));
};

/// A record of fixed layout that outlives a trap.
pub struct BlackBox([AtomicU32; WORDS]);

// Beside the exported static, whose object file is linked whenever this crate is.
crate::crate_record!();

/// There is one, so that crates used alone and crates used together write to the same.
#[cfg_attr(target_arch = "wasm32", export_name = "__wasm_revive_black_box")]
static BLACK_BOX: BlackBox = BlackBox::new();

/// The instance's black box.
#[inline]
pub fn black_box() -> &'static BlackBox {
    &BLACK_BOX
}

impl BlackBox {
    const fn new() -> Self {
        let mut words = [const { AtomicU32::new(0) }; WORDS];
        words[offset::MAGIC / 4] = AtomicU32::new(BLACK_BOX_MAGIC);
        words[offset::ABI / 4] = AtomicU32::new(ABI_VERSION);
        words[offset::SIZE / 4] = AtomicU32::new(size::TOTAL as u32);
        BlackBox(words)
    }

    /// Records a panic. Text that is too long is cut at a character.
    pub fn record_panic(&self, message: &str, file: &str, line: u32, column: u32) {
        self.put_text(
            message,
            offset::PANIC_MESSAGE,
            size::PANIC_MESSAGE,
            offset::PANIC_MESSAGE_LENGTH,
        );
        self.put_text(
            file,
            offset::PANIC_FILE,
            size::PANIC_FILE,
            offset::PANIC_FILE_LENGTH,
        );
        self.put(offset::PANIC_LINE, line);
        self.put(offset::PANIC_COLUMN, column);
        // Last, so that a record whose count has changed is whole.
        self.put(
            offset::PANIC_COUNT,
            self.get(offset::PANIC_COUNT).wrapping_add(1),
        );
    }

    /// Records an allocation that failed. It need not be the end: code that handles the failure goes on.
    pub fn record_failed_allocation(&self, size: usize, align: usize) {
        let saturated = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.put(offset::FAILED_ALLOCATION_SIZE, saturated(size));
        self.put(offset::FAILED_ALLOCATION_ALIGN, saturated(align));
    }

    /// Says that memory is to be had again: an allocation that failed before has been dealt with.
    #[inline]
    pub fn forget_failed_allocation(&self) {
        if self.get(offset::FAILED_ALLOCATION_SIZE) != 0 {
            self.put(offset::FAILED_ALLOCATION_SIZE, 0);
        }
    }

    /// Says which entrypoint is running; an empty name: none.
    #[inline]
    pub fn set_entrypoint(&self, name: &str) {
        self.put_text(
            name,
            offset::ENTRYPOINT,
            size::ENTRYPOINT,
            offset::ENTRYPOINT_LENGTH,
        );
    }

    /// Says which task is being polled; 0: none.
    #[inline]
    pub fn set_task(&self, id: u32) {
        self.put(offset::TASK_ID, id);
    }

    /// Asks for a fresh instance.
    pub fn request_reinit(&self) {
        self.put(offset::REINIT_REQUESTED, 1);
    }

    /// Whether a fresh instance has been asked for.
    pub fn reinit_requested(&self) -> bool {
        self.get(offset::REINIT_REQUESTED) != 0
    }

    /// How many panics have been recorded.
    pub fn panic_count(&self) -> u32 {
        self.get(offset::PANIC_COUNT)
    }

    /// A copy, as JavaScript sees it.
    pub fn to_bytes(&self) -> [u8; size::TOTAL] {
        let mut bytes = [0; size::TOTAL];
        for (chunk, word) in bytes.chunks_exact_mut(4).zip(&self.0) {
            chunk.copy_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        bytes
    }

    #[inline]
    fn get(&self, offset: usize) -> u32 {
        self.0[offset / 4].load(Ordering::Relaxed)
    }

    #[inline]
    fn put(&self, offset: usize, value: u32) {
        let word = &self.0[offset / 4];
        #[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
        // SAFETY: the pointer comes from a live, aligned `AtomicU32`. Without the `atomics` feature a wasm32 instance
        // has one thread, so no other access can race with this one. A relaxed atomic store would do the same
        // there, but isn't kept apart from its neighbours by the code generator as a volatile one is.
        unsafe {
            word.as_ptr().write_volatile(value);
        }
        #[cfg(not(all(target_arch = "wasm32", not(target_feature = "atomics"))))]
        word.store(value, Ordering::Relaxed);
    }

    #[inline]
    fn put_text(&self, text: &str, offset: usize, capacity: usize, length_offset: usize) {
        let mut length = text.len();
        if length > capacity {
            length = capacity;
            while !text.is_char_boundary(length) {
                length -= 1;
            }
        }
        for (index, chunk) in text.as_bytes()[..length].chunks(4).enumerate() {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            self.put(offset + index * 4, u32::from_le_bytes(word));
        }
        self.put(length_offset, length as u32);
    }
}
