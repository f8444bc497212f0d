//! `inspect` on modules written for each thing it tells, and on broken ones.

use wasm_encoder::{
    CustomSection, EntityType, ImportSection, Module, ProducersField, ProducersSection, TagKind,
    TagType, TypeSection, ValType,
};
use wasm_revive_transform::{
    inspect, CrateRecord, Exceptions, ExternType, ModuleInfo, Signature, StackPointerSource,
};

fn info(text: &str) -> ModuleInfo {
    inspect(&wat::parse_str(text).unwrap()).unwrap()
}

#[test]
fn imports_and_exports_carry_their_types_and_indices() {
    let info = info(
        r#"(module
            (import "./app_bg.js" "tick" (func (param i32 f64) (result externref)))
            (import "./app_bg.js" "memory" (memory 1 2))
            (table 3 externref)
            (global $g (export "address") i32 (i32.const 8))
            (func $f (param i64))
            (export "f" (func $f)) (export "t" (table 0)) (export "m" (memory 0)))"#,
    );
    assert_eq!(info.functions, 2);
    let tick = &info.imports[0];
    assert_eq!(
        (tick.module.as_str(), tick.name.as_str(), tick.index),
        ("./app_bg.js", "tick", 0)
    );
    let signature = |params: &[&str], results: &[&str]| {
        ExternType::Function(Signature {
            params: params.iter().map(ToString::to_string).collect(),
            results: results.iter().map(ToString::to_string).collect(),
        })
    };
    assert_eq!(tick.ty, signature(&["i32", "f64"], &["externref"]));
    let f = info
        .exports
        .iter()
        .find(|export| export.name == "f")
        .unwrap();
    assert_eq!((f.index, &f.ty), (1, &signature(&["i64"], &[])));
    assert!(info.memories[0].imported && info.memories[0].limits.maximum == Some(2));
    assert_eq!(info.tables[0].element, "externref");
    assert!(
        info.mutable_globals.is_empty(),
        "an immutable global is not state"
    );
}

#[test]
fn shared_and_64_bit_memories_are_told() {
    let info = info("(module (memory 1 9 shared) (memory i64 1))");
    let told: Vec<_> = info
        .memories
        .iter()
        .map(|m| (m.shared, m.memory64))
        .collect();
    assert_eq!(told, [(true, false), (false, true)]);
}

#[test]
fn the_start_function_is_told() {
    assert_eq!(info("(module (func $f) (start $f))").start, Some(0));
    assert_eq!(info("(module (func))").start, None);
}

#[test]
fn the_encoding_of_exception_handling_is_read_from_the_code() {
    let legacy = info(
        "(module (tag $t (param i32)) (func try throw_only catch_all end) (func))"
            .replace("throw_only", "i32.const 1 throw $t")
            .as_str(),
    );
    assert_eq!(legacy.exceptions, Exceptions::Legacy);
    assert_eq!(legacy.tags[0].params, ["i32"]);

    let exnref = info(
        "(module (func (block $b (result exnref) (try_table (catch_all_ref $b)) return) throw_ref))",
    );
    assert_eq!(exnref.exceptions, Exceptions::Exnref);

    let thrown = info("(module (tag $t) (func throw $t))");
    assert_eq!(
        thrown.exceptions,
        Exceptions::None,
        "`throw` is the same in both"
    );

    let mixed = wat::parse_str(
        "(module (func try catch_all end) (func (block $b (try_table (catch_all $b)))))",
    );
    let error = inspect(&mixed.unwrap()).unwrap_err();
    assert_eq!(
        error.message(),
        "the module mixes legacy and exnref exception handling"
    );
}

#[test]
fn the_stack_pointer_is_found_by_name_or_by_position() {
    let named = info("(module (global $other (mut i32) (i32.const 0)) (global $__stack_pointer (mut i32) (i32.const 8)))");
    let found = named.stack_pointer.unwrap();
    assert_eq!((found.global, found.source), (1, StackPointerSource::Name));

    // `(global (;0;) …)` in place of a name: the binary has no name section.
    let placed = info(
        r#"(module (global (export "x") (mut i32) (i32.const 0)) (global i32 (i32.const 0)) (global (mut i32) (i32.const 8)))"#,
    );
    let found = placed.stack_pointer.unwrap();
    assert_eq!(
        (found.global, found.source),
        (2, StackPointerSource::Position)
    );

    assert_eq!(
        info("(module (global (mut i64) (i64.const 0)))").stack_pointer,
        None
    );
}

#[test]
fn producers_and_custom_sections_are_told() {
    let mut producers = ProducersSection::new();
    let mut field = ProducersField::new();
    field
        .value("walrus", "0.26.2")
        .value("wasm-bindgen", "0.2.130");
    producers.field("processed-by", &field);
    let mut module = Module::new();
    module.section(&producers);
    module.section(&custom(
        "wasm_revive",
        b"wasm-revive-abi 0.1.0 1\nwasm-revive-transform 0.2.0-rc.1 1\n",
    ));
    for names in [
        b"__wbg_alert_1\n".as_slice(),
        b"__wbg_fetch_2\n__wbg_log_3\n",
    ] {
        module.section(&custom("wasm_revive_unwinding", names));
    }
    let info = inspect(&module.finish()).unwrap();
    assert_eq!(info.wasm_bindgen.as_deref(), Some("0.2.130"));
    assert_eq!(
        info.unwinding_imports,
        ["__wbg_alert_1", "__wbg_fetch_2", "__wbg_log_3"]
    );
    assert_eq!(info.custom_sections[1].name, "wasm_revive");
    let record = |name: &str, version: &str| CrateRecord {
        name: name.into(),
        version: version.into(),
        abi: 1,
    };
    assert_eq!(
        info.wasm_revive,
        [
            record("wasm-revive-abi", "0.1.0"),
            record("wasm-revive-transform", "0.2.0-rc.1")
        ]
    );
}

