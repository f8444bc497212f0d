//! Imports functions of other modules through one module.
//!
//! Why: in wasm-bindgen's `bundler` target a wasm file imports from its glue, and functions that need no glue straight from where
//! they are (`inline_js`, `module = "…"`). Who makes an instance, be it the engine, a bundler or the program, gives it the functions of those
//! modules as they are. A host that has to know when such a function runs can only stand between where all of them come from one
//! module, which it has written.
//!
//! Semantics: nothing that runs changes. The import section names another module and other fields; every other section is copied
//! byte for byte. Imports that aren't functions stay, and so does what a `wasm:` module provides: that is the engine's own.

use std::borrow::Cow;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ImportSection, Module};
use wasmparser::{Parser, Payload, TypeRef};

use crate::{inspect, sections, Error};

/// Has each function that is imported from another module than `module` imported from that one, as `prefix` followed by the function's
/// index. `None`: there is none, use the module as it is.
///
/// # Errors
///
/// As [`inspect`].
///
/// ```
/// let module = wat::parse_str(
///     r#"(module
///         (import "./app_bg.js" "tick" (func))
///         (import "./snippets/inline0.js" "render" (func (param i32))))"#,
/// )
/// .unwrap();
///
/// let changed = wasm_revive_transform::move_imports(&module, "./app_bg.js", "import_").unwrap().unwrap();
/// let info = wasm_revive_transform::inspect(&changed).unwrap();
/// assert_eq!((&*info.imports[1].module, &*info.imports[1].name), ("./app_bg.js", "import_1"));
/// ```
pub fn move_imports(bytes: &[u8], module: &str, prefix: &str) -> Result<Option<Vec<u8>>, Error> {
    inspect(bytes)?;
    let mut changed = Module::new();
    let mut moved = false;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        if let Payload::ImportSection(section) = &payload {
            let mut imports = ImportSection::new();
            let mut functions = 0;
            for import in section.clone().into_imports_with_offsets() {
                let (offset, import) = import?;
                let ty = RoundtripReencoder.entity_type(import.ty);
                let ty = ty.map_err(|error| Error::new(error.to_string(), offset))?;
                let is_function = matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
                let elsewhere = import.module != module && !import.module.starts_with("wasm:");
                let (from, name) = if is_function && elsewhere {
                    moved = true;
                    (module, Cow::from(format!("{prefix}{functions}")))
                } else {
                    (import.module, Cow::from(import.name))
                };
                imports.import(from, &name, ty);
                functions += u32::from(is_function);
            }
            changed.section(&imports);
        } else {
            sections::copy(&mut changed, &payload, bytes);
        }
    }
    Ok(moved.then(|| changed.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_import_and_section_is_the_same() {
        let before = wat::parse_str(
            r#"(module (type (func (param i32) (result externref)))
                (import "./app_bg.js" "a" (func (type 0))) (import "x" "memory" (memory 1)) (import "x" "f" (func (type 0)))
                (import "wasm:js-string" "length" (func (param externref) (result i32))) (import "y" "f" (func (type 0)))
                (import "y" "g" (global i32)) (table 1 funcref) (func (export "f") (result externref) i32.const 7 call 1)
                (elem (i32.const 0) 1) (data (i32.const 0) "abc"))"#,
        )
        .unwrap();
        let after = move_imports(&before, "./app_bg.js", "moved_")
            .unwrap()
            .unwrap();
        assert_eq!(sections::without(2, &before), sections::without(2, &after));
        let imports = |bytes: &[u8]| inspect(bytes).unwrap().imports;
        let names: Vec<_> = imports(&after)
            .into_iter()
            .map(|import| format!("{} {}", import.module, import.name))
            .collect();
        assert_eq!(
            names,
            [
                "./app_bg.js a",
                "x memory",
                "./app_bg.js moved_1",
                "wasm:js-string length",
                "./app_bg.js moved_3",
                "y g",
            ]
        );
        let types = |bytes: &[u8]| -> Vec<_> {
            imports(bytes)
                .into_iter()
                .map(|i| (i.index, format!("{:?}", i.ty)))
                .collect()
        };
        assert_eq!(types(&before), types(&after));
        assert_eq!(move_imports(&after, "./app_bg.js", "moved_").unwrap(), None);
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(move_imports(b"\0asm\x01\0\0\0\x02\x05\x01\x01a", "m", "p").is_err());
    }
}
