//! The entries of DWARF: where what they describe begins and ends, and where variables are.

use std::ops::Range;

use gimli::write::{
    Address, AttributeValue, ConvertError, ConvertUnit, ConvertUnitEntry, Location, LocationList,
    RangeList, RangeListId, UnitEntryId,
};
use gimli::{AttributeValue as Old, LocationListsOffset, RangeListsOffset};

use super::Reader;
use crate::CodeMap;

/// Writes the attributes of an entry.
pub(super) fn convert<'a>(
    unit: &mut ConvertUnit<'_, Reader<'a>>,
    id: UnitEntryId,
    entry: &ConvertUnitEntry<'_, Reader<'a>>,
    code: &CodeMap,
) -> Result<(), ConvertError> {
    let low = match entry.attr_value(gimli::DW_AT_low_pc) {
        Some(value) => unit.read_unit.attr_address(value)?,
        None => None,
    };
    let high = match (low, entry.attr(gimli::DW_AT_high_pc)) {
        // Since DWARF 4, it may be counted from the lowest address.
        (Some(low), Some(attribute)) => match attribute.udata_value() {
            Some(length) => Some(low.saturating_add(length)),
            None => unit.read_unit.attr_address(attribute.value())?,
        },
        _ => None,
    };
    if let Some(low) = low {
        set_bounds(unit, id, low, high, code);
    }
    for attribute in &entry.attrs {
        let value = match (attribute.name(), attribute.value()) {
            (gimli::DW_AT_low_pc | gimli::DW_AT_high_pc, _) => continue,
            // Of sections that are left out.
            (gimli::DW_AT_macros | gimli::DW_AT_macro_info | gimli::DW_AT_GNU_macros, _) => {
                continue
            }
            (
                gimli::DW_AT_GNU_pubnames | gimli::DW_AT_GNU_pubtypes | gimli::DW_AT_GNU_locviews,
                _,
            ) => continue,
            (_, Old::Addr(old)) => moved(unit, old, code),
            (_, Old::DebugAddrIndex(index)) => moved(unit, unit.read_unit.address(index)?, code),
            (gimli::DW_AT_entry_pc, _) => match (low, attribute.udata_value()) {
                (Some(low), Some(behind)) => moved(unit, low.saturating_add(behind), code),
                _ => continue,
            },
            (_, Old::RangeListsRef(offset)) => {
                let offset = unit.read_unit.ranges_offset_from_raw(offset);
                ranges(unit, offset, code)?
            }
            (_, Old::DebugRngListsIndex(index)) => {
                ranges(unit, unit.read_unit.ranges_offset(index)?, code)?
            }
            (_, Old::LocationListsRef(offset)) => locations(unit, offset, code)?,
            (_, Old::DebugLocListsIndex(index)) => {
                locations(unit, unit.read_unit.locations_offset(index)?, code)?
            }
            // Note: addresses in expressions are those of data.
            _ => unit.convert_attribute_value(unit.read_unit, attribute, &same)?,
        };
        unit.unit.get_mut(id).set(attribute.name(), value);
    }
    Ok(())
}

fn same(address: u64) -> Option<Address> {
    Some(Address::Constant(address))
}

/// Where an entry begins and ends, or what of the new code it describes where that isn't one piece any more.
fn set_bounds(
    unit: &mut ConvertUnit<'_, Reader<'_>>,
    id: UnitEntryId,
    low: u64,
    high: Option<u64>,
    code: &CodeMap,
) {
    let ranges = high.map_or(Vec::new(), |high| code.ranges(low..high));
    let low_and_length = match (&ranges[..], high) {
        ([range], _) => (
            AttributeValue::Address(Address::Constant(range.start)),
            Some(range.end - range.start),
        ),
        // What the linker has left out has no address, but it may have a length.
        ([], _) => (
            moved(unit, low, code),
            high.map(|high| high.saturating_sub(low)),
        ),
        _ => {
            let list = AttributeValue::RangeListRef(add_ranges(unit, ranges));
            unit.unit.get_mut(id).set(gimli::DW_AT_ranges, list);
            // Note: what it has to begin with, lists of its unit count from.
            if id != unit.unit.root() {
                return;
            }
            (AttributeValue::Address(Address::Constant(0)), None)
        }
    };
    let entry = unit.unit.get_mut(id);
    entry.set(gimli::DW_AT_low_pc, low_and_length.0);
    if let Some(length) = low_and_length.1 {
        entry.set(gimli::DW_AT_high_pc, AttributeValue::Udata(length));
    }
}

