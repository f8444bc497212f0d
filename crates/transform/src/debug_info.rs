//! Debug information (DWARF) of a module whose code a pass has rewritten.
//!
//! Why: a crash report has offsets in the code that ran. With DWARF of the code before the pass they would be shown as other lines.
//!
//! How: [`CodeMap`] says what each instruction has become. All of DWARF is read and written anew by `gimli`; addresses of code are changed on the way: where functions
//! and what was inlined into them begin and end (`entries.rs`), where a variable is to be found in which part of a function, and the table of lines (`lines.rs`).
//!
//! Semantics: whatever DWARF says of an instruction, it says of all that the instruction has become. An instruction that was written twice is twice in the table of lines,
//! and a range that isn't in one piece any more becomes several. Locals and globals keep their indices and data its addresses, so descriptions of
//! variables stay as they are.
//!
//! What only makes DWARF faster to search (`.debug_aranges`, `.debug_names`, `.debug_pubnames`, `.debug_pubtypes`) and what it says of C's macros is left out:
//! readers do without.

mod entries;
mod lines;

use std::collections::BTreeMap;

use gimli::write::{ConvertError, ConvertUnit, ConvertUnitEntry, EndianVec, Sections};
use gimli::{Dwarf, EndianSlice, LittleEndian, UnitType};

use crate::CodeMap;

/// Names and contents.
pub(crate) type DebugSections = Vec<(&'static str, Vec<u8>)>;

type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// What has become of a module's debug information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DebugInfo {
    /// The module has none.
    None,
    /// It is that of the new code.
    Rewritten,
    /// It can't be rewritten, and the new module has none. Why, as the end of a sentence.
    LeftOut(String),
}

/// Whether a custom section is a part of DWARF.
pub(crate) fn is_dwarf(section: &str) -> bool {
    section.starts_with(".debug_")
}

/// The sections of DWARF for the new code, of those for the old.
///
/// # Errors
///
/// Why it can't be rewritten.
pub(crate) fn rewrite(
    sections: &BTreeMap<&str, &[u8]>,
    code: &CodeMap,
) -> Result<DebugSections, String> {
    if sections.contains_key(".debug_types") {
        return Err("it has type units (`-fdebug-types-section`)".to_owned());
    }
    convert(sections, code).map_err(|error| match error {
        Failure::Unsupported(what) => format!("it has {what}"),
        Failure::Convert(error) => format!("it is malformed: {error}"),
    })
}

/// Why DWARF can't be rewritten.
enum Failure {
    Unsupported(&'static str),
    Convert(ConvertError),
}

impl<E: Into<ConvertError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Convert(error.into())
    }
}

fn convert(sections: &BTreeMap<&str, &[u8]>, code: &CodeMap) -> Result<DebugSections, Failure> {
    let old = Dwarf::load(|id| -> gimli::Result<Reader<'_>> {
        let data = sections.get(id.name()).copied().unwrap_or_default();
        Ok(EndianSlice::new(data, LittleEndian))
    })?;
    let mut new = gimli::write::Dwarf::new();
    let mut written = Sections::new(EndianVec::new(LittleEndian));
    let mut units = new.convert(&old)?;
    while let Some((mut unit, root)) = units.read_unit()? {
        check(&unit)?;
        convert_unit(&mut unit, root, code)?;
        // Note: at once, so that the entries of a single unit are in memory at a time.
        unit.write(&mut written).map_err(ConvertError::from)?;
    }
    new.write(&mut written).map_err(ConvertError::from)?;
    let mut result = Vec::new();
    written.for_each(|id, data| -> Result<(), Failure> {
        if !data.slice().is_empty() {
            result.push((id.name(), data.slice().to_vec()));
        }
        Ok(())
    })?;
    Ok(result)
}

/// Refuses what would be lost, or is in another file.
fn check(unit: &ConvertUnit<'_, Reader<'_>>) -> Result<(), Failure> {
    let unit = &unit.read_unit;
    if unit.dwo_id.is_some() {
        return Err(Failure::Unsupported(
            "parts in files of their own (`-gsplit-dwarf`)",
        ));
    }
    match unit.header.type_() {
        UnitType::Compilation | UnitType::Partial => Ok(()),
        _ => Err(Failure::Unsupported("type units (`-fdebug-types-section`)")),
    }
}

fn convert_unit<'u, 'a>(
    unit: &mut ConvertUnit<'u, Reader<'a>>,
    root: ConvertUnitEntry<'u, Reader<'a>>,
    code: &CodeMap,
) -> Result<(), ConvertError> {
    // Note: first, for attributes name files by their places in it.
    lines::convert(unit, code)?;
    let id = unit.unit.root();
    entries::convert(unit, id, &root, code)?;
    let mut entry = root;
    while let Some(id) = unit.read_entry(&mut entry)? {
        let id = unit.add_entry(id, &entry);
        entries::convert(unit, id, &entry, code)?;
    }
    Ok(())
}
