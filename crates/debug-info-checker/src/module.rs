//! A module, as far as it is compared.

use std::collections::BTreeMap;
use std::ops::Range;

use gimli::{Dwarf, EndianSlice, LittleEndian};
use wasmparser::{Operator, Parser, Payload};

pub(crate) type Reader<'a> = EndianSlice<'a, LittleEndian>;

pub(crate) struct Module<'a> {
    /// Where each instruction is, from the start of the code section's contents.
    pub(crate) instructions: Vec<(u64, Operator<'a>)>,
    /// Where the bodies are, counted in the same way.
    pub(crate) bodies: Vec<Range<u64>>,
    sections: BTreeMap<&'a str, &'a [u8]>,
}

impl<'a> Module<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, String> {
        Module::parse(bytes).map_err(|error| error.to_string())
    }

    fn parse(bytes: &'a [u8]) -> wasmparser::Result<Self> {
        let mut module = Module {
            instructions: Vec::new(),
            bodies: Vec::new(),
            sections: BTreeMap::new(),
        };
        let mut start = 0;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::CodeSectionStart {
                    unchecked_range, ..
                } => start = unchecked_range.start,
                Payload::CodeSectionEntry(body) => {
                    let range = body.range();
                    module.bodies.push(range.start - start..range.end - start);
                    let mut operators = body.get_operators_reader()?;
                    while !operators.eof() {
                        let (operator, offset) = operators.read_with_offset()?;
                        module.instructions.push((offset - start, operator));
                    }
                }
                Payload::CustomSection(section) => {
                    module.sections.insert(section.name(), section.data());
                }
                _ => {}
            }
        }
        Ok(module)
    }

    pub(crate) fn dwarf(&self) -> Result<Dwarf<Reader<'a>>, String> {
        let load = |id: gimli::SectionId| -> gimli::Result<Reader<'a>> {
            let data = self.sections.get(id.name()).copied().unwrap_or_default();
            Ok(EndianSlice::new(data, LittleEndian))
        };
        Dwarf::load(load).map_err(|error| error.to_string())
    }
}
