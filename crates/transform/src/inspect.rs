//! One pass over the binary.

use wasmparser::{Encoding, ExternalKind, FunctionBody, Parser, Payload, TableInit, TypeRef};

use crate::constants::{read_constant, read_element};
use crate::custom::{self, Names, RECORDS_SECTION, UNWINDING_SECTION};
use crate::formatters::Formatters;
use crate::panic_count::PanicCount;
use crate::stack_pointer::stack_pointer;
use crate::types::{self, Types};
use crate::{
    CodeSection, CrateRecord, CustomSection, Error, Exceptions, Export, ExternType, GlobalType,
    Import, Memory, ModuleInfo, MutableGlobal, Producer, Signature, Table, Tag,
};

/// Reads a whole module.
///
/// # Errors
///
/// When the bytes are not a well-formed core module: cut short, not Wasm, a component, an index out of range, more or
/// fewer function bodies than declarations, both encodings of exception handling in one module, or a malformed
/// `wasm_revive` section. [`Error::offset`] tells the byte.
pub fn inspect(bytes: &[u8]) -> Result<ModuleInfo, Error> {
    if !b"\0asm".starts_with(&bytes[..bytes.len().min(4)]) {
        return Err(Error::new(
            "not a WebAssembly binary: it doesn't start with `\\0asm`",
            0,
        ));
    }
    let mut reader = Reader::default();
    for payload in Parser::new(0).parse_all(bytes) {
        reader.read(payload?)?;
    }
    Ok(reader.finish(bytes.len()))
}

/// Its id in the binary format (WebAssembly 2.0, §5.5.2).
const CODE_SECTION: u8 = 10;

/// What has been read so far. Exports are resolved at the end of the pass: in the binary they stand behind what they
/// name, but an offset kept with them tells where they were.
#[derive(Default)]
struct Reader {
    types: Types,
    functions: Vec<Signature>,
    tables: Vec<Table>,
    memories: Vec<Memory>,
    globals: Vec<GlobalType>,
    tags: Vec<Tag>,
    imports: Vec<Import>,
    imported_globals: u32,
    exports: Vec<Export>,
    start: Option<u32>,
    exceptions: Exceptions,
    producers: Vec<Producer>,
    code: Option<CodeSection>,
    custom_sections: Vec<CustomSection>,
    unwinding: Vec<String>,
    records: Vec<CrateRecord>,
    names: Names,
    formatters: Formatters,
    panic_count: PanicCount,
}

impl Reader {
    fn read(&mut self, payload: Payload<'_>) -> Result<(), Error> {
        if let Some((CODE_SECTION, range)) = payload.as_section() {
            self.code = Some(CodeSection {
                offset: range.start as usize,
                size: (range.end - range.start) as usize,
            });
        }
        match payload {
            Payload::Version {
                encoding: Encoding::Component,
                range,
                ..
            } => {
                return Err(Error::new(
                    "this is a component, not a core module",
                    range.start,
                ));
            }
            Payload::Version { .. } | Payload::End(_) => {}
            Payload::TypeSection(section) => self.types = Types::read(section)?,
            Payload::ImportSection(section) => {
                for import in section.into_imports_with_offsets() {
                    let (offset, import) = import?;
                    self.import(import, offset)?;
                }
            }
            Payload::FunctionSection(section) => {
                for item in section.into_iter_with_offsets() {
                    let (offset, ty) = item?;
                    self.functions.push(self.types.signature(ty, offset)?);
                }
            }
            Payload::TableSection(section) => {
                for item in section {
                    let item = item?;
                    if let TableInit::Expr(init) = item.init {
                        read_constant(&init)?;
                    }
                    self.tables.push(types::table(item.ty, false));
                }
            }
            Payload::MemorySection(section) => {
                for ty in section {
                    self.memories.push(types::memory(ty?, false));
                }
            }
            Payload::TagSection(section) => {
                for item in section.into_iter_with_offsets() {
                    let (offset, ty) = item?;
                    self.tags.push(self.types.tag(ty, false, offset)?);
                }
            }
            Payload::GlobalSection(section) => {
                for item in section {
                    let item = item?;
                    read_constant(&item.init_expr)?;
                    self.globals.push(types::global(item.ty));
                }
            }
            Payload::ExportSection(section) => {
                for item in section.into_iter_with_offsets() {
                    let (offset, item) = item?;
                    let ty = self.exported(item.kind, item.index, offset)?;
                    self.exports.push(Export {
                        name: item.name.to_owned(),
                        index: item.index,
                        ty,
                    });
                }
            }
            Payload::StartSection { func, range } => {
                self.exported(ExternalKind::Func, func, range.start)?;
                self.start = Some(func);
            }
            Payload::ElementSection(section) => {
                for item in section {
                    let element = item?;
                    self.formatters.note(&element);
                    read_element(element)?;
                }
            }
            Payload::DataSection(section) => {
                for item in section {
                    item?;
                }
            }
            // The parser itself compares the number of bodies with that of declarations.
            Payload::DataCountSection { .. } | Payload::CodeSectionStart { .. } => {}
            Payload::CodeSectionEntry(body) => self.body(&body)?,
            Payload::CustomSection(section) => {
                match section.name() {
                    "name" => self.names = custom::names(section.data_reader()),
                    "producers" => {
                        self.producers
                            .extend(custom::producers(section.data_reader()));
                    }
                    RECORDS_SECTION => self.records.extend(custom::crate_records(
                        section.data(),
                        section.data_offset(),
                    )?),
                    UNWINDING_SECTION => {
                        self.unwinding
                            .extend(custom::unwinding_imports(section.data()));
                    }
                    _ => {}
                }
                self.custom_sections.push(CustomSection {
                    name: section.name().to_owned(),
                    size: section.data().len(),
                });
            }
            Payload::UnknownSection { id, range, .. } => {
                return Err(Error::new(format!("unknown section {id}"), range.start));
            }
            // Note: `Payload` is non-exhaustive; what is left of it belongs to components, refused above.
            _ => {}
        }
        Ok(())
    }

