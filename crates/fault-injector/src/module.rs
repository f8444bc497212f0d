//! What has to be known of the module before it is changed.

use std::collections::BTreeSet;

use wasmparser::{
    CompositeInnerType, ExternalKind, FuncType, Operator, Parser, Payload, SubType, TypeRef,
    ValType,
};

use crate::inject::Error;

/// Index spaces, and what of them is the log's.
#[derive(Default)]
pub(crate) struct Module {
    pub(crate) imported_functions: u32,
    pub(crate) globals: u32,
    /// The first imported tag of one `externref`.
    pub(crate) tag: Option<u32>,
    types: Vec<SubType>,
    /// Indices of types, of imported functions first.
    functions: Vec<u32>,
    /// The first of the log's functions. All behind it are the log's, too.
    pub(crate) log: u32,
    /// Functions of the log that a barrier calls.
    pub(crate) kinds: Vec<u32>,
    /// Those of them that log places of a table.
    pub(crate) of_tables: BTreeSet<u32>,
    /// Those of them that log by calling another one.
    pub(crate) calling_others: BTreeSet<u32>,
}

impl Module {
    /// Reads a module, and the one that it was before it was given a log.
    pub(crate) fn read(plain: &[u8], bytes: &[u8]) -> Result<Self, Error> {
        let before = Module::sections(plain)?;
        let mut module = Module::sections(bytes)?;
        module.log = before.functions();
        if module.functions() == before.functions() || !exports_rollback(bytes)? {
            return Err(Error::UserError("the module has no undo log"));
        }
        module.kinds = module.called(bytes)?.into_iter().collect();
        module.of_tables = module.that_do(bytes, |operator| {
            matches!(operator, Operator::TableGet { .. })
        })?;
        module.calling_others = module.that_do(bytes, |operator| {
            matches!(operator, Operator::Call { function_index } if module.kinds.contains(function_index))
        })?;
        Ok(module)
    }

    fn sections(bytes: &[u8]) -> Result<Self, Error> {
        let mut module = Module::default();
        let mut tags = 0;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        module.types.extend(group?.into_types());
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                                module.functions.push(ty);
                                module.imported_functions += 1;
                            }
                            TypeRef::Global(_) => module.globals += 1,
                            TypeRef::Tag(tag) => {
                                if module.takes_reference(tag.func_type_idx) {
                                    module.tag.get_or_insert(tags);
                                }
                                tags += 1;
                            }
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        module.functions.push(ty?);
                    }
                }
                Payload::GlobalSection(section) => module.globals += section.count(),
                _ => {}
            }
        }
        Ok(module)
    }

    /// How many functions there are.
    pub(crate) fn functions(&self) -> u32 {
        self.functions.len() as u32
    }

    /// How many types there are.
    pub(crate) fn types(&self) -> u32 {
        self.types.len() as u32
    }

    pub(crate) fn signature(&self, function: u32) -> Option<&FuncType> {
        self.function_type(*self.functions.get(function as usize)?)
    }

    fn takes_reference(&self, ty: u32) -> bool {
        let ty = self.function_type(ty);
        ty.is_some_and(|ty| ty.params() == [ValType::EXTERNREF])
    }

    fn function_type(&self, ty: u32) -> Option<&FuncType> {
        match &self.types.get(ty as usize)?.composite_type.inner {
            CompositeInnerType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// The functions of the log that are called, and take numbers and give nothing.
    fn called(&self, bytes: &[u8]) -> Result<BTreeSet<u32>, Error> {
        let mut called = BTreeSet::new();
        for payload in Parser::new(0).parse_all(bytes) {
            let Payload::CodeSectionEntry(body) = payload? else {
                continue;
            };
            for operator in body.get_operators_reader()? {
                if let Operator::Call { function_index } = operator? {
                    if function_index >= self.log && self.is_barrier(function_index) {
                        called.insert(function_index);
                    }
                }
            }
        }
        Ok(called)
    }

    /// The functions of the log that have such an instruction.
    fn that_do(
        &self,
        bytes: &[u8],
        has: impl Fn(&Operator<'_>) -> bool,
    ) -> Result<BTreeSet<u32>, Error> {
        let mut found = BTreeSet::new();
        let mut function = self.imported_functions;
        for payload in Parser::new(0).parse_all(bytes) {
            let Payload::CodeSectionEntry(body) = payload? else {
                continue;
            };
            if function >= self.log {
                for operator in body.get_operators_reader()? {
                    if has(&operator?) {
                        found.insert(function);
                    }
                }
            }
            function += 1;
        }
        Ok(found)
    }

    fn is_barrier(&self, function: u32) -> bool {
        self.signature(function).is_some_and(|ty| {
            let takes_numbers = ty.params().iter().all(|ty| *ty == ValType::I32);
            takes_numbers && !ty.params().is_empty() && ty.results().is_empty()
        })
    }
}

fn exports_rollback(bytes: &[u8]) -> Result<bool, Error> {
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::ExportSection(section) = payload? {
            for export in section {
                let export = export?;
                if export.name == "__wasm_revive_rollback" && export.kind == ExternalKind::Func {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}
