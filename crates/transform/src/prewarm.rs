//! Makes a module begin in a state that an instance of it has had: the one after its start function, which new instances then have no need to run.
//!
//! Why: what a start function does (building tables, parsing what is built in) is done once, when the package is built, in place of once for each instance.
//!
//! How: what the memory holds becomes the module's data, as far as it isn't zero, and what globals hold their initial values. The export
//! [`START`] leads to a function of ours, which has the glue fill its table of JavaScript's values, makes that as long as it was, and runs what the program
//! has registered for a restored state ([`RESTORED`]), as a restored one does.
//!
//! Where: data goes in place of the old data, the function comes last, so that no index changes. Passive segments stay, and those beside them keep their
//! places, empty. What lies below where the shadow stack's pointer rests is of no use any more, and is left out where nothing else can be there.
//!
//! What it needs: a state that is all in memory, globals and that table ([`copyable`](crate::copyable) refuses others). What Rust holds of JavaScript's
//! values, the glue puts in place when it fills the table. Debug information stays as it is: the code in front of the new function doesn't move. In the
//! one module of a hundred in which the number of functions takes a byte more, it is left out.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, HeapType, MemorySection, Module, ValType,
};
use wasmparser::{DataKind, ExternalKind, Operator, Parser, Payload, TypeRef};

use crate::copyable::changed_table;
use crate::debug_info::is_dwarf;
use crate::{inspect, sections, Error, ExternType, ModuleInfo};

/// Export, `() -> ()`: what wasm-bindgen's glue runs first of a new instance.
const START: &str = "__wbindgen_start";

/// Import, `() -> ()`: the glue fills its table of JavaScript's values.
const FILL_TABLE: &str = "__wbindgen_init_externref_table";

/// Export, `() -> ()`, of the crate `wasm-revive-reinit-manager`: runs what was registered for a restored state.
const RESTORED: &str = "__wasm_revive_restored";

/// Bytes of a page of memory.
const PAGE: usize = 65_536;

/// Bytes of a global in a state.
const BYTES_OF_GLOBAL: usize = 8;

/// A run of zeros that is shorter is written down.
const LEAST_RUN: usize = 64;

/// More segments than that make loading slow; engines refuse 100,000.
const MOST_SEGMENTS: usize = 10_000;

/// The state to begin in.
#[derive(Debug, Clone, Copy)]
pub struct State<'a> {
    /// The whole memory.
    pub memory: &'a [u8],
    /// The globals that can change, in order, each in 8 bytes, little endian: an `i64` as it is, all others as an `f64`.
    pub globals: &'a [u8],
    /// How many places the table of JavaScript's values has; 0 where there is none.
    pub references: u32,
}

