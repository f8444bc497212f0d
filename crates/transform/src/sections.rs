//! Sections that a pass leaves as they are.

use wasm_encoder::{Module, RawSection};
use wasmparser::Payload;

/// Copies what a payload is of a module, byte for byte: a whole section, or nothing where it is a part of one.
pub(crate) fn copy(module: &mut Module, payload: &Payload<'_>, bytes: &[u8]) {
    if let Some((id, range)) = payload.as_section() {
        let data = &bytes[range.start as usize..range.end as usize];
        module.section(&RawSection { id, data });
    }
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
