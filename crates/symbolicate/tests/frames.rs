//! Frames of a module whose debug information is written here, so that each place is known.

use std::ops::Range;

use gimli::write::{
    Address, AttributeValue, DwarfUnit, EndianVec, LineProgram, LineString, RangeList, Sections,
};
use gimli::{Encoding, Format, LineEncoding, LittleEndian};
use wasm_revive_symbolicate::{Fit, Function, Place, Symbols};

/// Function 0 is imported; `run` is 1, `other` 2.
const MODULE: &str = r#"(module
    (import "a" "b" (func))
    (func $app::run (nop) (nop) (nop) (nop) (call 0) (nop) (nop))
    (func $"_ZN3app5other17h0123456789abcdefE" (nop) (nop) (nop) (nop) (nop) (nop) (nop) (nop) (nop)))"#;

/// How far into `run` the code begins that was inlined.
const INLINED: u64 = 4;

/// `src/lib.rs`: `run` begins on line 10; on line 12 it has a call of `check` inlined, whose body is on line 3. `other` is on line 20.
///
/// The ranges are those of their lines; `functions`, of the functions themselves.
fn debug_information(
    run: Range<u64>,
    other: Range<u64>,
    functions: [Range<u64>; 2],
) -> Vec<(&'static str, Vec<u8>)> {
    let encoding = Encoding {
        format: Format::Dwarf32,
        version: 4,
        address_size: 4,
    };
    let mut dwarf = DwarfUnit::new(encoding);
    let (dir, name) = (
        LineString::String(b"/app".into()),
        LineString::String(b"src/lib.rs".into()),
    );
    let mut lines = LineProgram::new(encoding, LineEncoding::default(), dir, None, name, None);
    let dir = lines.default_directory();
    let file = lines.add_file(LineString::String(b"src/lib.rs".into()), dir, None);
    for (range, rows) in [
        (&run, &[(0, 10), (2, 11), (INLINED, 3), (7, 13)][..]),
        (&other, &[(0, 20)]),
    ] {
        lines.begin_sequence(Some(Address::Constant(range.start)));
        for &(at, line) in rows {
            let row = lines.row();
            (row.address_offset, row.file, row.line, row.column) = (at, file, line, 5);
            lines.generate_row();
        }
        lines.end_sequence(range.end - range.start);
    }
    dwarf.unit.line_program = lines;

    let root = dwarf.unit.root();
    let ranges = [&run, &other].map(|range| gimli::write::Range::StartEnd {
        begin: Address::Constant(range.start),
        end: Address::Constant(range.end),
    });
    let ranges = dwarf.unit.ranges.add(RangeList(ranges.into()));
    let mut set = |entry, name, value| dwarf.unit.get_mut(entry).set(name, value);
    set(
        root,
        gimli::DW_AT_ranges,
        AttributeValue::RangeListRef(ranges),
    );
    set(
        root,
        gimli::DW_AT_comp_dir,
        AttributeValue::String(b"/app".into()),
    );
    let check = dwarf.unit.add(root, gimli::DW_TAG_subprogram);
    let in_run = dwarf.unit.add(root, gimli::DW_TAG_subprogram);
    let in_other = dwarf.unit.add(root, gimli::DW_TAG_subprogram);
    let inlined = dwarf.unit.add(in_run, gimli::DW_TAG_inlined_subroutine);
    for (entry, name) in [(check, "check"), (in_run, "run"), (in_other, "other")] {
        let name = AttributeValue::String(name.into());
        dwarf.unit.get_mut(entry).set(gimli::DW_AT_name, name);
    }
    let inside = run.start + INLINED..run.start + 7;
    let [run, other] = functions;
    for (entry, range) in [(in_run, run), (in_other, other), (inlined, inside)] {
        let entry = dwarf.unit.get_mut(entry);
        let low = AttributeValue::Address(Address::Constant(range.start));
        entry.set(gimli::DW_AT_low_pc, low);
        entry.set(
            gimli::DW_AT_high_pc,
            AttributeValue::Udata(range.end - range.start),
        );
    }
    let inlined = dwarf.unit.get_mut(inlined);
    inlined.set(gimli::DW_AT_abstract_origin, AttributeValue::UnitRef(check));
    inlined.set(
        gimli::DW_AT_call_file,
        AttributeValue::FileIndex(Some(file)),
    );
    inlined.set(gimli::DW_AT_call_line, AttributeValue::Udata(12));
    inlined.set(gimli::DW_AT_call_column, AttributeValue::Udata(9));

    let mut sections = Sections::new(EndianVec::new(LittleEndian));
    dwarf.write(&mut sections).unwrap();
    let mut written = Vec::new();
    sections
        .for_each(|id, data| {
            if !data.slice().is_empty() {
                written.push((id.name(), data.slice().to_vec()));
            }
            Ok::<_, gimli::write::Error>(())
        })
        .unwrap();
    written
}

