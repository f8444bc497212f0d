//! What the crates and the npm packages of `wasm-revive` agree on. The npm side of it is `packages/kernel/src/module/abi.ts`,
//! and a test there compares the two: change both.
//!
//! - The **black box**: a record of fixed layout in linear memory that JavaScript reads after a trap, without running any
//!   Wasm. It is exported as the global [`BLACK_BOX_EXPORT`], whose value is its address.
//! - The **breadcrumbs**: a ring of the last texts that the program left, exported as [`BREADCRUMBS_EXPORT`] by modules that
//!   leave any.
//! - The **requests** about what the program persists: a record by which Rust asks JavaScript for saved bytes and hands over
//!   new ones, exported as [`PERSIST_EXPORT`]. An imported function that does nothing by
//!   itself tells JavaScript to look.
//! - The **crate record**: each linked crate leaves one line in the custom section [`CRATE_SECTION`], by which the
//!   package sees whether the two match. See [`crate_record!`].
//!
//! You rarely need this crate itself; the crates that do something depend on it.
//!
//! ```
//! use wasm_revive_abi::{black_box, black_box_offset, ABI_VERSION, BLACK_BOX_MAGIC};
//!
//! black_box().record_failed_allocation(4096, 8);
//!
//! let bytes = black_box().to_bytes();
//! let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
//! assert_eq!(word(black_box_offset::MAGIC), BLACK_BOX_MAGIC);
//! assert_eq!(word(black_box_offset::ABI), ABI_VERSION);
//! assert_eq!(word(black_box_offset::FAILED_ALLOCATION_SIZE), 4096);
//! ```
#![no_std]
#![deny(missing_docs)]

#[cfg(feature = "std")]
extern crate std;

mod black_box;
mod breadcrumbs;
mod crate_record;
#[cfg(feature = "std")]
pub mod entry;
#[cfg(feature = "std")]
pub mod panic_hook;
mod persist;
mod record;

pub use black_box::{black_box, BlackBox, Running};
pub use breadcrumbs::{breadcrumbs, Breadcrumbs};
pub use persist::{persist_requests, PersistRequest, PersistRequests, Saved};

/// The version of this agreement. A module that carries another one is refused by the packages.
pub const ABI_VERSION: u32 = 1;

/// The custom section in which each crate says its name, its version and its ABI, one line of UTF-8 a crate.
pub const CRATE_SECTION: &str = "wasm_revive";

/// The custom section with the names of the imports out of which a JavaScript exception unwinds Rust, one a line.
pub const UNWINDING_SECTION: &str = "wasm_revive_unwinding";

/// The exported function that takes a value of JavaScript, by its index in the table of them, and unwinds Rust with it.
pub const UNWIND_EXPORT: &str = "__wasm_revive_unwind";

/// The exported function that says whether Rust believes that it is panicking.
pub const PANICKING_EXPORT: &str = "__wasm_revive_panicking";

/// The exported function that runs what the program has registered for where its state was restored from bytes.
pub const RESTORED_EXPORT: &str = "__wasm_revive_restored";

/// The exported function that ends a panic which left an export as a Wasm exception; only of modules without wasm-bindgen.
pub const CATCH_EXPORT: &str = "__wasm_revive_catch";

/// The exported function that installs the panic hook; only of modules without wasm-bindgen.
pub const INSTALL_EXPORT: &str = "__wasm_revive_install";

/// The module from which [`RETHROW_IMPORT`], [`PANICKED_IMPORT`] and [`SIGNAL_IMPORT`] are imported.
pub const IMPORT_MODULE: &str = "wasm_revive";

/// The imported function that throws once more what JavaScript has caught, for [`CATCH_EXPORT`].
pub const RETHROW_IMPORT: &str = "rethrow";

/// By which a module without wasm-bindgen says that Rust has panicked, while all that led to it is on the stack.
pub const PANICKED_IMPORT: &str = "panicked";

/// By which a module without wasm-bindgen says that Rust has asked for something: see [`PERSIST_EXPORT`] and
/// [`black_box_offset::REINIT_REQUESTED`].
pub const SIGNAL_IMPORT: &str = "signal";

/// The exported Wasm global whose value is the address of the black box.
pub const BLACK_BOX_EXPORT: &str = "__wasm_revive_black_box";

/// `"RVBB"`, the first word of a black box.
pub const BLACK_BOX_MAGIC: u32 = 0x4242_5652;

/// The exported Wasm global whose value is the address of the breadcrumbs.
pub const BREADCRUMBS_EXPORT: &str = "__wasm_revive_breadcrumbs";

/// `"RVBC"`, the first word of the breadcrumbs.
pub const BREADCRUMBS_MAGIC: u32 = 0x4342_5652;

/// The exported Wasm global whose value is the address of the requests about what the program persists.
pub const PERSIST_EXPORT: &str = "__wasm_revive_persist";

/// `"RVPS"`, the first word of these requests.
pub const PERSIST_MAGIC: u32 = 0x5350_5652;

