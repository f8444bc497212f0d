//! The sections of a module that is given an undo log. What it adds comes last in each index space, so that no index changes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    BranchHints, ConstExpr as Expression, CustomSection, ExportKind, ExportSection,
    FunctionSection, GlobalSection, GlobalType, MemorySection, Module, TableSection, TypeSection,
    ValType,
};
use wasmparser::{
    ConstExpr, DataKind, ElementItems, ExternalKind, Import, Operator, OperatorsReader, Parser,
    Payload, RefType, SectionLimited, TableInit, TypeRef,
};

use super::barrier::Barrier;
use super::body::Body;
use super::canaries::{Canaries, Stack};
use super::code::Code;
use super::frames::{Frames, Functions};
use super::layout::{UndoLayout, PAGE};
use super::routines::{Bodies, Globals, Kept, Routines};
use super::signatures::Signatures;
use super::tables::{Changed, Tables};
use super::{Undoable, CANARY, CHANGED, COMMIT, LOAD, NOTE, REFERENCES, ROLLBACK, SAVE};
use crate::debug_info::{self, DebugInfo, DebugSections};
use crate::identity::{self, EXTERNAL_DEBUG_INFO};
use crate::{sections, CodeMap, Error};

/// See [`undoable`](super::undoable). The module is well formed.
pub(super) fn rewrite(
    bytes: &[u8],
    stack_pointer: Option<u32>,
    mebibytes: u32,
) -> Result<Undoable, Error> {
    let mut source = Source::default();
    for payload in Parser::new(0).parse_all(bytes) {
        source.read(payload?)?;
    }
    let shape = source.shape(bytes.len() as u64, mebibytes)?;
    let stack = stack_pointer.and_then(|pointer| source.stack(pointer));
    let frames = match stack {
        Some(stack) => source.frames(stack)?,
        None => None,
    };
    let has_frames = frames.is_some();
    let stack = stack.map(|stack| Stack {
        is_balanced: has_frames && stack.is_balanced,
        ..stack
    });
    let barrier = shape.barrier(&source.signatures, stack_pointer, frames);
    let count = source.defined + shape.added().len() as u32;
    let mut code = Code::new(bytes, source.code.clone(), count);
    let mut hints = BranchHints::new();
    for (index, body) in source.bodies.iter().enumerate() {
        let rewritten = barrier.rewrite(index, body)?;
        code.add(body, &rewritten);
        if !rewritten.hints.is_empty() {
            hints.function_hints(source.imported_functions + index as u32, rewritten.hints);
        }
    }
    let bodies = shape.bodies(stack_pointer.filter(|_| has_frames), stack);
    let (mut code, map) = code.finish();
    for body in bodies.all() {
        code.function(&body);
    }
    let (debug_sections, debug_info) = source.debug_info(&map);
    let mut module = Module::new();
    let mut has_globals = false;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        // A module without globals is given a section of them, where that has its place.
        if !has_globals && comes_after_globals(&payload) {
            module.section(&shape.globals(None)?);
            has_globals = true;
        }
        match payload {
            Payload::TypeSection(section) => module.section(&shape.types(section)?),
            Payload::FunctionSection(section) => module.section(&shape.functions(section)?),
            Payload::TableSection(section) if shape.tables.is_some() => {
                module.section(&tables(section)?)
            }
            Payload::MemorySection(_) => module.section(&shape.memory()),
            Payload::GlobalSection(section) => {
                has_globals = true;
                module.section(&shape.globals(Some(section))?)
            }
            Payload::ExportSection(section) => module.section(&shape.exports(section)?),
            // What says of places in the code something that is for engines alone. Of hints there can be only one section, too.
            Payload::CustomSection(section) if section.name().starts_with("metadata.code.") => {
                continue
            }
            Payload::CodeSectionStart { .. } => module.section(&hints).section(&code),
            Payload::CodeSectionEntry(_) => continue,
            // What it says of the code is not true any more.
            Payload::CustomSection(section) if is_of_debugger(section.name()) => continue,
            other => {
                sections::copy(&mut module, &other, bytes);
                continue;
            }
        };
    }
    for (name, data) in &debug_sections {
        module.section(&CustomSection {
            name: (*name).into(),
            data: data.into(),
        });
    }
    Ok(Undoable {
        module: module.finish(),
        layout: shape.layout,
        code: map,
        debug_info,
    })
}