/// Where an address is now. What is no address of the old code becomes the one that is nobody's.
fn moved(unit: &ConvertUnit<'_, Reader<'_>>, old: u64, code: &CodeMap) -> AttributeValue {
    let nobody = u64::MAX >> (64 - 8 * u32::from(unit.read_unit.encoding().address_size));
    AttributeValue::Address(Address::Constant(code.position(old).unwrap_or(nobody)))
}

fn ranges(
    unit: &mut ConvertUnit<'_, Reader<'_>>,
    offset: RangeListsOffset,
    code: &CodeMap,
) -> Result<AttributeValue, ConvertError> {
    let mut old = unit.read_unit.ranges(offset)?;
    let mut ranges = Vec::new();
    while let Some(range) = old.next()? {
        ranges.extend(code.ranges(range.begin..range.end));
    }
    Ok(AttributeValue::RangeListRef(add_ranges(unit, ranges)))
}

fn add_ranges(unit: &mut ConvertUnit<'_, Reader<'_>>, ranges: Vec<Range<u64>>) -> RangeListId {
    use gimli::write::Range as Entry;
    let from = Base::of(unit);
    let mut list = Vec::new();
    if let Base::Given(address) = from {
        list.push(Entry::BaseAddress { address });
    }
    list.extend(ranges.into_iter().map(|range| match from {
        Base::Given(_) => Entry::OffsetPair {
            begin: range.start,
            end: range.end,
        },
        Base::None => Entry::StartEnd {
            begin: Address::Constant(range.start),
            end: Address::Constant(range.end),
        },
    }));
    unit.unit.ranges.add(RangeList(list))
}

fn locations(
    unit: &mut ConvertUnit<'_, Reader<'_>>,
    offset: LocationListsOffset,
    code: &CodeMap,
) -> Result<AttributeValue, ConvertError> {
    let from = Base::of(unit);
    let mut list = Vec::new();
    if let Base::Given(address) = from {
        list.push(Location::BaseAddress { address });
    }
    let mut old = unit.read_unit.locations(offset)?;
    while let Some(location) = old.next()? {
        let data = unit.convert_expression(unit.read_unit, location.data, &same)?;
        let ranges = code.ranges(location.range.begin..location.range.end);
        list.extend(ranges.into_iter().map(|range| match from {
            Base::Given(_) => Location::OffsetPair {
                begin: range.start,
                end: range.end,
                data: data.clone(),
            },
            Base::None => Location::StartEnd {
                begin: Address::Constant(range.start),
                end: Address::Constant(range.end),
                data: data.clone(),
            },
        }));
    }
    let list = unit.unit.locations.add(LocationList(list));
    Ok(AttributeValue::LocationListRef(list))
}

/// What the addresses of a list count from.
#[derive(Clone, Copy)]
enum Base {
    /// Nothing: they are whole.
    None,
    /// An address that the list gives. Before DWARF 5 they would count from their unit's.
    Given(Address),
}

impl Base {
    fn of(unit: &ConvertUnit<'_, Reader<'_>>) -> Self {
        const START: Address = Address::Constant(0);
        let root = unit.unit.get(unit.unit.root());
        match root.get(gimli::DW_AT_low_pc) {
            None | Some(AttributeValue::Address(START)) => Base::None,
            Some(_) if unit.read_unit.encoding().version >= 5 => Base::None,
            Some(_) => Base::Given(START),
        }
    }
}
