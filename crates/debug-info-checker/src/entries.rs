//! What the entries describe, and what else they say.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use gimli::{AttributeValue as Value, Dwarf, Operation, Unit, UnitRef, UnitSectionOffset};

use crate::module::{Module, Reader};
use crate::places::Places;
use crate::Checked;

/// An entry of DWARF.
struct Entry {
    /// What it says that does not depend on where code is.
    said: Vec<String>,
    /// What it describes.
    ranges: Vec<Range<u64>>,
    /// Whether that is written as a beginning and an end.
    is_bounded: bool,
    /// Single addresses of code.
    addresses: Vec<u64>,
    /// By what they say of a variable, where in the code it is true.
    locations: Vec<BTreeMap<String, Vec<Range<u64>>>>,
}

pub(crate) fn compare(
    old: &Module<'_>,
    new: &Module<'_>,
    places: &Places,
    checked: &mut Checked,
) -> Result<(), String> {
    let entries = |module: &Module<'_>| -> Result<_, String> {
        read(&module.dwarf()?).map_err(|error| error.to_string())
    };
    let (of_old, of_new) = (entries(old)?, entries(new)?);
    if of_old.len() != of_new.len() {
        return Err(format!("{} entries, and {}", of_old.len(), of_new.len()));
    }
    let comparing = Comparing::new(old, new, places);
    for (before, after) in of_old.iter().zip(&of_new) {
        let differs = |what: String| format!("{:?}: {what}", before.said);
        if before.said != after.said {
            return Err(differs(format!("says {:?}", after.said)));
        }
        comparing
            .ranges(&before.ranges, &after.ranges)
            .map_err(differs)?;
        comparing
            .addresses(&before.addresses, &after.addresses)
            .map_err(differs)?;
        for (before, after) in before.locations.iter().zip(&after.locations) {
            for location in before.keys().chain(after.keys()) {
                let ranges = |of: &BTreeMap<_, _>| of.get(location).cloned().unwrap_or_default();
                let same = comparing.ranges(&ranges(before), &ranges(after));
                same.map_err(|what| differs(format!("{location} {what}")))?;
            }
        }
        checked.entries += 1;
        checked.with_code += usize::from(!after.ranges.is_empty());
        checked.divided += usize::from(before.is_bounded && !after.is_bounded);
        checked.location_lists += after.locations.len();
    }
    Ok(())
}

struct Comparing<'a> {
    old: &'a Module<'a>,
    new: &'a Module<'a>,
    places: &'a Places,
    /// How many places in the new code come from the instructions before each of the original.
    before: Vec<usize>,
}

impl<'a> Comparing<'a> {
    fn new(old: &'a Module<'_>, new: &'a Module<'_>, places: &'a Places) -> Self {
        let mut before = vec![0];
        for count in &places.count {
            before.push(before[before.len() - 1] + count);
        }
        Comparing {
            old,
            new,
            places,
            before,
        }
    }

    /// That ranges of the new code are all that has become of those of the old, and nothing else.
    fn ranges(&self, old: &[Range<u64>], new: &[Range<u64>]) -> Result<(), String> {
        let instructions = joined(old.iter().map(|range| {
            let at = |offset| {
                self.old
                    .instructions
                    .partition_point(|(at, _)| *at < offset)
            };
            at(range.start)..at(range.end)
        }));
        let is_old = |index: usize| {
            let behind = instructions.partition_point(|range| range.end <= index);
            instructions
                .get(behind)
                .is_some_and(|range| range.contains(&index))
        };
        let found = joined(new.iter().map(|range| {
            let at = |offset| self.places.new.partition_point(|(at, _)| *at < offset);
            at(range.start)..at(range.end)
        }));
        let wanted: usize = (instructions.iter())
            .map(|range| self.before[range.end] - self.before[range.start])
            .sum();
        let count: usize = found.iter().map(Range::len).sum();
        let other = found
            .into_iter()
            .flatten()
            .find(|&place| !is_old(self.places.new[place].1));
        if count != wanted || other.is_some() {
            return Err(format!(
                "{old:x?} with {wanted} places became {new:x?} with {count}, of something else {other:?}"
            ));
        }
        if let ([old], [new]) = (old, new) {
            let ends = |module: &Module<'_>, end| module.bodies.iter().any(|body| body.end == end);
            if ends(self.old, old.end) && !ends(self.new, new.end) {
                return Err(format!("{old:x?} is the end of a function, {new:x?} isn't"));
            }
        }
        Ok(())
    }