fn comes_after_globals(payload: &Payload<'_>) -> bool {
    matches!(
        payload,
        Payload::ExportSection(_)
            | Payload::StartSection { .. }
            | Payload::ElementSection(_)
            | Payload::DataCountSection { .. }
            | Payload::CodeSectionStart { .. }
            | Payload::DataSection(_)
    )
}

/// What has to be known of a module before it is rewritten.
#[derive(Default)]
struct Source<'a> {
    signatures: Signatures,
    imported_functions: u32,
    imported_globals: u32,
    /// How many functions the module defines.
    defined: u32,
    globals: u32,
    /// The mutable ones.
    mutable: Vec<Mutable>,
    memory: Option<(wasmparser::MemoryType, u64)>,
    /// Where the lowest data goes; 0 where that isn't known before it is instantiated.
    lowest_data: Option<u32>,
    has_exports: bool,
    /// Functions that can be called from elsewhere than where it is written.
    escaping: BTreeSet<u32>,
    /// Which of the module's own tables hold JavaScript's values.
    tables: Vec<bool>,
    imported_tables: u32,
    changed: Changed,
    /// Where in the module the contents of the code section are.
    code: Range<u64>,
    bodies: Vec<Body<'a>>,
    /// The sections of DWARF.
    debug_sections: BTreeMap<&'a str, &'a [u8]>,
    /// The file that has them in place of the module.
    debug_file: Option<String>,
}

/// A global that can change.
struct Mutable {
    index: u32,
    ty: ValType,
    /// Where it is an `i32` that begins as a constant.
    initial: Option<i32>,
}