/// A module, and where the bodies of its functions are, from the start of the code section's contents.
fn module() -> (Vec<u8>, Vec<Range<u64>>) {
    let module = wat::parse_str(MODULE).unwrap();
    let start = Symbols::read(&module).unwrap().code().start as u64;
    let bodies = wasmparser::Parser::new(0)
        .parse_all(&module)
        .filter_map(|payload| match payload.unwrap() {
            wasmparser::Payload::CodeSectionEntry(body) => Some(body.range()),
            _ => None,
        })
        .map(|range| range.start - start..range.end - start)
        .collect();
    (module, bodies)
}

fn with_debug_information(mut module: Vec<u8>, run: Range<u64>, other: Range<u64>) -> Vec<u8> {
    let functions = [run.clone(), other.clone()];
    append(&mut module, debug_information(run, other, functions));
    module
}

fn append(module: &mut Vec<u8>, sections: Vec<(&str, Vec<u8>)>) {
    for (name, data) in sections {
        let mut content = vec![name.len() as u8];
        content.extend(name.as_bytes());
        content.extend(data);
        // Two bytes of a LEB128.
        assert!(content.len() < 1 << 14);
        module.extend([0, content.len() as u8 | 0x80, (content.len() >> 7) as u8]);
        module.extend(content);
    }
}

fn function(name: &str, place: Option<(u32, u32)>) -> Function {
    Function {
        name: Some(name.to_owned()),
        place: place.map(|(line, column)| Place {
            file: "/app/src/lib.rs".to_owned(),
            line,
            column,
        }),
    }
}

#[test]
fn an_instruction_has_its_line_and_what_was_inlined() {
    let (module, bodies) = module();
    let debug = with_debug_information(module, bodies[0].clone(), bodies[1].clone());
    let symbols = Symbols::read(&debug).unwrap();
    assert!(symbols.has_debug_info());
    let begin = bodies[0].start as u32;
    let frame = symbols.frame(Some(1), Some(begin + INLINED as u32));
    assert_eq!(
        frame.functions,
        [
            function("check", Some((3, 5))),
            function("app::run", Some((12, 9)))
        ]
    );
    assert_eq!((frame.approximate, frame.fit), (false, Fit::Fits));
    for unknown in [None, Some(0)] {
        let frame = symbols.frame(unknown, Some(begin + 2));
        assert_eq!(frame.functions, [function("app::run", Some((11, 5)))]);
    }
    // The symbol, demangled, is more than the name in the debug information.
    let frame = symbols.frame(Some(2), Some(bodies[1].start as u32));
    assert_eq!(frame.functions, [function("app::other", Some((20, 5)))]);
}

#[test]
fn a_frame_without_an_offset_is_where_its_function_begins() {
    let (module, bodies) = module();
    let debug = with_debug_information(module, bodies[0].clone(), bodies[1].clone());
    let symbols = Symbols::read(&debug).unwrap();
    let frame = symbols.frame(Some(1), None);
    assert_eq!(frame.functions, [function("app::run", Some((10, 5)))]);
    assert!(frame.approximate);
    for nowhere in [Some(0), Some(9), None] {
        assert_eq!(symbols.frame(nowhere, None).functions, []);
    }
}

