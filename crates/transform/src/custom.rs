//! The custom sections that are read: `name`, `producers`, `wasm_revive`, `wasm_revive_unwinding`.
//!
//! A custom section that is broken doesn't make a module invalid, so the first two are read as far as they go. The
//! third is this project's own and decides whether crate and package match: a broken one is an error.

use std::collections::BTreeMap;

use wasmparser::{BinaryReader, Name, NameSectionReader, ProducersSectionReader};

use crate::{CrateRecord, Error, Producer};

/// The section in which each linked crate of `wasm-revive` leaves one line: `<crate> <version> <abi>`.
pub(crate) const RECORDS_SECTION: &str = "wasm_revive";

/// The section in which the unwind-catcher's macro leaves the names of imports that may unwind, one a line.
pub(crate) const UNWINDING_SECTION: &str = "wasm_revive_unwinding";

/// Names by index.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) functions: BTreeMap<u32, String>,
    pub(crate) globals: BTreeMap<u32, String>,
}

/// What the `name` section calls functions and globals.
pub(crate) fn names(data: BinaryReader<'_>) -> Names {
    let mut names = Names::default();
    for subsection in NameSectionReader::new(data).flatten() {
        let (map, into) = match subsection {
            Name::Function(map) => (map, &mut names.functions),
            Name::Global(map) => (map, &mut names.globals),
            _ => continue,
        };
        let owned = map
            .flatten()
            .map(|entry| (entry.index, entry.name.to_owned()));
        into.extend(owned);
    }
    names
}

/// The entries of a `producers` section.
pub(crate) fn producers(data: BinaryReader<'_>) -> Vec<Producer> {
    let Ok(fields) = ProducersSectionReader::new(data) else {
        return Vec::new();
    };
    let mut producers = Vec::new();
    for field in fields.into_iter().flatten() {
        producers.extend(field.values.into_iter().flatten().map(|value| Producer {
            field: field.name.to_owned(),
            name: value.name.to_owned(),
            version: value.version.to_owned(),
        }));
    }
    producers
}

/// The records of a `wasm_revive` section whose contents start at byte `offset` of the module.
pub(crate) fn crate_records(data: &[u8], offset: u64) -> Result<Vec<CrateRecord>, Error> {
    let malformed = || {
        Error::new(
            format!("malformed `{RECORDS_SECTION}` section: each line must be `<crate> <version> <abi>`"),
            offset,
        )
    };
    let text = std::str::from_utf8(data).map_err(|_| malformed())?;
    text.lines()
        .map(|line| {
            let mut words = line.split(' ');
            let (Some(name), Some(version), Some(abi), None) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                return Err(malformed());
            };
            Ok(CrateRecord {
                name: name.to_owned(),
                version: version.to_owned(),
                abi: abi.parse().map_err(|_| malformed())?,
            })
        })
        .collect()
}

/// The lines of a `wasm_revive_unwinding` section. What isn't text names no import.
pub(crate) fn unwinding_imports(data: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(data).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