impl<'a> Source<'a> {
    fn read(&mut self, payload: Payload<'a>) -> Result<(), Error> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    self.signatures.types.extend(group?.into_types());
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports_with_offsets() {
                    let (offset, import) = import?;
                    self.import(import, offset)?;
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.signatures.functions.push(ty?);
                    self.defined += 1;
                }
            }
            Payload::TagSection(section) => {
                for tag in section {
                    self.signatures.tags.push(tag?.func_type_idx);
                }
            }
            Payload::MemorySection(section) => {
                for item in section.into_iter_with_offsets() {
                    let (offset, memory) = item?;
                    if self.memory.is_some()
                        || memory.memory64
                        || memory.shared
                        || memory.page_size_log2.is_some()
                    {
                        return refuse("only one memory can be undone, unshared, of 32 bits and with pages of 64 KiB", offset);
                    }
                    self.memory = Some((memory, offset));
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    self.escaping
                        .extend(references(global.init_expr.get_operators_reader())?);
                    if global.ty.mutable {
                        let index = self.imported_globals + self.globals;
                        let ty = RoundtripReencoder.val_type(global.ty.content_type);
                        self.mutable.push(Mutable {
                            index,
                            ty: ty.map_err(|error| Error::new(error.to_string(), 0))?,
                            initial: constant(&global.init_expr)?,
                        });
                    }
                    self.globals += 1;
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    if let DataKind::Active { offset_expr, .. } = data?.kind {
                        let address = constant(&offset_expr)?.map_or(0, |address| address as u32);
                        self.lowest_data = Some(
                            self.lowest_data
                                .map_or(address, |lowest| lowest.min(address)),
                        );
                    }
                }
            }
            Payload::CodeSectionStart {
                unchecked_range, ..
            } => self.code = unchecked_range,
            Payload::CustomSection(section) if debug_info::is_dwarf(section.name()) => {
                self.debug_sections.insert(section.name(), section.data());
            }
            Payload::CustomSection(section) if section.name() == EXTERNAL_DEBUG_INFO => {
                let url = identity::content(section.data(), section.data_offset());
                self.debug_file = Some(String::from_utf8_lossy(url.unwrap_or_default()).into());
            }
            Payload::CodeSectionEntry(body) => {
                let function = self.imported_functions + self.bodies.len() as u32;
                let parameters = self.signatures.parameters(function) as u32;
                let body = Body::read(&body, parameters)?;
                self.escaping.extend(body.references());
                body.changes(&mut self.changed);
                self.bodies.push(body);
            }
            Payload::StartSection { func, .. } => {
                self.escaping.insert(func);
            }
            Payload::ElementSection(section) => {
                for element in section {
                    match element?.items {
                        ElementItems::Functions(functions) => {
                            for function in functions {
                                self.escaping.insert(function?);
                            }
                        }
                        ElementItems::Expressions(_, expressions) => {
                            for expression in expressions {
                                self.escaping
                                    .extend(references(expression?.get_operators_reader())?);
                            }
                        }
                    }
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    let table = table?;
                    let is_plain = !table.ty.table64 && !table.ty.shared;
                    self.tables
                        .push(is_plain && table.ty.element_type == RefType::EXTERNREF);
                    if let TableInit::Expr(expression) = table.init {
                        self.escaping
                            .extend(references(expression.get_operators_reader())?);
                    }
                }
            }
            Payload::ExportSection(section) => {
                self.has_exports = true;
                for export in section {
                    let export = export?;
                    if matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact) {
                        self.escaping.insert(export.index);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: Import<'_>, offset: u64) -> Result<(), Error> {
        match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                self.signatures.functions.push(ty);
                self.imported_functions += 1;
            }
            TypeRef::Global(global) if global.mutable => {
                return refuse("an imported global that can change can't be undone", offset)
            }
            TypeRef::Global(_) => self.imported_globals += 1,
            TypeRef::Memory(_) => return refuse("an imported memory can't be undone", offset),
            TypeRef::Tag(tag) => self.signatures.tags.push(tag.func_type_idx),
            TypeRef::Table(_) => self.imported_tables += 1,
        }
        Ok(())
    }

    fn shape(&self, size: u64, mebibytes: u32) -> Result<Shape, Error> {
        let Some((memory, offset)) = self.memory else {
            return refuse(
                "a module without a memory has nothing that could be undone",
                size,
            );
        };
        if self.defined == 0 || !self.has_exports {
            return refuse(
                "a module without functions or exports has nothing that could be undone",
                size,
            );
        }
        let layout = UndoLayout::new(memory.initial, memory.maximum, mebibytes, offset)?;
        let first_global = self.imported_globals + self.globals;
        let kept = self.mutable.iter().zip(first_global + Globals::COUNT..);
        let own = |table: u32| table.checked_sub(self.imported_tables);
        let holds_references = |table| own(table).is_some_and(|own| self.tables[own as usize]);
        let table = self.changed.table(holds_references, size)?;
        let first_function = self.imported_functions + self.defined;
        let tables = table.map(|table| Tables {
            table,
            journal: self.imported_tables + self.tables.len() as u32,
            first_global: first_global + Globals::COUNT + self.mutable.len() as u32,
            first_function: first_function + Routines::types().len() as u32,
        });
        Ok(Shape {
            layout,
            maximum: memory
                .maximum
                .map_or(PAGE, |pages| pages.min(PAGE.into()) as u32),
            has_maximum: memory.maximum.is_some(),
            globals: Globals::starting_at(first_global),
            kept: kept
                .map(|(own, kept)| Kept {
                    own: own.index,
                    kept,
                    ty: own.ty,
                })
                .collect(),
            routines: Routines::starting_at(first_function),
            tables,
            changed: first_global
                + Globals::COUNT
                + self.mutable.len() as u32
                + tables.map_or(0, |_| Tables::INITIAL.len() as u32),
            first_type: self.signatures.types.len() as u32,
        })
    }

    /// The debug information of the new code.
    fn debug_info(&self, code: &CodeMap) -> (DebugSections, DebugInfo) {
        if let Some(url) = &self.debug_file {
            let why = format!("it is in a file of its own, `{url}`, that is not beside it");
            return (Vec::new(), DebugInfo::LeftOut(why));
        }
        if self.debug_sections.is_empty() {
            return (Vec::new(), DebugInfo::None);
        }
        match debug_info::rewrite(&self.debug_sections, code) {
            Ok(sections) => (sections, DebugInfo::Rewritten),
            Err(why) => (Vec::new(), DebugInfo::LeftOut(why)),
        }
    }

    /// The shadow stack, where it is certain that it lies below all data.
    fn stack(&self, pointer: u32) -> Option<Stack> {
        let mut globals = self.mutable.iter();
        let global = globals.find(|global| global.index == pointer)?;
        let rest = global.initial?;
        // As the linker places it: the stack comes first, and is aligned.
        let is_first = self.lowest_data.is_none_or(|lowest| lowest >= rest as u32);
        (is_first && rest >= PAGE as i32 / 16 && rest % 16 == 0).then(|| Stack {
            pointer,
            rest: rest as u32,
            is_balanced: !self
                .bodies
                .iter()
                .any(|body| body.moves_stack_pointer(pointer)),
        })
    }

    /// What is dead in the functions' frames, as far as that is known.
    fn frames(&self, stack: Stack) -> Result<Option<Frames>, Error> {
        let functions = Functions {
            bodies: &self.bodies,
            signatures: &self.signatures,
            imported: self.imported_functions,
            escaping: &self.escaping,
        };
        Frames::read(&functions, stack)
    }
}

