//! Makes a module able to undo what a turn has done to its memory and its globals.
//!
//! Why: after an abort, an instance can be trusted again once everything that the failing turn wrote is as it was before. To copy the whole
//! memory after each good turn costs milliseconds; to note what a turn changes costs what the turn changes.
//!
//! How: memory is divided into granules. Before the first write of a turn into a granule, its old content goes to a log, and a byte in a
//! table notes that it did. [`COMMIT`] forgets the log, at the end of a good turn; [`ROLLBACK`] puts the old contents back, the youngest
//! first. Both also take or restore the mutable globals and how much memory the program has.
//!
//! Where: table and log are pages that the module's memory has behind its initial ones ([`layout`]). The program doesn't know of them. To
//! `memory.grow` they look like pages that somebody else has taken, as any allocator has to expect; `memory.size` counts them as soon as
//! there are pages of the program's behind them. An allocator that takes the pages between `__heap_base` and `memory.size` for its own sees
//! none of them before that.
//!
//! One table that changes is undone as well (`tables.rs`), the one in which wasm-bindgen has JavaScript's values; a module that changes others is
//! refused. Debug information is rewritten with the code (`debug_info.rs`).
//!
//! What isn't undone here: what JavaScript writes into the memory by itself, unless it says so before ([`NOTE`]); what is below where the
//! shadow stack's pointer rests, where that is certain to be of no use any more (`barrier.rs`).
//!
//! Semantics: a program computes what it computed, and what it writes out of bounds traps as before, with three exceptions. A read right behind the
//! program's memory reads what is the log's; a write at most [`REACH`](layout::REACH) bytes behind it, by a base by which something close was written right before, is
//! found when the turn ends (`canaries.rs`). Bulk writes of no bytes at all don't trap there. What `memory.grow` gives may differ, as above. A function that catches
//! something and puts the stack pointer above where it rests, leaves it as it is (`frames.rs`).

mod assigned;
mod barrier;
mod body;
mod canaries;
mod code;
mod doubled;
mod flow;
mod frames;
mod images;
mod layout;
mod module;
mod routines;
mod signatures;
mod tables;
mod trips;
mod value;

pub use layout::UndoLayout;
pub(crate) use tables::Changed;

use crate::{CodeMap, DebugInfo, Error};

/// Export, `() -> i32`: the state is now the one that [`ROLLBACK`] goes back to. To be called while no frame of the instance is on the stack. Gives what
/// is damaged, as far as that shows (`canaries.rs`), and changes nothing where something is: 0, nothing; 1, the stack pointer is above where it rests;
/// 2, the last bytes of the shadow stack were written to; 3, what lies around the log's bookkeeping was, so that nothing may be undone by it.
pub const COMMIT: &str = "__wasm_revive_commit";

/// Export, `() -> ()`: the state is again what it was at the last [`COMMIT`]. To be called while no frame of the instance is on the stack.
pub const ROLLBACK: &str = "__wasm_revive_rollback";

/// Export, an immutable global: the address of two `i32`. The first isn't 0 as soon as [`COMMIT`] has something to do. Else the host may leave it out.
/// The second is how many bytes there was no memory for when the log needed more, so that the turn trapped, and 0 after [`ROLLBACK`].
pub const CHANGED: &str = "__wasm_revive_changed";

/// Exports, immutable globals of which each name ends in a number, from 0 on: where bytes are that are 0 as long as the log isn't damaged. An `i64`, the
/// address in its lower half, how many bytes in the upper one. The host looks at them by itself: nothing runs on an instance that has trapped.
pub const CANARY: &str = "__wasm_revive_canary_";

/// Export, `() -> i32`: writes down what the host needs for a copy of the whole state, besides the memory, and gives its address (`images.rs`); 0 where
/// there can be none. To be called right after a [`COMMIT`].
pub const SAVE: &str = "__wasm_revive_save";

/// Export, `() -> ()`: the host has put back such a copy, what [`SAVE`] has written among it. The state is now that one, and the one that [`ROLLBACK`] goes
/// back to. To be called while no frame of the instance is on the stack.
pub const LOAD: &str = "__wasm_revive_load";

/// Export, the table of JavaScript's values, where it changes.
pub const REFERENCES: &str = "__wasm_revive_references";

/// Export, `(address: i32, length: i32) -> ()`: the host is about to write these bytes. Traps where they are not all in the memory.
pub const NOTE: &str = "__wasm_revive_note";

/// A module that was given an undo log.
#[derive(Debug, Clone)]
pub struct Undoable {
    /// The module.
    pub module: Vec<u8>,
    /// Where in its memory the log is.
    pub layout: UndoLayout,
    /// Where its code has gone.
    pub code: CodeMap,
    /// What has become of its debug information.
    pub debug_info: DebugInfo,
}

/// Adds an undo log to a module. The state after instantiation is the first one that can be gone back to.
///
/// # Errors
///
/// As [`inspect`](crate::inspect), and for what can't be undone: a memory that is imported, shared, 64-bit or not the only one; atomics.
///
/// ```
/// let module = wat::parse_str(
///     r#"(module
///         (memory (export "memory") 1)
///         (func (export "write") (i32.store (i32.const 8) (i32.const 7))))"#,
/// )
/// .unwrap();
///
/// let (changed, layout) = wasm_revive_transform::undo_log(&module).unwrap();
/// let info = wasm_revive_transform::inspect(&changed).unwrap();
/// assert_eq!(info.memories[0].limits.initial, 1 + u64::from(layout.pages));
/// assert!(info.exports.iter().any(|export| export.name == "__wasm_revive_rollback"));
/// ```
pub fn undo_log(bytes: &[u8]) -> Result<(Vec<u8>, UndoLayout), Error> {
    let Undoable { module, layout, .. } = undoable(bytes, layout::MOST_MEBIBYTES)?;
    Ok((module, layout))
}

/// [`undo_log`], and what has become of the code and of the debug information. The memory, with the log in it, may grow to `mebibytes` (1,024 at
/// most); for each of them the log takes a kibibyte from the beginning.
///
/// # Errors
///
/// As [`undo_log`]. None for debug information that can't be rewritten: it is left out.
pub fn undoable(bytes: &[u8], mebibytes: u32) -> Result<Undoable, Error> {
    let info = crate::inspect(bytes)?;
    module::rewrite(
        bytes,
        info.stack_pointer.map(|pointer| pointer.global),
        mebibytes,
    )
}
