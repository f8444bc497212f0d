//! Sections that a pass leaves as they are, or only adds to.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ExportKind, ExportSection, Module, RawSection};
use wasmparser::{Parser, Payload};

use crate::Error;

/// Copies what a payload is of a module, byte for byte: a whole section, or nothing where it is a part of one.
pub(crate) fn copy(module: &mut Module, payload: &Payload<'_>, bytes: &[u8]) {
    if let Some((id, range)) = payload.as_section() {
        let data = &bytes[range.start as usize..range.end as usize];
        module.section(&RawSection { id, data });
    }
}

/// Adds exports: what each is called, and what it is. Every other section is copied byte for byte. `None`: there is nothing to add, or no section of exports
/// to add it to.
pub(crate) fn with_exports(
    bytes: &[u8],
    added: &[(String, ExportKind, u32)],
) -> Result<Option<Vec<u8>>, Error> {
    if added.is_empty() {
        return Ok(None);
    }
    let mut module = Module::new();
    let mut has_exports = false;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        if let Payload::ExportSection(section) = &payload {
            let mut exports = ExportSection::new();
            let unchanged = RoundtripReencoder.parse_export_section(&mut exports, section.clone());
            unchanged.map_err(|error| Error::new(error.to_string(), section.range().start))?;
            for (name, kind, index) in added {
                exports.export(name, *kind, *index);
            }
            module.section(&exports);
            has_exports = true;
        } else {
            copy(&mut module, &payload, bytes);
        }
    }
    Ok(has_exports.then(|| module.finish()))
}

/// The sections besides those of one id: their ids and contents, in the order of the binary.
#[cfg(test)]
pub(crate) fn without(id: u8, bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    wasmparser::Parser::new(0)
        .parse_all(bytes)
        .filter_map(|payload| payload.unwrap().as_section())
        .filter(|section| section.0 != id)
        .map(|(id, range)| (id, bytes[range.start as usize..range.end as usize].to_vec()))
        .collect()
}