/// The functions that are referred to.
fn references(operators: OperatorsReader<'_>) -> Result<Vec<u32>, Error> {
    let mut found = Vec::new();
    for operator in operators {
        if let Operator::RefFunc { function_index } = operator? {
            found.push(function_index);
        }
    }
    Ok(found)
}

/// What an expression gives, where that is an `i32` that is written there.
fn constant(expression: &ConstExpr<'_>) -> Result<Option<i32>, Error> {
    Ok(match expression.get_operators_reader().read()? {
        Operator::I32Const { value }
            if expression.get_operators_reader().into_iter().count() == 2 =>
        {
            Some(value)
        }
        _ => None,
    })
}

/// What a module is rewritten by.
struct Shape {
    layout: UndoLayout,
    maximum: u32,
    has_maximum: bool,
    globals: Globals,
    kept: Vec<Kept>,
    routines: Routines,
    tables: Option<Tables>,
    /// The global that holds the address of what says whether there is something to commit. Behind it are only those that say where the log's canaries are.
    changed: u32,
    first_type: u32,
}

impl Shape {
    fn barrier<'a>(
        &'a self,
        signatures: &'a Signatures,
        stack_pointer: Option<u32>,
        frames: Option<Frames>,
    ) -> Barrier<'a> {
        Barrier {
            layout: &self.layout,
            globals: self.globals,
            routines: self.routines,
            signatures,
            stack_pointer,
            frames,
            tables: self.tables,
        }
    }

    fn bodies(&self, stack_pointer: Option<u32>, stack: Option<Stack>) -> Bodies<'_> {
        Bodies {
            layout: &self.layout,
            globals: self.globals,
            routines: self.routines,
            kept: &self.kept,
            maximum: self.maximum,
            stack_pointer,
            tables: self.tables,
            canaries: Canaries::new(&self.layout, stack),
            stack_rest: stack
                .filter(|_| stack_pointer.is_some())
                .map_or(0, |stack| stack.rest),
        }
    }

    /// What the functions take and give that are added.
    fn added(&self) -> Vec<(&'static [ValType], &'static [ValType])> {
        let mut added = Routines::types().to_vec();
        if self.tables.is_some() {
            added.extend(Tables::types());
        }
        added
    }

    fn types(&self, section: wasmparser::TypeSectionReader<'_>) -> Result<TypeSection, Error> {
        let mut types = TypeSection::new();
        let offset = section.range().start;
        let same = RoundtripReencoder.parse_type_section(&mut types, section);
        same.map_err(|error| Error::new(error.to_string(), offset))?;
        for (params, results) in self.added() {
            types
                .ty()
                .function(params.iter().copied(), results.iter().copied());
        }
        Ok(types)
    }

    fn functions(&self, section: SectionLimited<'_, u32>) -> Result<FunctionSection, Error> {
        let mut functions = FunctionSection::new();
        for ty in section {
            functions.function(ty?);
        }
        for nth in 0..self.added().len() as u32 {
            functions.function(self.first_type + nth);
        }
        Ok(functions)
    }

    fn memory(&self) -> MemorySection {
        let mut memories = MemorySection::new();
        memories.memory(wasm_encoder::MemoryType {
            minimum: u64::from(self.layout.initial + self.layout.pages),
            // What the program may have, it is told by its own `memory.grow`.
            maximum: self.has_maximum.then_some(self.layout.most.into()),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        memories
    }

    fn globals(
        &self,
        section: Option<wasmparser::GlobalSectionReader<'_>>,
    ) -> Result<GlobalSection, Error> {
        let mut globals = GlobalSection::new();
        let mut kept = Vec::new();
        for item in section
            .into_iter()
            .flat_map(SectionLimited::into_iter_with_offsets)
        {
            let (offset, global) = item?;
            let failed =
                |error: wasm_encoder::reencode::Error| Error::new(error.to_string(), offset);
            let ty = RoundtripReencoder.global_type(global.ty).map_err(failed)?;
            let init = RoundtripReencoder
                .const_expr(global.init_expr)
                .map_err(failed)?;
            globals.global(ty, &init);
            if global.ty.mutable {
                kept.push((ty, init));
            }
        }
        let number = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        for value in Globals::initial(&self.layout) {
            globals.global(number, &Expression::i32_const(value));
        }
        for (ty, init) in kept {
            globals.global(ty, &init);
        }
        if self.tables.is_some() {
            for value in Tables::INITIAL {
                globals.global(number, &Expression::i32_const(value));
            }
        }
        let constant = GlobalType {
            mutable: false,
            ..number
        };
        globals.global(
            constant,
            &Expression::i32_const(self.layout.changed() as i32),
        );
        let range = GlobalType {
            val_type: ValType::I64,
            ..constant
        };
        for (address, length) in Canaries::of_log(&self.layout) {
            let both = i64::from(length) << 32 | i64::from(address);
            globals.global(range, &Expression::i64_const(both));
        }
        Ok(globals)
    }

    fn exports(
        &self,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<ExportSection, Error> {
        let mut exports = ExportSection::new();
        let offset = section.range().start;
        let same = RoundtripReencoder.parse_export_section(&mut exports, section);
        same.map_err(|error| Error::new(error.to_string(), offset))?;
        exports.export(NOTE, ExportKind::Func, self.routines.note());
        exports.export(COMMIT, ExportKind::Func, self.routines.commit());
        exports.export(ROLLBACK, ExportKind::Func, self.routines.roll_back());
        exports.export(CHANGED, ExportKind::Global, self.changed);
        for nth in 0..Canaries::of_log(&self.layout).len() as u32 {
            let name = format!("{CANARY}{nth}");
            exports.export(&name, ExportKind::Global, self.changed + 1 + nth);
        }
        exports.export(SAVE, ExportKind::Func, self.routines.save());
        exports.export(LOAD, ExportKind::Func, self.routines.load());
        if let Some(tables) = self.tables {
            exports.export(REFERENCES, ExportKind::Table, tables.table);
        }
        Ok(exports)
    }
}

/// The module's tables, and the journal of the one that changes.
fn tables(section: wasmparser::TableSectionReader<'_>) -> Result<TableSection, Error> {
    let mut tables = TableSection::new();
    let offset = section.range().start;
    let same = RoundtripReencoder.parse_table_section(&mut tables, section);
    same.map_err(|error| Error::new(error.to_string(), offset))?;
    Tables::add_journal(&mut tables);
    Ok(tables)
}

/// Whether a custom section says where in the old code something is, or which file does.
fn is_of_debugger(name: &str) -> bool {
    debug_info::is_dwarf(name) || matches!(name, "sourceMappingURL" | EXTERNAL_DEBUG_INFO)
}

fn refuse<T>(why: &str, offset: u64) -> Result<T, Error> {
    Err(Error::new(why, offset))
}
