//! Checks that the debug information of a module with an undo log says of each instruction what that of the original says.
//!
//! The undo log's [`CodeMap`](wasm_revive_transform::CodeMap) says where each instruction has gone. It isn't believed (`places.rs`): it has to account for all of the new code, and
//! where it says that an instruction is, that instruction has to be. Then the debug information of both modules is read by other code than that which has written it,
//! and compared at each instruction of the new one: the line and the functions that were inlined, as `addr2line` gives them (`lines.rs`), and all that an entry describes,
//! with everything else that it says (`entries.rs`).
#![deny(missing_docs)]

#[cfg(target_arch = "wasm32")]
mod binding;
mod entries;
mod lines;
mod module;
mod places;

use wasm_revive_transform::{undoable, DebugInfo, Undoable};

use crate::module::Module;
use crate::places::Places;

/// What has been compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Instructions of the original.
    pub instructions: usize,
    /// Places of the new code that come from them, by instructions.
    pub places: usize,
    /// Instructions that are at several places, for their loop was written twice.
    pub doubled: usize,
    /// Places of which a line is known.
    pub lines: usize,
    /// Places in code that was inlined.
    pub inlined: usize,
    /// Entries of DWARF.
    pub entries: usize,
    /// Entries that describe some part of the code.
    pub with_code: usize,
    /// Entries that had a beginning and an end, and have several ranges now.
    pub divided: usize,
    /// Lists that say where a variable is in which part of the code.
    pub location_lists: usize,
}

/// Adds an undo log to a module, and compares.
///
/// # Errors
///
/// The first difference.
pub fn check(bytes: &[u8]) -> Result<Checked, String> {
    let undoable = undoable(bytes, 1_024).map_err(|error| error.to_string())?;
    if undoable.debug_info != DebugInfo::Rewritten {
        return Err(format!("{:?}", undoable.debug_info));
    }
    compare(bytes, &undoable)
}

/// Compares a module and what was made of it.
///
/// # Errors
///
/// The first difference.
pub fn compare(bytes: &[u8], undoable: &Undoable) -> Result<Checked, String> {
    let old = Module::read(bytes)?;
    let new = Module::read(&undoable.module)?;
    let places = Places::read(&old, &new, &undoable.code)?;
    let mut checked = Checked {
        instructions: old.instructions.len(),
        places: places.new.len(),
        doubled: places.doubled(),
        ..Checked::default()
    };
    lines::compare(&old, &new, &places, &mut checked)?;
    entries::compare(&old, &new, &places, &mut checked)?;
    Ok(checked)
}