    /// Reads one function body to its end.
    fn body(&mut self, body: &FunctionBody<'_>) -> Result<(), Error> {
        for local in body.get_locals_reader()? {
            local?;
        }
        let mut reading = self.panic_count.begin();
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let offset = operators.original_position();
            let operator = operators.read()?;
            self.exceptions.note(&operator, offset)?;
            reading.note(&operator);
        }
        operators.finish()?;
        self.panic_count.end(reading);
        Ok(())
    }

    fn import(&mut self, import: wasmparser::Import<'_>, offset: u64) -> Result<(), Error> {
        let (index, ty) = match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                let signature = self.types.signature(ty, offset)?;
                self.functions.push(signature.clone());
                (self.functions.len(), ExternType::Function(signature))
            }
            TypeRef::Table(ty) => {
                let table = types::table(ty, true);
                self.tables.push(table.clone());
                (self.tables.len(), ExternType::Table(table))
            }
            TypeRef::Memory(ty) => {
                let memory = types::memory(ty, true);
                self.memories.push(memory.clone());
                (self.memories.len(), ExternType::Memory(memory))
            }
            TypeRef::Global(ty) => {
                let global = types::global(ty);
                self.globals.push(global.clone());
                self.imported_globals += 1;
                (self.globals.len(), ExternType::Global(global))
            }
            TypeRef::Tag(ty) => {
                let tag = self.types.tag(ty, true, offset)?;
                self.tags.push(tag.clone());
                (self.tags.len(), ExternType::Tag(tag))
            }
        };
        self.imports.push(Import {
            module: import.module.to_owned(),
            name: import.name.to_owned(),
            index: index as u32 - 1,
            ty,
        });
        Ok(())
    }

    /// What stands at `index` of the index space of `kind`.
    fn exported(&self, kind: ExternalKind, index: u32, offset: u64) -> Result<ExternType, Error> {
        let at = index as usize;
        let found = match kind {
            ExternalKind::Func | ExternalKind::FuncExact => {
                self.functions.get(at).cloned().map(ExternType::Function)
            }
            ExternalKind::Table => self.tables.get(at).cloned().map(ExternType::Table),
            ExternalKind::Memory => self.memories.get(at).cloned().map(ExternType::Memory),
            ExternalKind::Global => self.globals.get(at).cloned().map(ExternType::Global),
            ExternalKind::Tag => self.tags.get(at).cloned().map(ExternType::Tag),
        };
        let name = match kind {
            ExternalKind::Func | ExternalKind::FuncExact => "function",
            ExternalKind::Table => "table",
            ExternalKind::Memory => "memory",
            ExternalKind::Global => "global",
            ExternalKind::Tag => "tag",
        };
        found.ok_or_else(|| Error::new(format!("there is no {name} {index}"), offset))
    }

    fn finish(self, size: usize) -> ModuleInfo {
        let mutable_globals = self.mutable_globals();
        let is_function = |import: &&Import| matches!(import.ty, ExternType::Function(_));
        let imported_functions = self.imports.iter().filter(is_function).count() as u32;
        let wasm_bindgen = self
            .producers
            .iter()
            .find(|producer| producer.field == "processed-by" && producer.name == "wasm-bindgen")
            .map(|producer| producer.version.clone());
        ModuleInfo {
            size,
            functions: self.functions.len(),
            imports: self.imports,
            exports: self.exports,
            memories: self.memories,
            tables: self.tables,
            stack_pointer: stack_pointer(&mutable_globals),
            formatters: self.formatters.named(&self.names.functions),
            panic_count: self
                .panic_count
                .found(imported_functions, &self.names.functions),
            mutable_globals,
            tags: self.tags,
            start: self.start,
            exceptions: self.exceptions,
            producers: self.producers,
            wasm_bindgen,
            code: self.code,
            custom_sections: self.custom_sections,
            unwinding_imports: self.unwinding,
            wasm_revive: self.records,
        }
    }

    fn mutable_globals(&self) -> Vec<MutableGlobal> {
        let exported_as = |index| {
            let export = self.exports.iter().find(|export| {
                matches!(export.ty, ExternType::Global(_)) && export.index == index
            })?;
            Some(export.name.clone())
        };
        let imported_as = |index| {
            let import = self.imports.iter().find(|import| {
                matches!(import.ty, ExternType::Global(_)) && import.index == index
            })?;
            Some(import.name.clone())
        };
        (0..)
            .zip(&self.globals)
            .filter(|(_, global)| global.mutable)
            .map(|(index, global)| MutableGlobal {
                index,
                ty: global.ty.clone(),
                name: self
                    .names
                    .globals
                    .get(&index)
                    .cloned()
                    .or_else(|| imported_as(index)),
                exported_as: exported_as(index),
                imported: index < self.imported_globals,
            })
            .collect()
    }
}
