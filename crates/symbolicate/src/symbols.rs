//! From instructions to the source.

use std::ops::Range;

use addr2line::Context;
use gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use serde::Serialize;

use crate::module::Module;
use crate::{demangle, Error};

type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// A module, ready to be asked.
pub struct Symbols<'a> {
    module: Module<'a>,
    context: Option<Context<Reader<'a>>>,
}

/// Where a frame is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Symbolicated {
    /// Innermost first: functions that were inlined, then the one that the frame is of. Empty when nothing is known.
    pub functions: Vec<Function>,
    /// Whether the place is only where the function begins, because the frame has no offset.
    pub approximate: bool,
}

/// A function of the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// Its name, demangled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What was being executed in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A place in the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The file, as the compiler was given it.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1; 0 when it isn't known.
    pub column: u32,
}

impl<'a> Symbols<'a> {
    /// Reads a module.
    ///
    /// # Errors
    ///
    /// When the bytes are not a well-formed module, or the DWARF in it is not.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let module = Module::read(bytes)?;
        let context = if module.debug.contains_key(SectionId::DebugInfo.name()) {
            Some(Context::from_dwarf(dwarf(&module)?)?)
        } else {
            None
        };
        Ok(Symbols { module, context })
    }

    /// Whether the module has DWARF in it.
    pub fn has_debug_info(&self) -> bool {
        self.context.is_some()
    }

    /// The contents of the code section, in bytes from the start of the module. What addresses in DWARF count from is their start.
    pub fn code(&self) -> Range<usize> {
        self.module.code.clone()
    }

    /// Where a frame is.
    ///
    /// `function` is its index, `offset` that of the instruction, in bytes from the start of the code section's contents: the
    /// rest of a module may have been another one when it ran.
    pub fn frame(&self, function: Option<u32>, offset: Option<u32>) -> Symbolicated {
        let begin = self.module.code.start;
        let Some(offset) = offset else {
            return self.beginning(function);
        };
        let index = self.module.function_at(begin + offset as usize);
        Symbolicated {
            functions: self.functions(u64::from(offset), index.or(function)),
            approximate: false,
        }
    }

    /// Some engines tell only which function it was.
    fn beginning(&self, function: Option<u32>) -> Symbolicated {
        let body = function.and_then(|index| self.module.body(index));
        // The first instruction that has a line of its own is behind the declarations of locals.
        let functions = body.map_or_else(Vec::new, |body| {
            let begin = self.module.code.start;
            (body.start - begin..body.end - begin)
                .take(64)
                .map(|offset| self.functions(offset as u64, None))
                .find(|functions| !functions.is_empty())
                .unwrap_or_default()
        });
        match functions.into_iter().next_back() {
            // What has been inlined at the beginning has nothing to do with it.
            Some(outermost) => Symbolicated {
                functions: vec![outermost],
                approximate: true,
            },
            None => Symbolicated {
                functions: self.named(function).into_iter().collect(),
                approximate: false,
            },
        }
    }

    fn functions(&self, address: u64, index: Option<u32>) -> Vec<Function> {
        let found = self.look_up(address).unwrap_or_default();
        if found.is_empty() {
            return self.named(index).into_iter().collect();
        }
        found
    }

    fn look_up(&self, address: u64) -> Result<Vec<Function>, gimli::Error> {
        let Some(context) = &self.context else {
            return Ok(Vec::new());
        };
        let mut frames = context.find_frames(address).skip_all_loads()?;
        let mut functions = Vec::new();
        while let Some(frame) = frames.next()? {
            let name = frame
                .function
                .as_ref()
                .and_then(|function| function.raw_name().ok().map(|name| demangle(&name)));
            let place = frame.location.and_then(|location| {
                Some(Place {
                    file: location.file?.to_owned(),
                    line: location.line.filter(|&line| line > 0)?,
                    column: location.column.unwrap_or(0),
                })
            });
            functions.push(Function { name, place });
        }
        Ok(functions)
    }

    fn named(&self, function: Option<u32>) -> Option<Function> {
        let name = self.module.function_names.get(&function?)?;
        Some(Function {
            name: Some(demangle(name)),
            place: None,
        })
    }
}

fn dwarf<'a>(module: &Module<'a>) -> Result<Dwarf<Reader<'a>>, gimli::Error> {
    Dwarf::load(|id| {
        let data = module.debug.get(id.name()).copied().unwrap_or_default();
        Ok(EndianSlice::new(data, LittleEndian))
    })
}