/// Makes a module begin in a state, and not run its start function.
///
/// # Errors
///
/// As [`copyable`](crate::copyable); for a module without a start function; for a state that is not of this module.
///
/// ```
/// use wasm_revive_transform::{prewarm, State};
///
/// let module = wat::parse_str(
///     r#"(module
///         (memory (export "memory") 1)
///         (func (export "__wbindgen_start") (i32.store (i32.const 8) (i32.const 7))))"#,
/// )
/// .unwrap();
/// let mut memory = vec![0; 65_536];
/// memory[8] = 7;
///
/// let warm = prewarm(&module, State { memory: &memory, globals: &[], references: 0 }).unwrap();
/// assert_eq!(wasm_revive_transform::inspect(&warm).unwrap().functions, 2);
/// ```
pub fn prewarm(bytes: &[u8], state: State<'_>) -> Result<Vec<u8>, Error> {
    crate::copyable(bytes)?;
    let info = inspect(bytes)?;
    let function = |name: &str| {
        let exports = info.exports.iter();
        exports
            .filter(|export| matches!(export.ty, ExternType::Function(_)))
            .find(|export| export.name == name)
            .map(|export| export.index)
    };
    let start = function(START).ok_or_else(|| refusal("it has no start function"))?;
    let initial = info.memories[0].limits.initial as usize * PAGE;
    let is_of_module = state.memory.len().is_multiple_of(PAGE)
        && state.memory.len() >= initial
        && state.globals.len() == info.mutable_globals.len() * BYTES_OF_GLOBAL;
    if !is_of_module {
        return Err(refusal("the state is that of another module"));
    }
    let source = Source::read(bytes, start)?;
    let mut body = Function::new([]);
    let mut code = body.instructions();
    if let Some(fill) = source.fill_table {
        code.call(fill);
    }
    if let Some(table) = changed_table(bytes)?.filter(|_| state.references > 0) {
        code.ref_null(HeapType::EXTERN)
            .i32_const(state.references as i32);
        code.table_size(table).i32_sub().table_grow(table).drop();
    }
    if let Some(restored) = function(RESTORED) {
        code.call(restored);
    }
    code.end();
    let parts = parts(state.memory, source.dead(&info));
    let data = source.data(state.memory, &parts);
    let mut module = Module::new();
    let mut has_data = false;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        // A module without data is given a section of it, where that has its place: before all that may follow the code.
        match payload {
            Payload::FunctionSection(section) => {
                let mut functions = FunctionSection::new();
                for ty in section {
                    functions.function(ty?);
                }
                module.section(functions.function(source.start_type));
            }
            Payload::MemorySection(section) => {
                let mut memories = MemorySection::new();
                for memory in section {
                    let mut memory = RoundtripReencoder.memory_type(memory?).map_err(broken)?;
                    memory.minimum = (state.memory.len() / PAGE) as u64;
                    memories.memory(memory);
                }
                module.section(&memories);
            }
            Payload::GlobalSection(section) => {
                module.section(&globals(section, state.globals)?);
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                for export in section {
                    let export = export?;
                    if export.name == START && export.kind == ExternalKind::Func {
                        exports.export(START, ExportKind::Func, source.functions);
                    } else {
                        let kind = RoundtripReencoder
                            .export_kind(export.kind)
                            .map_err(broken)?;
                        exports.export(export.name, kind, export.index);
                    }
                }
                module.section(&exports);
            }
            // What that does is in the state.
            Payload::StartSection { .. } => {}
            Payload::DataCountSection { .. } => {
                module.section(&DataCountSection { count: data.len() });
            }
            Payload::CodeSectionStart { .. } => {
                let mut code = CodeSection::new();
                for body in &source.bodies {
                    code.raw(body);
                }
                module.section(code.function(&body));
                if !source.has_data {
                    module.section(&data);
                    has_data = true;
                }
            }
            Payload::DataSection(_) if !has_data => {
                module.section(&data);
                has_data = true;
            }
            Payload::CustomSection(section) if source.moves_code && is_dwarf(section.name()) => {}
            other => sections::copy(&mut module, &other, bytes),
        }
    }
    Ok(module.finish())
}

/// What has to be known of a module before it is changed.
#[derive(Default)]
struct Source<'a> {
    imported_functions: u32,
    /// How many functions there are, imported ones included.
    functions: u32,
    start_type: u32,
    /// The import by which the glue fills its table.
    fill_table: Option<u32>,
    bodies: Vec<&'a [u8]>,
    /// For each segment of data, what it holds where it is passive.
    segments: Vec<Option<&'a [u8]>>,
    has_data: bool,
    /// Where the lowest data goes; 0 where that isn't known.
    lowest_data: u32,
    /// Whether one more function moves all code by a byte.
    moves_code: bool,
    /// What the module's own globals begin with, where that is an `i32` that is written there.
    globals: Vec<Option<i32>>,
    imported_globals: u32,
}