/// Byte offsets in the black box. Every field is a little-endian `u32`, unless its capacity is given in
/// [`black_box_size`].
pub mod black_box_offset {
    /// [`BLACK_BOX_MAGIC`](crate::BLACK_BOX_MAGIC).
    pub const MAGIC: usize = 0;
    /// [`ABI_VERSION`](crate::ABI_VERSION).
    pub const ABI: usize = 4;
    /// Size of the whole record in bytes.
    pub const SIZE: usize = 8;
    /// How many panics have been recorded since JavaScript told the last one and set this to 0; the fields below hold the
    /// last one.
    pub const PANIC_COUNT: usize = 12;
    /// Bytes of the panic's message.
    pub const PANIC_MESSAGE_LENGTH: usize = 16;
    /// Bytes of the name of the file it happened in.
    pub const PANIC_FILE_LENGTH: usize = 20;
    /// Line in that file, counted from 1.
    pub const PANIC_LINE: usize = 24;
    /// Column in that line, counted from 1.
    pub const PANIC_COLUMN: usize = 28;
    /// Size in bytes of the last allocation that failed; 0: none, or others have succeeded since.
    pub const FAILED_ALLOCATION_SIZE: usize = 32;
    /// Its alignment.
    pub const FAILED_ALLOCATION_ALIGN: usize = 36;
    /// Bytes of the name of the entrypoint that is running; 0: none is known.
    pub const ENTRYPOINT_LENGTH: usize = 40;
    /// The task that is being polled; 0: none.
    pub const TASK_ID: usize = 44;
    /// 1 when Rust has asked for a fresh instance.
    pub const REINIT_REQUESTED: usize = 48;
    /// The task that was being polled when it panicked; 0: none.
    pub const PANIC_TASK_ID: usize = 52;
    /// Bytes of the name of the entrypoint that was running when it panicked; 0: none is known.
    pub const PANIC_ENTRYPOINT_LENGTH: usize = 56;
    /// Where in memory the name of the entrypoint is that is running.
    pub const ENTRYPOINT: usize = 60;
    /// Where in memory the name of the entrypoint is that was running when it panicked.
    pub const PANIC_ENTRYPOINT: usize = 64;
    /// The generation of the instance, written by JavaScript before anything of the instance runs; 0 where nobody does that.
    pub const GENERATION: usize = 68;
    /// The panic's message, UTF-8, cut at a character.
    pub const PANIC_MESSAGE: usize = 72;
    /// The file it happened in.
    pub const PANIC_FILE: usize = 1096;
}

/// Sizes in bytes of the black box and of the text fields in it.
pub mod black_box_size {
    /// Capacity for the panic's message.
    pub const PANIC_MESSAGE: usize = 1024;
    /// Capacity for the name of its file.
    pub const PANIC_FILE: usize = 256;
    /// The whole record.
    pub const TOTAL: usize = 1352;
}

/// Byte offsets in the breadcrumbs. Every field is a little-endian `u32`.
pub mod breadcrumbs_offset {
    /// [`BREADCRUMBS_MAGIC`](crate::BREADCRUMBS_MAGIC).
    pub const MAGIC: usize = 0;
    /// [`ABI_VERSION`](crate::ABI_VERSION).
    pub const ABI: usize = 4;
    /// Size of the whole record in bytes.
    pub const SIZE: usize = 8;
    /// How many have been begun; the next one goes into the slot with this number, modulo their count.
    pub const STARTED: usize = 12;
    /// The first slot. Each is the length of a text in bytes, 0 for none, and the text.
    pub const FIRST: usize = 16;
}

/// Sizes of the breadcrumbs, in bytes but for their count.
pub mod breadcrumbs_size {
    /// How many are kept.
    pub const COUNT: usize = 16;
    /// One slot.
    pub const EACH: usize = 128;
    /// Capacity for the text of one.
    pub const TEXT: usize = 124;
    /// The whole record.
    pub const TOTAL: usize = 2064;
}

/// Byte offsets in the record of requests. Every field is a little-endian `u32`.
pub mod persist_offset {
    /// [`PERSIST_MAGIC`](crate::PERSIST_MAGIC).
    pub const MAGIC: usize = 0;
    /// [`ABI_VERSION`](crate::ABI_VERSION).
    pub const ABI: usize = 4;
    /// Size of the whole record in bytes.
    pub const SIZE: usize = 8;
    /// What is asked for: see [`persist_request`](crate::persist_request).
    pub const REQUEST: usize = 12;
    /// What JavaScript answers: see [`persist_answer`](crate::persist_answer). 0 where nobody does.
    pub const ANSWER: usize = 16;
    /// Where in memory the name of the value is, in UTF-8.
    pub const NAME: usize = 20;
    /// Bytes of that name.
    pub const NAME_LENGTH: usize = 24;
    /// The version of the value: as the program has it, and in the answer as it was saved.
    pub const VERSION: usize = 28;
    /// Where in memory the bytes are, or are to be.
    pub const BYTES: usize = 32;
    /// How many bytes.
    pub const BYTES_LENGTH: usize = 36;
}

/// Sizes of the record of requests, in bytes.
pub mod persist_size {
    /// The whole record.
    pub const TOTAL: usize = 40;
}

/// What Rust asks for.
pub mod persist_request {
    /// Which version of the value is saved, and in how many bytes.
    pub const FIND: u32 = 1;
    /// To have these bytes put into memory. Until Rust says what became of them, they are being decoded.
    pub const LOAD: u32 = 2;
    /// Nothing: the value has been restored.
    pub const RESTORED: u32 = 3;
    /// Nothing: the value can't be restored. The bytes are text which says why.
    pub const NOT_RESTORED: u32 = 4;
    /// To have these bytes kept if the turn ends well.
    pub const SAVE: u32 = 5;
    /// Nothing: the value can't be saved. The bytes are text which says why.
    pub const NOT_SAVED: u32 = 6;
}

/// What JavaScript answers.
pub mod persist_answer {
    /// It is done.
    pub const YES: u32 = 1;
    /// There is nothing saved, or no room.
    pub const NO: u32 = 2;
}
