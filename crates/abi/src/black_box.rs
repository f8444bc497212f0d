//! The black box: what an instance was about, for whoever looks after a trap.

use crate::record::Record;
use crate::{black_box_offset as offset, black_box_size as size, ABI_VERSION, BLACK_BOX_MAGIC};

const WORDS: usize = size::TOTAL / 4;

// The text fields are words too, follow each other, and end where the record ends.
const _: () = {
    assert!(offset::PANIC_ENTRYPOINT + 4 == offset::GENERATION);
    assert!(offset::GENERATION + 4 == offset::PANIC_MESSAGE);
    assert!(offset::PANIC_MESSAGE + size::PANIC_MESSAGE == offset::PANIC_FILE);
    assert!(offset::PANIC_FILE + size::PANIC_FILE == size::TOTAL);
    assert!(size::TOTAL == WORDS * 4 && size_of::<BlackBox>() == size::TOTAL);
    assert!(offset::PANIC_MESSAGE.is_multiple_of(4) && size::PANIC_MESSAGE.is_multiple_of(4));
    assert!(offset::PANIC_FILE.is_multiple_of(4) && size::PANIC_FILE.is_multiple_of(4));
};

/// What an instance is running: an entrypoint and a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    name_address: u32,
    name_length: u32,
    task: u32,
}

impl Running {
    /// The entrypoint `name`, and the task `task`; 0: none. The name isn't copied, so that marking costs a few stores.
    #[inline]
    pub fn new(name: &'static str, task: u32) -> Running {
        Running {
            // On wasm32, where it is read, addresses have 32 bits.
            name_address: name.as_ptr() as usize as u32,
            name_length: name.len() as u32,
            task,
        }
    }

    /// The task.
    #[inline]
    pub fn task(self) -> u32 {
        self.task
    }
}

/// A record of fixed layout that outlives a trap.
pub struct BlackBox(Record<WORDS>);

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
        BlackBox(Record::new([
            BLACK_BOX_MAGIC,
            ABI_VERSION,
            size::TOTAL as u32,
        ]))
    }

    /// Records a panic, and what was running. Text that is too long is cut at a character.
    pub fn record_panic(&self, message: &str, file: &str, line: u32, column: u32) {
        self.0.put_text(
            message,
            offset::PANIC_MESSAGE,
            size::PANIC_MESSAGE,
            offset::PANIC_MESSAGE_LENGTH,
        );
        self.0.put_text(
            file,
            offset::PANIC_FILE,
            size::PANIC_FILE,
            offset::PANIC_FILE_LENGTH,
        );
        self.0.put(offset::PANIC_LINE, line);
        self.0.put(offset::PANIC_COLUMN, column);
        self.keep_running();
        // Last, so that a record whose count has changed is whole.
        self.0.put(
            offset::PANIC_COUNT,
            self.0.get(offset::PANIC_COUNT).wrapping_add(1),
        );
    }

    /// Records an allocation that failed. It need not be the end: code that handles the failure goes on.
    pub fn record_failed_allocation(&self, size: usize, align: usize) {
        let saturated = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.0.put(offset::FAILED_ALLOCATION_SIZE, saturated(size));
        self.0
            .put(offset::FAILED_ALLOCATION_ALIGN, saturated(align));
    }

    /// Says that memory is to be had again: an allocation that failed before has been dealt with.
    #[inline]
    pub fn forget_failed_allocation(&self) {
        if self.0.get(offset::FAILED_ALLOCATION_SIZE) != 0 {
            self.0.put(offset::FAILED_ALLOCATION_SIZE, 0);
        }
    }

    /// What is running, as it was said last.
    #[inline]
    pub fn running(&self) -> Running {
        Running {
            name_address: self.0.get(offset::ENTRYPOINT),
            name_length: self.0.get(offset::ENTRYPOINT_LENGTH),
            task: self.0.get(offset::TASK_ID),
        }
    }

    /// Says what is running.
    #[inline]
    pub fn set_running(&self, running: Running) {
        self.0.put(offset::ENTRYPOINT, running.name_address);
        self.0.put(offset::ENTRYPOINT_LENGTH, running.name_length);
        self.0.put(offset::TASK_ID, running.task);
    }

    /// Asks for a fresh instance.
    pub fn request_reinit(&self) {
        self.0.put(offset::REINIT_REQUESTED, 1);
    }

    /// Whether a fresh instance has been asked for.
    pub fn reinit_requested(&self) -> bool {
        self.0.get(offset::REINIT_REQUESTED) != 0
    }

    /// The generation of the instance; 0 where nobody counts generations.
    pub fn generation(&self) -> u32 {
        self.0.get(offset::GENERATION)
    }

    /// How many panics have been recorded.
    pub fn panic_count(&self) -> u32 {
        self.0.get(offset::PANIC_COUNT)
    }

    /// Says that the panics after the first `count` have been dealt with: nobody is to blame them for what comes later.
    pub fn forget_panics_after(&self, count: u32) {
        if self.panic_count() > count {
            self.0.put(offset::PANIC_COUNT, count);
        }
    }

    /// A copy, as JavaScript sees it.
    pub fn to_bytes(&self) -> [u8; size::TOTAL] {
        let mut bytes = [0; size::TOTAL];
        self.0.copy_to(&mut bytes);
        bytes
    }

    /// What runs now is over when the panic is told: unwinding drops the marks.
    fn keep_running(&self) {
        let Running {
            name_address,
            name_length,
            task,
        } = self.running();
        self.0.put(offset::PANIC_ENTRYPOINT, name_address);
        self.0.put(offset::PANIC_ENTRYPOINT_LENGTH, name_length);
        self.0.put(offset::PANIC_TASK_ID, task);
    }
}
