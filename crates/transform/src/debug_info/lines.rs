//! The table of lines.
//!
//! A *row* says which line the code from some address on is of, up to the next row; a *sequence* is some rows for code in one piece.

use std::ops::Range;

use gimli::write::{
    Address, ConvertError, ConvertLineProgram, ConvertLineRow, ConvertUnit, LineRow,
};
use gimli::LineEncoding;

use super::Reader;
use crate::CodeMap;

/// Writes the table of a unit, where it has one.
pub(super) fn convert(
    unit: &mut ConvertUnit<'_, Reader<'_>>,
    code: &CodeMap,
) -> Result<(), ConvertError> {
    let is_statement = unit.read_unit.line_program.as_ref();
    let is_statement = is_statement.map(|program| program.header().default_is_stmt());
    let encoding = LineEncoding {
        default_is_stmt: is_statement.unwrap_or(true),
        ..LineEncoding::default()
    };
    // Note: in an encoding of our own, for gimli panics over some that are malformed.
    let Some(mut table) = unit.read_line_program(None, Some(encoding))? else {
        return Ok(());
    };
    let mut sequence = Sequence::default();
    let mut base = 0;
    while let Some(row) = table.read_row()? {
        match row {
            ConvertLineRow::SetAddress(address) => base = address,
            ConvertLineRow::Row(row) => sequence.rows.push(Row {
                address: base.saturating_add(row.address_offset),
                row,
            }),
            ConvertLineRow::EndSequence(offset) => {
                let end = base.saturating_add(offset);
                std::mem::take(&mut sequence).write(end, code, &mut table);
                base = 0;
            }
        }
    }
    if !sequence.rows.is_empty() {
        return Err(ConvertError::MissingLineEndSequence);
    }
    let (program, files) = table.program();
    unit.set_line_program(program, files);
    Ok(())
}

/// A row of the old table.
struct Row {
    address: u64,
    row: LineRow,
}

#[derive(Default)]
struct Sequence {
    rows: Vec<Row>,
}

impl Sequence {
    /// Writes what has become of it: one sequence for each piece of code in one.
    fn write(mut self, end: u64, code: &CodeMap, table: &mut ConvertLineProgram<'_, Reader<'_>>) {
        self.rows.sort_by_key(|row| row.address);
        let Some(start) = self.rows.first().map(|row| row.address) else {
            return;
        };
        let mut open: Option<Open> = None;
        for part in code.parts(start..end) {
            let mut next = match open.take() {
                Some(open) if open.new.end == part.new.start => open,
                other => {
                    if let Some(open) = other {
                        table.end_sequence(open.new.end - open.new.start);
                    }
                    table.set_address(Address::Constant(part.new.start));
                    Open {
                        new: part.new.clone(),
                        old_end: None,
                        rows: 0,
                    }
                }
            };
            let here = self.rows_before(part.old.start + 1);
            let follows = next.old_end == Some(part.old.start);
            if !follows {
                // The code before is from elsewhere: begin with the row that holds here.
                next.rows = self.rows_before(part.old.start).min(here - 1);
            }
            let behind = if part.is_copy() {
                self.rows_before(part.old.end)
            } else {
                here
            };
            for Row { address, row } in &self.rows[next.rows..behind] {
                // Note: a row inside of an instruction holds from the next one on.
                let at = address.saturating_sub(part.old.start) + part.new.start;
                let is_here = follows || *address >= part.old.start;
                table.generate_row(LineRow {
                    address_offset: at - next.new.start,
                    op_index: 0,
                    prologue_end: is_here && row.prologue_end,
                    epilogue_begin: is_here && row.epilogue_begin,
                    ..*row
                });
            }
            open = Some(Open {
                new: next.new.start..part.new.end,
                old_end: Some(part.old.end),
                rows: behind,
            });
        }
        if let Some(open) = open {
            table.end_sequence(open.new.end - open.new.start);
        }
    }

    /// How many rows are before an address.
    fn rows_before(&self, address: u64) -> usize {
        self.rows.partition_point(|row| row.address < address)
    }
}

/// A sequence that is being written.
struct Open {
    new: Range<u64>,
    /// Where the old code ended that was written last.
    old_end: Option<u64>,
    /// How many of the old rows are before that.
    rows: usize,
}