    fn addresses(&self, old: &[u64], new: &[u64]) -> Result<(), String> {
        for (&before, &after) in old.iter().zip(new) {
            let at = self
                .old
                .instructions
                .partition_point(|(at, _)| *at < before);
            let place = self.places.new.partition_point(|(at, _)| *at < after);
            let found = self.places.new.get(place).map(|&(_, index)| index);
            if self.old.instructions.get(at).is_some() && found != Some(at) {
                return Err(format!("{before:#x} became {after:#x}"));
            }
        }
        Ok(())
    }
}

/// Ranges in order, none of which touches another.
fn joined(ranges: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut ranges: Vec<_> = ranges.filter(|range| !range.is_empty()).collect();
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// The entries of all units. The base types of a unit come first, for whoever writes DWARF may move them there.
fn read(dwarf: &Dwarf<Reader<'_>>) -> gimli::Result<Vec<Entry>> {
    let mut units = Vec::new();
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        units.push(dwarf.unit(header)?);
    }
    let mut order = Vec::new();
    for (nth, unit) in units.iter().enumerate() {
        let mut of_unit = Vec::new();
        let mut entries = unit.entries();
        while let Some(entry) = entries.next_dfs()? {
            let is_base = entry.depth() == 1 && entry.tag() == gimli::DW_TAG_base_type;
            let place = if entry.depth() == 0 {
                0
            } else {
                1 + u8::from(!is_base)
            };
            of_unit.push((place, entry.offset(), entry.depth()));
        }
        of_unit.sort_by_key(|&(place, offset, _)| (place, offset));
        order.extend(
            of_unit
                .into_iter()
                .map(|(_, offset, depth)| (nth, offset, depth)),
        );
    }
    let numbers: HashMap<UnitSectionOffset, usize> = (order.iter().enumerate())
        .map(|(number, &(nth, offset, _))| (offset.to_unit_section_offset(&units[nth]), number))
        .collect();
    let mut found = Vec::new();
    for &(nth, offset, depth) in &order {
        let reading = Reading {
            dwarf,
            unit: &units[nth],
            numbers: &numbers,
        };
        found.push(reading.entry(offset, depth)?);
    }
    Ok(found)
}

struct Reading<'a, 'b> {
    dwarf: &'b Dwarf<Reader<'a>>,
    unit: &'b Unit<Reader<'a>>,
    numbers: &'b HashMap<UnitSectionOffset, usize>,
}

