//! Makes a module ready to have its state copied, by a host that has nothing but its exports.
//!
//! Why: what a turn has done can be undone without an undo log, and so without a change to the code, where the host has a copy of the whole state from
//! before it: the memory, the globals that can change, and the table of JavaScript's values.
//!
//! Semantics: nothing that runs changes. The globals and the table are exported, also where the module does so by another name; every other section is
//! copied byte for byte.

use wasm_encoder::ExportKind;
use wasmparser::{Parser, Payload, RefType};

use crate::undo_log::{Changed, REFERENCES};
use crate::{inspect, sections, Error, ExternType};

/// Exports, each followed by a number: the globals that can change.
pub const GLOBAL: &str = "__wasm_revive_state_";

/// What the host finds the memory by.
const MEMORY: &str = "memory";

/// Exports the globals that can change as [`GLOBAL`] and a number, from 0 on, and the table of JavaScript's values as [`REFERENCES`](crate::REFERENCES), where it
/// changes. `None`: there is nothing to add, use the module as it is.
///
/// # Errors
///
/// As [`inspect`], and for what can't be copied from outside: a memory that is imported, shared, 64-bit, not the only one or not exported as `memory`;
/// globals that are imported or hold what JavaScript can't read; other tables that change.
///
/// ```
/// let module = wat::parse_str(
///     r#"(module
///         (memory (export "memory") 1)
///         (table 8 externref)
///         (func (export "forget") (table.set (i32.const 1) (ref.null extern))))"#,
/// )
/// .unwrap();
///
/// let changed = wasm_revive_transform::copyable(&module).unwrap().unwrap();
/// let info = wasm_revive_transform::inspect(&changed).unwrap();
/// assert_eq!(info.exports.last().unwrap().name, "__wasm_revive_references");
/// ```
pub fn copyable(bytes: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let info = inspect(bytes)?;
    let refuse = |what: &str| Err(Error::new(what.to_string(), 0));
    match &info.memories[..] {
        [memory] if !memory.imported && !memory.shared && !memory.memory64 => {}
        _ => {
            return refuse(
                "only one memory can be copied, the module's own, unshared and of 32 bits",
            )
        }
    }
    let is_exported = info
        .exports
        .iter()
        .any(|export| export.name == MEMORY && matches!(export.ty, ExternType::Memory(_)));
    if !is_exported {
        return refuse("the memory isn't exported as `memory`");
    }
    for global in &info.mutable_globals {
        if global.imported {
            return refuse("an imported global that can change can't be copied");
        }
        if !matches!(&*global.ty, "i32" | "i64" | "f32" | "f64") {
            return refuse("a global that can change holds what can't be copied");
        }
    }
    let globals = info.mutable_globals.iter().enumerate();
    let mut added: Vec<_> = globals
        .map(|(nth, global)| (format!("{GLOBAL}{nth}"), ExportKind::Global, global.index))
        .collect();
    if let Some(table) = changed_table(bytes)? {
        added.push((REFERENCES.into(), ExportKind::Table, table));
    }
    sections::with_exports(bytes, &added)
}

/// The table that changes, if one does.
pub(crate) fn changed_table(bytes: &[u8]) -> Result<Option<u32>, Error> {
    let mut changed = Changed::default();
    let mut imported = 0;
    let mut holds_references = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports_with_offsets() {
                    let (_, import) = import?;
                    imported += usize::from(matches!(import.ty, wasmparser::TypeRef::Table(_)));
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    let ty = table?.ty;
                    let is_plain = !ty.table64 && !ty.shared;
                    holds_references.push(is_plain && ty.element_type == RefType::EXTERNREF);
                }
            }
            Payload::CodeSectionEntry(body) => {
                let mut operators = body.get_operators_reader()?;
                while !operators.eof() {
                    let (operator, offset) = operators.read_with_offset()?;
                    changed.read(&operator, offset);
                }
            }
            _ => {}
        }
    }
    let is_of_references = |table: u32| {
        let own = (table as usize).checked_sub(imported);
        own.is_some_and(|own| holds_references.get(own) == Some(&true))
    };
    changed.table(is_of_references, bytes.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(module: &str) -> String {
        let error = copyable(&wat::parse_str(module).unwrap()).unwrap_err();
        error.message().to_string()
    }

    #[test]
    fn every_section_but_that_of_exports_is_the_same_to_the_byte() {
        let before = wat::parse_str(
            r#"(module (import "a" "t" (table 1 funcref)) (import "a" "f" (func)) (memory (export "memory") 1) (table 4 externref)
                (global (mut i64) (i64.const 9)) (func (export "f") (param externref) (table.set 1 (i32.const 1) (local.get 0)))
                (data (i32.const 0) "abc"))"#,
        )
        .unwrap();
        let after = copyable(&before).unwrap().unwrap();
        assert_eq!(sections::without(7, &before), sections::without(7, &after));
        let exports = inspect(&after).unwrap().exports;
        let exported: Vec<_> = exports.iter().map(|one| (&*one.name, one.index)).collect();
        assert_eq!(
            exported[2..],
            [("__wasm_revive_state_0", 0), (REFERENCES, 1)]
        );
    }

    #[test]
    fn a_module_of_which_only_the_memory_changes_stays_as_it_is() {
        let module = wat::parse_str(r#"(module (memory (export "memory") 1) (table 4 externref))"#);
        assert_eq!(copyable(&module.unwrap()).unwrap(), None);
    }

    #[test]
    fn what_a_host_could_not_copy_is_refused() {
        let memory = r#"(memory (export "memory") 1)"#;
        assert!(refusal("(module (memory 1))").contains("exported"));
        assert!(refusal("(module)").contains("only one memory"));
        assert!(
            refusal(r#"(module (import "a" "m" (memory 1)) (export "memory" (memory 0)))"#)
                .contains("the module's own")
        );
        let global = format!(r#"(module {memory} (global (mut externref) (ref.null extern)))"#);
        assert!(refusal(&global).contains("global"));
        let vector = format!(r#"(module {memory} (global (mut v128) (v128.const i64x2 0 0)))"#);
        assert!(refusal(&vector).contains("global"));
        let imported = format!(r#"(module (import "a" "g" (global (mut i32))) {memory})"#);
        assert!(refusal(&imported).contains("imported global"));
        let functions = format!(
            r#"(module {memory} (table 1 funcref) (func (table.set 0 (i32.const 0) (ref.null func))))"#
        );
        assert!(refusal(&functions).contains("only one table"));
    }
}
