//! Exports the global that holds the shadow stack's pointer.
//!
//! Why: a JavaScript exception that passes through Rust frames runs none of their epilogues, each of which would put the
//! pointer back. Where the instance stays in use, whoever caught the exception has to, or the stack runs out after enough
//! of them. It can only be reached from outside when it is exported.
//!
//! Semantics: nothing that runs changes. One entry is added to the export section; every other section is copied byte for
//! byte. A module without an export section, without a pointer that can be told, or with the name taken, stays as it is.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ExportKind, ExportSection, Module, RawSection};
use wasmparser::{Parser, Payload};

use crate::{inspect, Error};

/// Adds the export `name`. `None`: there is nothing to add, use the module as it is.
///
/// # Errors
///
/// As [`inspect`].
///
/// ```
/// let module = wat::parse_str(
///     r#"(module
///         (global $__stack_pointer (mut i32) (i32.const 1048576))
///         (func (export "run")))"#,
/// )
/// .unwrap();
///
/// let changed = wasm_revive_transform::export_stack_pointer(&module, "sp").unwrap().unwrap();
/// let info = wasm_revive_transform::inspect(&changed).unwrap();
/// assert_eq!(info.mutable_globals[0].exported_as.as_deref(), Some("sp"));
/// ```
pub fn export_stack_pointer(bytes: &[u8], name: &str) -> Result<Option<Vec<u8>>, Error> {
    let info = inspect(bytes)?;
    let taken = info.exports.iter().any(|export| export.name == name);
    let Some(pointer) = info.stack_pointer.filter(|_| !taken) else {
        return Ok(None);
    };
    let mut module = Module::new();
    let mut added = false;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        if let Payload::ExportSection(section) = &payload {
            let mut exports = ExportSection::new();
            let unchanged = RoundtripReencoder.parse_export_section(&mut exports, section.clone());
            unchanged.map_err(|error| Error::new(error.to_string(), section.range().start as u64))?;
            exports.export(name, ExportKind::Global, pointer.global);
            module.section(&exports);
            added = true;
        } else if let Some((id, range)) = payload.as_section() {
            let data = &bytes[range.start as usize..range.end as usize];
            module.section(&RawSection { id, data });
        }
    }
    Ok(added.then(|| module.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_section_is_the_same_to_the_byte() {
        let before = wat::parse_str(
            r#"(module (import "a" "b" (func)) (table 1 funcref) (memory (export "memory") 1)
                (global $__stack_pointer (mut i32) (i32.const 9)) (func (export "f") (result i32) (local i64) global.get 0)
                (elem (i32.const 0) 1) (data (i32.const 0) "abc"))"#,
        )
        .unwrap();
        let after = export_stack_pointer(&before, "sp").unwrap().unwrap();
        let sections = |bytes: &[u8]| -> Vec<(u8, Vec<u8>)> {
            Parser::new(0)
                .parse_all(bytes)
                .filter_map(|payload| payload.unwrap().as_section())
                .filter(|(id, _)| *id != 7)
                .map(|(id, range)| (id, bytes[range.start as usize..range.end as usize].to_vec()))
                .collect()
        };
        assert_eq!(sections(&before), sections(&after));
        let names = |bytes: &[u8]| -> Vec<String> {
            let exports = inspect(bytes).unwrap().exports;
            exports.into_iter().map(|export| export.name).collect()
        };
        assert_eq!(names(&before), ["memory", "f"]);
        assert_eq!(names(&after), ["memory", "f", "sp"]);
    }

    #[test]
    fn there_may_be_nothing_to_add() {
        let without = wat::parse_str(r#"(module (func (export "f")))"#).unwrap();
        assert_eq!(export_stack_pointer(&without, "sp").unwrap(), None);
        let taken = wat::parse_str(
            r#"(module (global $__stack_pointer (mut i32) (i32.const 9)) (func (export "sp")))"#,
        )
        .unwrap();
        assert_eq!(export_stack_pointer(&taken, "sp").unwrap(), None);
    }
}
