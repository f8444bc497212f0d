//! Random debug information for any module. It says something else of each instruction, so that it shows where a module's own was mixed up.

use std::ops::Range;

use gimli::write::{
    Address, AttributeValue, Dwarf, EndianVec, Expression, LineProgram, LineString, Location,
    LocationList, RangeList, Sections, Unit, UnitEntryId,
};
use gimli::{DwAt, Encoding, Format, LineEncoding, LittleEndian};
use wasm_encoder::{CustomSection, Encode};
use wasmparser::{Parser, Payload};

use crate::Random;

/// A function: where it is from the start of the code section's contents, and where its instructions are.
struct Function {
    range: Range<u64>,
    instructions: Vec<u64>,
}

/// The module, with debug information behind it.
pub fn with_debug_info(module: &[u8], random: &mut Random) -> Vec<u8> {
    let functions = functions(module);
    let mut dwarf = Dwarf::new();
    let mut rest = &functions[..];
    while !rest.is_empty() {
        let (those, others) = rest.split_at(1 + random.below(rest.len() as u32) as usize);
        let mut writer = Writer {
            unit: Unit::new(
                Encoding {
                    format: Format::Dwarf32,
                    version: 4 + random.below(2) as u16,
                    address_size: 4,
                },
                LineProgram::none(),
            ),
            base: None,
            random,
        };
        writer.unit(those);
        dwarf.units.add(writer.unit);
        rest = others;
    }
    let mut sections = Sections::new(EndianVec::new(LittleEndian));
    dwarf.write(&mut sections).unwrap();
    let mut bytes = module.to_vec();
    let mut add = |name: &'static str, data: &[u8]| {
        let section = CustomSection {
            name: name.into(),
            data: data.into(),
        };
        bytes.push(0);
        section.encode(&mut bytes);
    };
    let added = sections.for_each(|id, data| -> gimli::write::Result<()> {
        add(id.name(), data.slice());
        Ok(())
    });
    added.unwrap();
    bytes
}

fn functions(module: &[u8]) -> Vec<Function> {
    let mut start = 0;
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            Payload::CodeSectionStart {
                unchecked_range, ..
            } => start = unchecked_range.start,
            Payload::CodeSectionEntry(body) => {
                let operators = body
                    .get_operators_reader()
                    .unwrap()
                    .into_iter_with_offsets();
                functions.push(Function {
                    range: body.range().start - start..body.range().end - start,
                    instructions: operators.map(|item| item.unwrap().1 - start).collect(),
                });
            }
            _ => {}
        }
    }
    functions
}

struct Writer<'a> {
    unit: Unit,
    /// Where the unit begins, if it is in one piece.
    base: Option<u64>,
    random: &'a mut Random,
}

