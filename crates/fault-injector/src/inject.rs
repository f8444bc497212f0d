//! The module, copied with what is added. All of it comes last in its index space, so that no index changes.

use wasm_encoder::reencode::{utils, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, FunctionSection, GlobalSection, GlobalType,
    TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, ExportSectionReader, FunctionBody,
    FunctionSectionReader, GlobalSectionReader, Operator, Parser, TypeSectionReader,
};

use crate::barriers::Omissible;
use crate::module::Module;
use crate::places::{count_down, place, Place};
use crate::{
    AFTER, BARRIERS, CALLS, FLOOR, IMPORTS, KINDS, LOGGED, NEXT, OMISSIONS, OMITTED, OMITTED_AT,
    STORES, THROWS,
};

/// Why a module can't be changed.
pub type Error = wasm_encoder::reencode::Error<&'static str>;

/// The globals that are added, in their order.
const GLOBALS: [&str; 13] = [
    STORES, CALLS, IMPORTS, THROWS, OMITTED, OMISSIONS, OMITTED_AT, LOGGED, FLOOR, AFTER, NEXT,
    BARRIERS, KINDS,
];

/// No barrier and no kind has this number.
const NONE: i32 = i32::MIN;

/// Makes the module `bytes` fail wherever a test wants. It was given an undo log, and was `plain` before.
///
/// # Errors
///
/// Where one of them can't be read, or the module has no undo log.
///
/// ```
/// let plain = wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "write") (i32.store (i32.const 8) (i32.const 7))))"#).unwrap();
/// let (undoable, _) = wasm_revive_transform::undo_log(&plain).unwrap();
/// let failing = wasm_revive_fault_injector::inject(&plain, &undoable).unwrap();
/// assert!(failing.len() > undoable.len());
/// ```
pub fn inject(plain: &[u8], bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let module = Module::read(plain, bytes)?;
    let first_body = module.imported_functions;
    let mut injector = Injector {
        module,
        function: first_body,
        barriers: count_barriers(plain, bytes)?,
        next_barrier: 0,
    };
    let mut changed = wasm_encoder::Module::new();
    injector.parse_core_module(&mut changed, Parser::new(0), bytes)?;
    Ok(changed.finish())
}

/// The globals come before the code, and one of them says how many barriers are in it.
fn count_barriers(plain: &[u8], bytes: &[u8]) -> Result<i32, Error> {
    let module = Module::read(plain, bytes)?;
    let mut count = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        if let wasmparser::Payload::CodeSectionEntry(body) = payload? {
            for operator in body.get_operators_reader()? {
                if let Operator::Call { function_index } = operator? {
                    count += i32::from(module.kinds.contains(&function_index));
                }
            }
        }
    }
    Ok(count)
}

struct Injector {
    module: Module,
    /// Whose body comes next.
    function: u32,
    barriers: i32,
    next_barrier: i32,
}

impl Injector {
    fn global(&self, name: &str) -> u32 {
        let nth = GLOBALS.iter().position(|have| *have == name);
        self.module.globals + nth.expect("every name is among them") as u32
    }

    fn parameters(&self, kind: u32) -> u32 {
        self.module
            .signature(kind)
            .map_or(0, |ty| ty.params().len() as u32)
    }

    /// The kind of a barrier, by the function that it calls.
    fn kind(&self, function: u32) -> Option<u32> {
        let kind = self.module.kinds.iter().position(|kind| *kind == function);
        kind.map(|kind| kind as u32)
    }
}

impl Reencode for Injector {
    type Error = &'static str;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_type_section(self, types, section)?;
        for kind in &self.module.kinds {
            let count = self.parameters(*kind) as usize + 1;
            types.ty().function(vec![ValType::I32; count], []);
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_function_section(self, functions, section)?;
        for nth in 0..self.module.kinds.len() as u32 {
            functions.function(self.module.types() + nth);
        }
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_global_section(self, globals, section)?;
        for name in GLOBALS {
            let (mutable, initial) = match name {
                BARRIERS => (false, self.barriers),
                KINDS => (false, self.module.kinds.len() as i32),
                OMITTED => (true, NONE),
                _ => (true, 0),
            };
            let ty = GlobalType {
                val_type: ValType::I32,
                mutable,
                shared: false,
            };
            globals.global(ty, &ConstExpr::i32_const(initial));
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_export_section(self, exports, section)?;
        for name in GLOBALS {
            exports.export(name, ExportKind::Global, self.global(name));
        }
        Ok(())
    }

    /// None of them is kept: what they say of places in the code is not true any more.
    fn parse_custom_section(
        &mut self,
        _: &mut wasm_encoder::Module,
        _: CustomSectionReader<'_>,
    ) -> Result<(), Error> {
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_code_section(self, code, section)?;
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let is_programs = self.function < self.module.log;
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            if let Some(place) = place(&self.module, &operator).filter(|_| is_programs) {
                let counter = match place {
                    Place::Store => STORES,
                    Place::Call => CALLS,
                    Place::Import => IMPORTS,
                };
                let throwing = self.module.tag.map(|tag| (self.global(THROWS), tag));
                let throwing = throwing.filter(|_| place != Place::Store);
                count_down(&mut function.instructions(), self.global(counter), throwing);
            }
            let kind = match operator {
                Operator::Call { function_index } => self.kind(function_index),
                _ => None,
            };
            if let Some(kind) = kind {
                function
                    .instructions()
                    .i32_const(self.next_barrier)
                    .call(self.module.functions() + kind);
                self.next_barrier += 1;
            } else {
                function.instruction(&self.instruction(operator)?);
            }
        }
        code.function(&function);
        self.function += 1;
        if self.function == self.module.functions() {
            for (kind, function) in self.module.kinds.iter().enumerate() {
                let omissible = Omissible {
                    function: *function,
                    parameters: self.parameters(*function),
                    kind: kind as i32,
                    floor: (!self.module.of_tables.contains(function)).then(|| self.global(FLOOR)),
                    omitted: self.global(OMITTED),
                    omissions: self.global(OMISSIONS),
                    omitted_at: self.global(OMITTED_AT),
                    calls_another: self.module.calling_others.contains(function),
                    logged: self.global(LOGGED),
                    after: self.global(AFTER),
                    next: self.global(NEXT),
                };
                code.function(&omissible.body());
            }
        }
        Ok(())
    }
}