impl<'a> Reading<'a, '_> {
    fn entry(&self, offset: gimli::UnitOffset, depth: isize) -> gimli::Result<Entry> {
        let entry = self.unit.entry(offset)?;
        let unit = UnitRef::new(self.dwarf, self.unit);
        let mut read = Entry {
            said: vec![format!("{} {depth}", entry.tag())],
            ranges: Vec::new(),
            is_bounded: entry.attr(gimli::DW_AT_high_pc).is_some(),
            addresses: Vec::new(),
            locations: Vec::new(),
        };
        // Note: of a unit, the `wast` crate writes the lowest address as a number.
        let low = entry.attr_value(gimli::DW_AT_low_pc);
        let is_address = low.map(|low| unit.attr_address(low)).transpose()?;
        let low = is_address.flatten();
        let is_single = !read.is_bounded && entry.attr(gimli::DW_AT_ranges).is_none();
        if is_single && depth > 0 {
            read.addresses.extend(low);
        }
        if is_address != Some(None) {
            let mut ranges = unit.die_ranges(&entry)?;
            while let Some(range) = ranges.next()? {
                read.ranges.push(range.begin..range.end);
            }
        }
        for attr in entry.attrs() {
            let name = attr.name();
            let said = match (name, attr.value()) {
                (gimli::DW_AT_entry_pc, value) => {
                    let address = unit.attr_address(value)?;
                    // It may be counted from the lowest address.
                    let counted = || Some(low? + attr.udata_value()?);
                    read.addresses.extend(address.or_else(counted));
                    name.to_string()
                }
                // What describes code is compared by the instructions in it.
                (gimli::DW_AT_low_pc | gimli::DW_AT_high_pc | gimli::DW_AT_ranges, _) => continue,
                // Where other sections are.
                (gimli::DW_AT_stmt_list | gimli::DW_AT_sibling, _)
                | (gimli::DW_AT_GNU_pubnames | gimli::DW_AT_GNU_pubtypes, _)
                | (gimli::DW_AT_addr_base | gimli::DW_AT_str_offsets_base, _)
                | (gimli::DW_AT_rnglists_base | gimli::DW_AT_loclists_base, _) => continue,
                (_, value @ (Value::Addr(_) | Value::DebugAddrIndex(_))) => {
                    read.addresses.extend(unit.attr_address(value)?);
                    name.to_string()
                }
                (_, value @ (Value::LocationListsRef(_) | Value::DebugLocListsIndex(_))) => {
                    let mut lists: BTreeMap<_, Vec<_>> = BTreeMap::new();
                    if let Some(mut list) = unit.attr_locations(value)? {
                        while let Some(item) = list.next()? {
                            let range = item.range.begin..item.range.end;
                            lists
                                .entry(self.expression(item.data)?)
                                .or_default()
                                .push(range);
                        }
                    }
                    read.locations.push(lists);
                    name.to_string()
                }
                (_, value) => format!("{name} {}", self.value(&unit, attr, value)?),
            };
            read.said.push(said);
        }
        read.said[1..].sort();
        Ok(read)
    }

    fn value(
        &self,
        unit: &UnitRef<'_, Reader<'a>>,
        attr: &gimli::Attribute<Reader<'a>>,
        value: Value<Reader<'a>>,
    ) -> gimli::Result<String> {
        if let Ok(text) = unit.attr_string(value) {
            return Ok(text.to_string_lossy().into_owned());
        }
        Ok(match value {
            Value::UnitRef(offset) => self.number(offset.to_unit_section_offset(self.unit)),
            Value::DebugInfoRef(offset) => match offset.to_unit_section_offset(self.unit) {
                Some(offset) => self.number(offset),
                None => format!("{offset:?}"),
            },
            Value::FileIndex(index) => {
                let program = self.unit.line_program.as_ref();
                match program.and_then(|program| program.header().file(index)) {
                    Some(file) => {
                        let directory =
                            program.and_then(|program| file.directory(program.header()));
                        let directory = directory.map(|name| unit.attr_string(name)).transpose()?;
                        format!(
                            "{:?}/{}",
                            directory.map(|name| name.to_string_lossy().into_owned()),
                            unit.attr_string(file.path_name())?.to_string_lossy()
                        )
                    }
                    None => format!("no file {index}"),
                }
            }
            Value::Exprloc(expression) => self.expression(expression)?,
            Value::Block(data) => format!("{:?}", data.slice()),
            value => match (attr.udata_value(), attr.sdata_value()) {
                (Some(number), _) => format!("{number}"),
                (_, Some(number)) => format!("{number}"),
                _ => format!("{value:?}"),
            },
        })
    }

    fn number(&self, offset: UnitSectionOffset) -> String {
        format!("entry {:?}", self.numbers.get(&offset))
    }

    fn expression(&self, expression: gimli::Expression<Reader<'a>>) -> gimli::Result<String> {
        let mut operations = expression.operations(self.unit.encoding());
        let mut shown = Vec::new();
        while let Some(operation) = operations.next()? {
            let operation = match operation {
                Operation::AddressIndex { index } => Operation::Address {
                    address: self.dwarf.address(self.unit, index)?,
                },
                other => other,
            };
            let text = format!("{operation:?}");
            // Entries are elsewhere now.
            let mut parts = text.split("Offset(");
            let mut kept = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                kept.push_str(part.trim_start_matches(|char: char| char.is_ascii_digit()));
            }
            shown.push(kept);
        }
        Ok(shown.join(", "))
    }
}