impl Writer<'_> {
    fn unit(&mut self, functions: &[Function]) {
        let root = self.unit.root();
        self.set(
            root,
            gimli::DW_AT_name,
            AttributeValue::String(b"a.rs".into()),
        );
        let ranges: Vec<_> = functions
            .iter()
            .map(|function| function.range.clone())
            .collect();
        if let ([range], 0) = (&ranges[..], self.random.below(2)) {
            self.base = Some(range.start);
            self.bounds(root, range.clone());
        } else {
            self.set(
                root,
                gimli::DW_AT_low_pc,
                AttributeValue::Address(Address::Constant(0)),
            );
            self.ranges(root, ranges);
        }
        self.lines(functions);
        for (nth, function) in functions.iter().enumerate() {
            let entry = self.unit.add(root, gimli::DW_TAG_subprogram);
            self.name(entry, &format!("f{nth}"));
            self.bounds(entry, function.range.clone());
            self.children(entry, &function.instructions, &function.range, 0);
        }
        // What the linker has left out.
        let gone = self.unit.add(root, gimli::DW_TAG_subprogram);
        self.bounds(gone, 0xffff_ffff..0x1_0000_0020);
    }

    /// What is inside of a part of a function: functions that were inlined, blocks, variables and labels.
    fn children(&mut self, parent: UnitEntryId, at: &[u64], whole: &Range<u64>, depth: u32) {
        let mut first = 0;
        while depth < 5 && first < at.len() {
            first += self.random.below(6) as usize;
            let count = 1 + self.random.below(1 + at.len() as u32 / 2) as usize;
            let Some(part) = at.get(first..(first + count).min(at.len())) else {
                break;
            };
            let end = at.get(first + part.len()).copied().unwrap_or(whole.end);
            first += part.len();
            let Some(&start) = part.first() else { break };
            let is_inlined = self.random.below(3) > 0;
            let tag = if is_inlined {
                gimli::DW_TAG_inlined_subroutine
            } else {
                gimli::DW_TAG_lexical_block
            };
            let entry = self.unit.add(parent, tag);
            if is_inlined {
                self.name(entry, &format!("inlined at {start}"));
                let line = AttributeValue::Udata(start);
                self.set(entry, gimli::DW_AT_call_line, line);
                let back = AttributeValue::Address(Address::Constant(end));
                self.set(entry, gimli::DW_AT_call_return_pc, back);
            }
            if self.random.below(3) == 0 && part.len() > 2 {
                let (middle, behind) = (part[1], part[2]);
                self.ranges(entry, vec![start..middle, behind..end]);
                continue;
            }
            self.bounds(entry, start..end);
            self.variable(entry, part, end);
            let way_in = part[self.random.below(part.len() as u32) as usize];
            let way_in = match self.random.below(2) {
                0 => AttributeValue::Address(Address::Constant(way_in)),
                _ => AttributeValue::Udata(way_in - start),
            };
            self.set(entry, gimli::DW_AT_entry_pc, way_in);
            if self.random.below(4) == 0 {
                let label = self.unit.add(entry, gimli::DW_TAG_label);
                let address = AttributeValue::Address(Address::Constant(start));
                self.set(label, gimli::DW_AT_low_pc, address);
            }
            self.children(entry, part, &(start..end), depth + 1);
        }
    }

    /// A variable that is in other places in other parts of the code, or in one place in the memory.
    fn variable(&mut self, parent: UnitEntryId, at: &[u64], end: u64) {
        let entry = self.unit.add(parent, gimli::DW_TAG_variable);
        if self.random.below(4) == 0 {
            // DW_OP_addr, of data that looks like an address of code.
            let mut expression = vec![0x03];
            expression.extend((at[0] as u32).to_le_bytes());
            let location = AttributeValue::Exprloc(Expression::raw(expression));
            self.set(entry, gimli::DW_AT_location, location);
            return;
        }
        let mut list = Vec::new();
        let mut first = 0;
        while let Some(&from) = at.get(first) {
            first += 1 + self.random.below(4) as usize;
            let to = at.get(first).copied().unwrap_or(end);
            // DW_OP_WASM_location: a local.
            let data = Expression::raw(vec![0xed, 0, self.random.below(100) as u8]);
            list.push(match self.base {
                Some(base) if self.unit.encoding().version == 4 => Location::OffsetPair {
                    begin: from - base,
                    end: to - base,
                    data,
                },
                _ => Location::StartEnd {
                    begin: Address::Constant(from),
                    end: Address::Constant(to),
                    data,
                },
            });
            first += self.random.below(2) as usize;
        }
        let list = self.unit.locations.add(LocationList(list));
        self.set(
            entry,
            gimli::DW_AT_location,
            AttributeValue::LocationListRef(list),
        );
    }

    /// A sequence for some functions, or for each.
    fn lines(&mut self, functions: &[Function]) {
        let text = |text: &str| LineString::String(text.into());
        let encoding = self.unit.encoding();
        let line_encoding = LineEncoding::default();
        let (dir, name) = (text("/app"), text("a.rs"));
        let mut lines = LineProgram::new(encoding, line_encoding, dir, None, name, None);
        let dir = lines.default_directory();
        let files = ["a.rs", "b.rs"].map(|name| lines.add_file(text(name), dir, None));
        let mut start = None;
        for function in functions {
            let base = *start.get_or_insert(function.range.start);
            if !lines.in_sequence() {
                lines.begin_sequence(Some(Address::Constant(base)));
            }
            for &at in [&function.range.start]
                .into_iter()
                .chain(&function.instructions)
            {
                // Each has a line of its own, but for some that have none, and some that have several.
                for _ in 0..[0, 1, 1, 1, 2][self.random.below(5) as usize] {
                    let row = lines.row();
                    // Some tools place a row inside of an instruction.
                    let inside = u64::from(self.random.below(20) == 0);
                    row.address_offset = row.address_offset.max(at + inside - base);
                    row.line = at * 2 + u64::from(self.random.below(2));
                    row.column = u64::from(self.random.below(80));
                    row.file = files[self.random.below(2) as usize];
                    row.prologue_end = self.random.below(2) == 0;
                    lines.generate_row();
                }
            }
            if self.random.below(2) == 0 {
                lines.end_sequence(function.range.end - base);
                start = None;
            }
        }
        if let (Some(base), Some(last)) = (start, functions.last()) {
            lines.end_sequence(last.range.end - base);
        }
        self.unit.line_program = lines;
    }

    fn ranges(&mut self, entry: UnitEntryId, ranges: Vec<Range<u64>>) {
        let ranges = ranges.into_iter().map(|range| match self.base {
            Some(base) => gimli::write::Range::OffsetPair {
                begin: range.start - base,
                end: range.end - base,
            },
            None => gimli::write::Range::StartEnd {
                begin: Address::Constant(range.start),
                end: Address::Constant(range.end),
            },
        });
        let list = self.unit.ranges.add(RangeList(ranges.collect()));
        self.set(
            entry,
            gimli::DW_AT_ranges,
            AttributeValue::RangeListRef(list),
        );
    }

    fn bounds(&mut self, entry: UnitEntryId, range: Range<u64>) {
        let low = AttributeValue::Address(Address::Constant(range.start));
        self.set(entry, gimli::DW_AT_low_pc, low);
        let high = match self.random.below(3) {
            0 if range.end <= u32::MAX.into() => {
                AttributeValue::Address(Address::Constant(range.end))
            }
            1 => AttributeValue::Udata(range.end - range.start),
            _ => AttributeValue::Data4((range.end - range.start) as u32),
        };
        self.set(entry, gimli::DW_AT_high_pc, high);
    }

    fn name(&mut self, entry: UnitEntryId, name: &str) {
        self.set(
            entry,
            gimli::DW_AT_name,
            AttributeValue::String(name.into()),
        );
    }

    fn set(&mut self, entry: UnitEntryId, name: DwAt, value: AttributeValue) {
        self.unit.get_mut(entry).set(name, value);
    }
}
