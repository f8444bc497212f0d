//! What of a module is needed: where its code is, what its functions are called, its DWARF.

use std::collections::BTreeMap;
use std::ops::Range;

use wasmparser::{Name, NameSectionReader, Parser, Payload, TypeRef};

use crate::Error;

/// The id of the code section in the binary format (WebAssembly 2.0, §5.5.2).
const CODE_SECTION: u8 = 10;

/// How many bytes the size in front of a body can take (§5.2.2).
const LONGEST_SIZE: u64 = 5;

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
    /// What the section `build_id` holds (tool conventions, "Build ID section").
    pub(crate) build_id: Option<&'a [u8]>,
    /// What the section `external_debug_info` holds: where the debug information is.
    pub(crate) debug_file: Option<&'a str>,
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
                Payload::CustomSection(section) if section.name() == "build_id" => {
                    let mut reader = section.data_reader();
                    let length = reader.read_var_u32()?;
                    module.build_id = Some(reader.read_bytes(length as usize)?);
                }
                Payload::CustomSection(section) if section.name() == "external_debug_info" => {
                    module.debug_file = Some(section.data_reader().read_string()?);
                }
                _ => {}
            }
        }
        Ok(module)
    }

    /// The function whose body an instruction is in, by its offset from the start of the code section's contents.
    pub(crate) fn function_at(&self, offset: u64) -> Option<u32> {
        let at = usize::try_from(offset).ok()?.checked_add(self.code.start)?;
        let after = self.bodies.partition_point(|body| body.start <= at);
        let place = after.checked_sub(1)?;
        self.bodies[place]
            .contains(&at)
            .then_some(self.imported_functions + place as u32)
    }

    /// The body of a function, from the start of the code section's contents; imported ones have none.
    pub(crate) fn body(&self, function: u32) -> Option<Range<u64>> {
        let place = function.checked_sub(self.imported_functions)?;
        let body = self.bodies.get(place as usize)?;
        let begin = self.code.start;
        Some((body.start - begin) as u64..(body.end - begin) as u64)
    }

    /// Whether that is where a function is. Its end is told exactly. Its beginning is that of the body, or of the size in front of it,
    /// or of its first line, which is behind the declarations of locals; walrus 0.27 is wrong by how much shorter it made the size.
    pub(crate) fn is_body(&self, function: u32, range: &Range<u64>) -> bool {
        self.body(function).is_some_and(|body| {
            let size = body.start.saturating_sub(LONGEST_SIZE);
            range.end == body.end && (size..body.end).contains(&range.start)
        })
    }
}