#[test]
fn the_code_section_is_where_its_contents_are() {
    let module =
        wat::parse_str(r#"(module (func (export "f") (result i32) i32.const 7))"#).unwrap();
    let code = inspect(&module).unwrap().code.unwrap();
    // One function, of four bytes: no locals, i32.const 7, end.
    let contents = &module[code.offset..code.offset + code.size];
    assert_eq!(contents, [1, 4, 0, 0x41, 7, 0x0b]);
    assert_eq!(
        inspect(&wat::parse_str("(module)").unwrap()).unwrap().code,
        None
    );
}

#[test]
fn a_broken_custom_section_of_others_is_passed_over_and_one_of_ours_is_an_error() {
    let mut module = Module::new();
    module.section(&custom("producers", b"\xff\xff"));
    module.section(&custom("name", b"\x07\xff"));
    assert!(inspect(&module.finish()).is_ok());

    for contents in [
        &b"wasm-revive-abi 0.1.0"[..],
        b"a b c",
        b"a 1 1 more",
        b"\xff",
    ] {
        let mut module = Module::new();
        module.section(&custom("wasm_revive", contents));
        let error = inspect(&module.finish()).unwrap_err();
        assert!(
            error
                .message()
                .starts_with("malformed `wasm_revive` section"),
            "{error}"
        );
    }
}

#[test]
fn an_imported_tag_is_told() {
    let mut types = TypeSection::new();
    types.ty().function([ValType::EXTERNREF], []);
    let mut imports = ImportSection::new();
    let kind = TagKind::Exception;
    imports.import(
        "./app_bg.js",
        "__wbindgen_jstag",
        EntityType::Tag(TagType {
            kind,
            func_type_idx: 0,
        }),
    );
    let mut module = Module::new();
    module.section(&types).section(&imports);
    let info = inspect(&module.finish()).unwrap();
    assert!(info.tags[0].imported && info.tags[0].params == ["externref"]);
}

#[test]
fn what_is_not_a_module_is_refused() {
    let message = |bytes: &[u8]| inspect(bytes).unwrap_err().message().to_owned();
    assert_eq!(
        message(b"export {};"),
        "not a WebAssembly binary: it doesn't start with `\\0asm`"
    );
    assert_eq!(message(b""), "unexpected end-of-file");
    assert_eq!(
        message(&wat::parse_str("(component)").unwrap()),
        "this is a component, not a core module"
    );
    // One function declared, no body; then an export of a function that isn't there.
    assert_eq!(
        message(b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0"),
        "function section has non-zero count but code section is absent"
    );
    assert_eq!(
        message(b"\0asm\x01\0\0\0\x07\x05\x01\x01f\0\x07"),
        "there is no function 7"
    );
}

/// Whatever byte the input ends at, it is an error with an offset inside the input, unless the cut is between two
/// sections and what is left is a module of its own.
#[test]
fn every_truncation_is_an_error_with_an_offset() {
    let bytes = wat::parse_str(
        r#"(module (import "a" "b" (func)) (table 1 funcref) (memory 1) (global $__stack_pointer (mut i32) (i32.const 9))
            (func $f (export "f") (result i32) (local i64) global.get 0) (elem (i32.const 0) $f) (data (i32.const 0) "abc"))"#,
    )
    .unwrap();
    let whole = (0..bytes.len()).filter(|&length| match inspect(&bytes[..length]) {
        Ok(_) => true,
        Err(error) => {
            assert!(error.offset() <= length as u64, "cut at {length}: {error}");
            false
        }
    });
    assert!(whole.count() < 8);
}

fn custom<'a>(name: &'a str, data: &'a [u8]) -> CustomSection<'a> {
    CustomSection {
        name: name.into(),
        data: data.into(),
    }
}

#[test]
fn what_writes_arguments_is_told_by_its_place_in_the_table() {
    let info = info(
        r#"(module
            (import "m" "f" (func))
            (table 9 funcref)
            (func $"<u32 as core[132a09007f6e6bcf]::fmt::Display>::fmt")
            (func $"<app::Name as core::fmt::Display>::fmt")
            (func $"<&str as core::fmt::Debug>::fmt")
            (elem (i32.const 4) func 3 2 1)
            (elem func 1))"#,
    );
    let told: Vec<_> = info
        .formatters
        .iter()
        .map(|formatter| (formatter.slot, formatter.ty.as_str(), formatter.debug))
        .collect();
    assert_eq!(told, [(4, "&str", true), (6, "u32", false)]);
}