#[test]
fn a_frame_of_other_code_is_told_nothing() {
    let (module, bodies) = module();
    let debug = with_debug_information(module, bodies[0].clone(), bodies[1].clone());
    let symbols = Symbols::read(&debug).unwrap();
    let (run, end) = (bodies[0].start as u32, bodies[1].end as u32);
    for (index, offset) in [(Some(2), run), (Some(2), end), (None, u32::MAX)] {
        let frame = symbols.frame(index, Some(offset));
        assert_eq!((frame.functions, frame.fit), (vec![], Fit::OtherCode));
    }
}

#[test]
fn debug_information_of_other_code_is_not_believed() {
    let (module, bodies) = module();
    // As a tool leaves it that has made the functions longer.
    let shorter = bodies[0].start..bodies[0].end - 1;
    let debug = with_debug_information(module, shorter.clone(), shorter.end..bodies[1].end - 1);
    let symbols = Symbols::read(&debug).unwrap();
    for offset in [Some(bodies[0].start as u32 + INLINED as u32), None] {
        let frame = symbols.frame(Some(1), offset);
        assert_eq!(frame.functions, [function("app::run", None)]);
        assert_eq!((frame.approximate, frame.fit), (false, Fit::StaleDebugInfo));
    }
}

#[test]
fn lines_of_no_function_are_told_where_they_are_of_this_code() {
    let (module, bodies) = module();
    let lines_only = |run: Range<u64>| {
        let nothing = u64::from(u32::MAX)..u64::from(u32::MAX);
        let mut debug = module.clone();
        append(
            &mut debug,
            debug_information(run, bodies[1].clone(), [nothing.clone(), nothing]),
        );
        let symbols = Symbols::read(&debug).unwrap();
        symbols.frame(Some(1), Some(bodies[0].start as u32 + 2))
    };
    let frame = lines_only(bodies[0].clone());
    assert_eq!(frame.functions, [function("app::run", Some((11, 5)))]);
    let frame = lines_only(bodies[0].start..bodies[0].end - 1);
    assert_eq!(frame.functions, [function("app::run", None)]);
    assert_eq!(frame.fit, Fit::StaleDebugInfo);
}

#[test]
fn a_beginning_that_is_some_bytes_off_is_that_of_the_function() {
    let (module, bodies) = module();
    // walrus 0.27 counts with the size that the body had before.
    let debug = with_debug_information(
        module,
        bodies[0].start + 1..bodies[0].end,
        bodies[1].clone(),
    );
    let symbols = Symbols::read(&debug).unwrap();
    let frame = symbols.frame(Some(1), Some(bodies[0].start as u32 + 3));
    assert_eq!((frame.fit, frame.functions.len()), (Fit::Fits, 1));
    assert!(frame.functions[0].place.is_some());
}

#[test]
fn a_module_says_which_build_it_is_and_which_file_has_its_debug_information() {
    let module = |sections: &[(&str, &[u8])]| {
        let mut module = wat::parse_str(MODULE).unwrap();
        for (name, data) in sections {
            module.extend([0, (name.len() + 1 + data.len()) as u8, name.len() as u8]);
            module.extend([name.as_bytes(), data].concat());
        }
        module
    };
    let sections: &[(&str, &[u8])] = &[
        ("build_id", b"\x02\xab\x01"),
        ("external_debug_info", b"\x09app.debug"),
    ];
    let bytes = module(sections);
    let symbols = Symbols::read(&bytes).unwrap();
    assert_eq!(symbols.build_id(), Some(&[0xab, 1][..]));
    assert_eq!(symbols.debug_file(), Some("app.debug"));
    let plain = module(&[]);
    let symbols = Symbols::read(&plain).unwrap();
    assert_eq!((symbols.build_id(), symbols.debug_file()), (None, None));
    assert!(Symbols::read(&module(&[("build_id", b"\x09")])).is_err());
}