impl<'a> Source<'a> {
    fn read(bytes: &'a [u8], start: u32) -> Result<Self, Error> {
        let mut source = Source {
            lowest_data: u32::MAX,
            ..Source::default()
        };
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports_with_offsets() {
                        let (_, import) = import?;
                        match import.ty {
                            TypeRef::Func(_) | TypeRef::FuncExact(_) => {
                                if import.name == FILL_TABLE {
                                    source.fill_table = Some(source.imported_functions);
                                }
                                source.imported_functions += 1;
                            }
                            TypeRef::Global(_) => source.imported_globals += 1,
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    let types: Vec<u32> = section.into_iter().collect::<Result<_, _>>()?;
                    source.functions = source.imported_functions + types.len() as u32;
                    source.moves_code = length_of(types.len()) != length_of(types.len() + 1);
                    let own = start.checked_sub(source.imported_functions);
                    let ty = own.and_then(|own| types.get(own as usize));
                    source.start_type =
                        *ty.ok_or_else(|| refusal("its start function is imported"))?;
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        let mut operators = global?.init_expr.get_operators_reader();
                        source.globals.push(match operators.read()? {
                            Operator::I32Const { value } => Some(value),
                            _ => None,
                        });
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let range = body.range();
                    source
                        .bodies
                        .push(&bytes[range.start as usize..range.end as usize]);
                }
                Payload::DataSection(section) => {
                    source.has_data = true;
                    for data in section {
                        let data = data?;
                        let DataKind::Active { offset_expr, .. } = data.kind else {
                            source.segments.push(Some(data.data));
                            continue;
                        };
                        source.segments.push(None);
                        let address = match offset_expr.get_operators_reader().read()? {
                            Operator::I32Const { value } => value as u32,
                            _ => 0,
                        };
                        source.lowest_data = source.lowest_data.min(address);
                    }
                }
                _ => {}
            }
        }
        Ok(source)
    }

    /// How much of the memory is nothing but frames that are gone: where the shadow stack lies below all data, as far as its pointer rests.
    fn dead(&self, info: &ModuleInfo) -> usize {
        let pointer = info.stack_pointer.map(|pointer| pointer.global);
        let own = pointer.and_then(|global| global.checked_sub(self.imported_globals));
        let rest = own.and_then(|own| self.globals.get(own as usize).copied().flatten());
        let rest = rest.map_or(0, |rest| rest as u32);
        if self.has_data && rest <= self.lowest_data {
            rest as usize
        } else {
            0
        }
    }

    fn data(&self, memory: &[u8], parts: &[(usize, usize)]) -> DataSection {
        let mut data = DataSection::new();
        if self.segments.iter().any(Option::is_some) {
            for segment in &self.segments {
                match segment {
                    Some(bytes) => data.passive(bytes.iter().copied()),
                    None => data.active(0, &ConstExpr::i32_const(0), []),
                };
            }
        }
        for &(from, to) in parts {
            let at = ConstExpr::i32_const(from as i32);
            data.active(0, &at, memory[from..to].iter().copied());
        }
        data
    }
}

/// Where the memory isn't zero, from an address on: from where to where, in order.
fn parts(memory: &[u8], dead: usize) -> Vec<(usize, usize)> {
    let mut run = LEAST_RUN;
    loop {
        let mut parts: Vec<(usize, usize)> = Vec::new();
        for (at, _) in memory
            .iter()
            .enumerate()
            .skip(dead)
            .filter(|(_, &byte)| byte != 0)
        {
            match parts.last_mut() {
                Some((_, to)) if at - *to < run => *to = at + 1,
                _ => parts.push((at, at + 1)),
            }
        }
        if parts.len() <= MOST_SEGMENTS {
            return parts;
        }
        run *= 2;
    }
}

/// The globals, those that can change as the state has them.
fn globals(
    section: wasmparser::GlobalSectionReader<'_>,
    state: &[u8],
) -> Result<GlobalSection, Error> {
    let mut values = state.chunks_exact(BYTES_OF_GLOBAL);
    let mut globals = GlobalSection::new();
    for global in section {
        let global = global?;
        let ty = RoundtripReencoder.global_type(global.ty).map_err(broken)?;
        if !ty.mutable {
            let init = RoundtripReencoder.const_expr(global.init_expr);
            globals.global(ty, &init.map_err(broken)?);
            continue;
        }
        let mut value = [0; BYTES_OF_GLOBAL];
        if let Some(given) = values.next() {
            value.copy_from_slice(given);
        }
        let number = f64::from_le_bytes(value);
        let init = match ty.val_type {
            ValType::I32 => ConstExpr::i32_const(number as i64 as i32),
            ValType::I64 => ConstExpr::i64_const(i64::from_le_bytes(value)),
            ValType::F32 => ConstExpr::f32_const((number as f32).into()),
            ValType::F64 => ConstExpr::f64_const(number.into()),
            _ => return Err(refusal("a global that can change holds a reference")),
        };
        globals.global(ty, &init);
    }
    Ok(globals)
}

/// How many bytes a number takes in LEB128.
fn length_of(count: usize) -> u32 {
    (usize::BITS - (count | 1).leading_zeros()).div_ceil(7)
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::new(error.to_string(), 0)
}

fn refusal(why: &str) -> Error {
    Error::new(why.to_string(), 0)
}
