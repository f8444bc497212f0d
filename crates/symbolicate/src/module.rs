//! What of a module is needed: where its code is, what its functions are called, its DWARF.

use std::collections::BTreeMap;
use std::ops::Range;

use wasmparser::{Name, NameSectionReader, Parser, Payload, TypeRef};

use crate::Error;

/// The id of the code section in the binary format (WebAssembly 2.0, §5.5.2).
const CODE_SECTION: u8 = 10;

#[derive(Default)]
pub(crate) struct Module<'a> {
    /// The contents of the code section, in bytes from the start of the module.
    pub(crate) code: Range<usize>,
    /// Imported functions come first in the index space.
    pub(crate) imported_functions: u32,
    /// Where each body is, in bytes from the start of the module.
    pub(crate) bodies: Vec<Range<usize>>,
    pub(crate) function_names: BTreeMap<u32, &'a str>,
    /// The sections whose names begin with `.debug_`.
    pub(crate) debug: BTreeMap<&'a str, &'a [u8]>,
}

impl<'a> Module<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        if !b"\0asm".starts_with(&bytes[..bytes.len().min(4)]) {
            return Err(Error::new("it doesn't start with `\\0asm`"));
        }
        let mut module = Module::default();
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload?;
            if let Some((CODE_SECTION, range)) = payload.as_section() {
                module.code = range.start as usize..range.end as usize;
            }
            match payload {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let is_function =
                            matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
                        module.imported_functions += u32::from(is_function);
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let range = body.range();
                    module.bodies.push(range.start as usize..range.end as usize);
                }
                Payload::CustomSection(section) if section.name() == "name" => {
                    for names in NameSectionReader::new(section.data_reader()).flatten() {
                        if let Name::Function(map) = names {
                            let entries = map.into_iter().flatten();
                            module
                                .function_names
                                .extend(entries.map(|entry| (entry.index, entry.name)));
                        }
                    }
                }
                Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                    module.debug.insert(section.name(), section.data());
                }
                _ => {}
            }
        }
        Ok(module)
    }

    /// The function whose body an offset is in.
    pub(crate) fn function_at(&self, offset: usize) -> Option<u32> {
        let after = self.bodies.partition_point(|body| body.start <= offset);
        let place = after.checked_sub(1)?;
        self.bodies[place]
            .contains(&offset)
            .then_some(self.imported_functions + place as u32)
    }

    /// The body of a function; imported ones have none.
    pub(crate) fn body(&self, function: u32) -> Option<&Range<usize>> {
        let place = function.checked_sub(self.imported_functions)?;
        self.bodies.get(place as usize)
    }
}
