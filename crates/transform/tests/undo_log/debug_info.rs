//! Debug information says of each instruction what it said, wherever the instruction has gone.

use gimli::write::{Address, AttributeValue, Dwarf, EndianVec, LineProgram, Sections, Unit};
use gimli::{Encoding, Format, LittleEndian};
use wasm_encoder::{CustomSection, Encode};
use wasm_revive_debug_info_checker::{check, Checked};
use wasm_revive_transform::{undoable, DebugInfo};

use crate::dwarf::with_debug_info;
use crate::programs::program;
use crate::{how_many, random_module, seeds, Random};

/// A loop that is written twice, between code with barriers and without.
const LOOP: &str = r#"(module (memory (export "memory") 2)
    (func $grow (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "fill") (param $p i32) (param $n i32) (result i32)
        (i32.store (local.get $p) (i32.const 1))
        nop
        (loop $next
            (i32.store (local.get $p) (local.get $n))
            (local.set $p (i32.add (local.get $p) (i32.const 4)))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.add (call $grow) (i32.load (local.get $p)))))"#;

#[test]
fn each_line_is_that_of_all_that_its_instruction_has_become() {
    let mut parser = wat::Parser::new();
    parser.generate_dwarf(wat::GenerateDwarf::Full);
    let module = parser.parse_str(Some("loop.wat".as_ref()), LOOP).unwrap();
    let Checked {
        instructions,
        places,
        doubled,
        lines,
        ..
    } = check(&module).unwrap();
    assert!(doubled >= 12 && places > instructions + doubled);
    // All but the declarations of locals have one.
    assert!(lines > places * 3 / 4, "{lines} of {places}");
}

#[test]
fn random_debug_information_is_rewritten_whole() {
    let mut all = Checked::default();
    for seed in seeds(how_many(120)) {
        let mut random = Random(seed.wrapping_mul(0xd134_2543_de82_ef95) | 1);
        let module = match random.below(3) {
            0 => wat::parse_str(LOOP).unwrap(),
            1 => wat::parse_str(program(&mut random)).unwrap(),
            _ => match random_module(&mut random) {
                Some(module) if undoable(&module, 1_024).is_ok() => module,
                _ => continue,
            },
        };
        let module = with_debug_info(&module, &mut random);
        let checked = check(&module).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        all.doubled += checked.doubled;
        all.inlined += checked.inlined;
        all.divided += checked.divided;
        all.location_lists += checked.location_lists;
    }
    assert!(
        all.doubled > 100 && all.inlined > 1000 && all.divided > 5 && all.location_lists > 100,
        "{all:?}"
    );
}

#[test]
fn the_same_module_gives_the_same_debug_information() {
    let mut random = Random(7);
    let module = with_debug_info(&wat::parse_str(program(&mut random)).unwrap(), &mut random);
    assert_eq!(
        undoable(&module, 1_024).unwrap().module,
        undoable(&module, 1_024).unwrap().module
    );
}

/// The module of the loop, with some custom sections.
fn with_sections(sections: &[(&'static str, &[u8])]) -> Vec<u8> {
    let mut module = wat::parse_str(LOOP).unwrap();
    for (name, data) in sections {
        module.push(0);
        CustomSection {
            name: (*name).into(),
            data: (*data).into(),
        }
        .encode(&mut module);
    }
    module
}

fn left_out(module: &[u8]) -> String {
    let undoable = undoable(module, 1_024).unwrap();
    let info = wasm_revive_transform::inspect(&undoable.module).unwrap();
    let kept = info.custom_sections.iter().find(|section| {
        section.name.starts_with(".debug_") || section.name == "external_debug_info"
    });
    assert_eq!(kept, None);
    match undoable.debug_info {
        DebugInfo::LeftOut(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_rewritten_is_left_out_and_said() {
    let cut = left_out(&with_sections(&[(".debug_info", b"\x40\0\0\0\x04\0")]));
    assert!(cut.starts_with("it is malformed: "), "{cut}");
    let types = left_out(&with_sections(&[(".debug_types", b"")]));
    assert_eq!(types, "it has type units (`-fdebug-types-section`)");
    let file = left_out(&with_sections(&[("external_debug_info", b"\x05a.dbg")]));
    assert_eq!(
        file,
        "it is in a file of its own, `a.dbg`, that is not beside it"
    );
    assert_eq!(
        left_out(&with_sections(&split_unit())),
        "it has parts in files of their own (`-gsplit-dwarf`)"
    );
    assert_eq!(
        undoable(&with_sections(&[]), 1_024).unwrap().debug_info,
        DebugInfo::None
    );
}

/// A unit whose other half is in a `.dwo` file.
fn split_unit() -> Vec<(&'static str, &'static [u8])> {
    let encoding = Encoding {
        format: Format::Dwarf32,
        version: 4,
        address_size: 4,
    };
    let mut dwarf = Dwarf::new();
    let unit = dwarf.units.add(Unit::new(encoding, LineProgram::none()));
    let unit = dwarf.units.get_mut(unit);
    let root = unit.root();
    let mut set = |name, value| unit.get_mut(root).set(name, value);
    set(
        gimli::DW_AT_GNU_dwo_name,
        AttributeValue::String(b"a.dwo".into()),
    );
    set(gimli::DW_AT_GNU_dwo_id, AttributeValue::Data8(7));
    set(
        gimli::DW_AT_low_pc,
        AttributeValue::Address(Address::Constant(0)),
    );
    let mut sections = Sections::new(EndianVec::new(LittleEndian));
    dwarf.write(&mut sections).unwrap();
    let mut written = Vec::new();
    let all = sections.for_each(|id, data| -> gimli::write::Result<()> {
        written.push((id.name(), &*data.slice().to_vec().leak()));
        Ok(())
    });
    all.unwrap();
    written
}
