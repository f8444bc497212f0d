//! Exports the globals that can change.
//!
//! Why: together with memory and tables they are an instance's state. In what wasm-bindgen makes they are stack pointers
//! (the shadow stack's, and that of borrowed `externref`s), and a JavaScript exception that passes through Rust frames runs
//! none of the epilogues that put them back. Where the instance stays in use, whoever caught the exception has to, or the
//! stacks run out after enough of them. That can be done from outside only when the globals are exported.
//!
//! Semantics: nothing that runs changes. Entries are added to the export section; every other section is copied byte for
//! byte. A module without an export section, or without such globals, stays as it is.

use wasm_encoder::ExportKind;

use crate::{inspect, sections, Error};

/// Exports each mutable global that the module defines and doesn't export, as `prefix` followed by its index. `None`: there
/// is nothing to add, use the module as it is.
///
/// # Errors
///
/// As [`inspect`].
///
/// ```
/// let module = wat::parse_str(
///     r#"(module
///         (global (mut i32) (i32.const 1048576))
///         (func (export "run")))"#,
/// )
/// .unwrap();
///
/// let changed = wasm_revive_transform::export_globals(&module, "global_").unwrap().unwrap();
/// let info = wasm_revive_transform::inspect(&changed).unwrap();
/// assert_eq!(info.mutable_globals[0].exported_as.as_deref(), Some("global_0"));
/// ```
pub fn export_globals(bytes: &[u8], prefix: &str) -> Result<Option<Vec<u8>>, Error> {
    let info = inspect(bytes)?;
    let globals: Vec<u32> = info
        .mutable_globals
        .iter()
        .filter(|global| !global.imported && global.exported_as.is_none())
        .map(|global| global.index)
        .collect();
    let added = globals
        .iter()
        .map(|&index| (format!("{prefix}{index}"), ExportKind::Global, index));
    sections::with_exports(bytes, &added.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_section_is_the_same_to_the_byte() {
        let before = wat::parse_str(
            r#"(module (import "a" "b" (func)) (table 1 funcref) (memory (export "memory") 1)
                (global (mut i32) (i32.const 9)) (global i32 (i32.const 1)) (global (export "open") (mut i32) (i32.const 2))
                (global (mut i32) (i32.const 3)) (func (export "f") (result i32) (local i64) global.get 0)
                (elem (i32.const 0) 1) (data (i32.const 0) "abc"))"#,
        )
        .unwrap();
        let after = export_globals(&before, "global_").unwrap().unwrap();
        assert_eq!(sections::without(7, &before), sections::without(7, &after));
        let names = |bytes: &[u8]| -> Vec<String> {
            let exports = inspect(bytes).unwrap().exports;
            exports.into_iter().map(|export| export.name).collect()
        };
        assert_eq!(names(&before), ["memory", "open", "f"]);
        assert_eq!(
            names(&after),
            ["memory", "open", "f", "global_0", "global_3"]
        );
        assert_eq!(export_globals(&after, "global_").unwrap(), None);
    }
}
