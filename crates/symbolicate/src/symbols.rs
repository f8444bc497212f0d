//! From instructions to the source.

use std::ops::Range;

use addr2line::Context;
use gimli::{Dwarf, EndianSlice, LittleEndian, SectionId, UnitOffset, UnitRef};
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
    /// Whether the frame and the module can be believed to belong together.
    pub fit: Fit,
}

/// Whether a frame, a module's code and its debug information belong together. Where they do not, a place would be wrong and is not told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Nothing speaks against it.
    #[default]
    Fits,
    /// The instruction is not in the function of that index: the frame is of another module, or of this one after its code was rewritten.
    OtherCode,
    /// The function that the debug information tells is not where the module has one: a tool has rewritten the code, and left the debug
    /// information as it was.
    StaleDebugInfo,
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

/// What the debug information has at an address.
struct LookedUp {
    /// Innermost first.
    functions: Vec<Function>,
    /// Where the outermost is. Compilers write down some functions only as a sequence of lines.
    range: Range<u64>,
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

    /// Which build the module is, as its section `build_id` says.
    pub fn build_id(&self) -> Option<&'a [u8]> {
        self.module.build_id
    }

    /// Which file has the module's debug information, as its section `external_debug_info` says: a URL, from the module's own on.
    pub fn debug_file(&self) -> Option<&'a str> {
        self.module.debug_file
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
        let Some(offset) = offset else {
            return self.beginning(function);
        };
        // Note: Deno 2 says of every frame that it is of function 0.
        let told = function.filter(|&index| index > 0);
        let found = self.module.function_at(u64::from(offset));
        let Some(index) = found.filter(|&found| told.is_none_or(|told| told == found)) else {
            return Symbolicated {
                fit: Fit::OtherCode,
                ..Symbolicated::default()
            };
        };
        let (functions, fit) = self.functions(u64::from(offset), index);
        Symbolicated {
            functions,
            approximate: false,
            fit,
        }
    }

    /// Some engines tell only which function it was.
    fn beginning(&self, function: Option<u32>) -> Symbolicated {
        let Some((index, body)) =
            function.and_then(|index| Some((index, self.module.body(index)?)))
        else {
            return Symbolicated {
                functions: self.named(function).into_iter().collect(),
                ..Symbolicated::default()
            };
        };
        // The first instruction that has a line of its own is behind the declarations of locals, and whatever has none.
        let found = body
            .into_iter()
            .map(|offset| self.functions(offset, index))
            .find(|(functions, fit)| {
                let outermost = functions.last();
                *fit != Fit::Fits || outermost.is_some_and(|function| function.place.is_some())
            });
        let (functions, fit) =
            found.unwrap_or_else(|| (self.named(function).into_iter().collect(), Fit::default()));
        // What has been inlined at the beginning has nothing to do with it.
        let outermost: Vec<_> = functions.into_iter().next_back().into_iter().collect();
        Symbolicated {
            approximate: outermost.iter().any(|function| function.place.is_some()),
            functions: outermost,
            fit,
        }
    }

    /// The functions at an address, which is in the body of the function of that index.
    fn functions(&self, address: u64, index: u32) -> (Vec<Function>, Fit) {
        let symbol = self.named(Some(index));
        let mut fit = Fit::Fits;
        if let Ok(Some(LookedUp {
            mut functions,
            range,
        })) = self.look_up(address)
        {
            if self.module.is_body(index, &range) {
                // Line tables alone have short names; the name section has the symbol.
                if let (Some(outermost), Some(symbol)) = (functions.last_mut(), &symbol) {
                    outermost.name.clone_from(&symbol.name);
                }
                return (functions, fit);
            }
            fit = Fit::StaleDebugInfo;
        }
        (symbol.into_iter().collect(), fit)
    }

    fn look_up(&self, address: u64) -> Result<Option<LookedUp>, gimli::Error> {
        let Some(context) = &self.context else {
            return Ok(None);
        };
        let mut frames = context.find_frames(address).skip_all_loads()?;
        let mut functions = Vec::new();
        let mut outermost = None;
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
            outermost = frame.dw_die_offset;
        }
        let Some(unit) = context.find_dwarf_and_unit(address).skip_all_loads() else {
            return Ok(None);
        };
        let range = match outermost {
            Some(die) => function_range(&unit, die, address)?,
            None => sequence(&unit, address)?,
        };
        Ok(range.map(|range| LookedUp { functions, range }))
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

/// The range of a function that an address is in.
fn function_range(
    unit: &UnitRef<'_, Reader<'_>>,
    function: UnitOffset,
    address: u64,
) -> Result<Option<Range<u64>>, gimli::Error> {
    let mut ranges = unit.die_ranges(&unit.entry(function)?)?;
    while let Some(range) = ranges.next()? {
        if (range.begin..range.end).contains(&address) {
            return Ok(Some(range.begin..range.end));
        }
    }
    Ok(None)
}

/// The sequence of lines that an address is in: LLVM writes one for each function.
fn sequence(
    unit: &UnitRef<'_, Reader<'_>>,
    address: u64,
) -> Result<Option<Range<u64>>, gimli::Error> {
    let Some(program) = unit.line_program.clone() else {
        return Ok(None);
    };
    let (_, sequences) = program.sequences()?;
    let mut ranges = sequences
        .iter()
        .map(|sequence| sequence.start..sequence.end);
    Ok(ranges.find(|range| range.contains(&address)))
}
