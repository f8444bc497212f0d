//! The table in which Rust holds JavaScript's values: what a turn has changed of it is undone, too.
//!
//! Before an element is overwritten, its place goes to an entry of the log, and what is there to a table of its own, the journal, which only
//! references can be in. What the program was given by `table.grow` in a turn that was undone is spare, and given again: no table shrinks. (What
//! reads there, though it is behind the table as the program has it, reads null.)
//!
//! What JavaScript puts into the table by itself needs none of that: it puts it where Rust has just taken a place that was free, and what is in
//! a free place is nobody's.

use std::collections::BTreeSet;

use wasm_encoder::{
    BlockType, Function, HeapType, InstructionSink, RefType, TableSection, TableType, ValType,
};
use wasmparser::Operator;

use super::layout::{ENTRY, ENTRY_HEAD};
use super::routines::{mark_changed, Bodies, SECOND, WORD};
use crate::Error;

/// What an entry of the log begins with in place of an address when it holds places of the table.
pub(super) const PLACES: i32 = -1;

/// How many places go into an entry.
const PLACES_OF_ENTRY: u32 = (ENTRY - ENTRY_HEAD) / 4;

/// By how many elements the journal grows.
const JOURNAL_STEP: i32 = 64;

/// How many globals there are for it.
const GLOBALS: usize = 4;

/// What is added for a table that changes. What it is added behind, the module's shape says.
#[derive(Clone, Copy)]
pub(super) struct Tables {
    /// The table.
    pub(super) table: u32,
    pub(super) journal: u32,
    pub(super) first_global: u32,
    pub(super) first_function: u32,
}

impl Tables {
    /// The initial values of its globals.
    pub(super) const INITIAL: [i32; GLOBALS] = [0; GLOBALS];

    /// The entry of the log that places go to; 0 where the turn has none yet.
    fn entry(self) -> u32 {
        self.first_global
    }
    /// How many elements the journal has.
    fn top(self) -> u32 {
        self.first_global + 1
    }
    /// How many elements at the end of the table are nobody's.
    fn spare(self) -> u32 {
        self.first_global + 2
    }
    /// How many the program was given in this turn.
    fn born(self) -> u32 {
        self.first_global + 3
    }

    /// `(place)`: an element is about to change.
    fn note(self) -> u32 {
        self.first_function
    }
    /// `(place, value)`: `table.set`.
    fn set(self) -> u32 {
        self.first_function + 1
    }
    /// `(place, value, count)`: `table.fill`.
    fn fill(self) -> u32 {
        self.first_function + 2
    }
    /// `(value, count) -> count`: `table.grow`.
    fn grow(self) -> u32 {
        self.first_function + 3
    }

    /// What the functions take and give.
    pub(super) fn types() -> [(&'static [ValType], &'static [ValType]); 4] {
        const I32: ValType = ValType::I32;
        const REF: ValType = ValType::EXTERNREF;
        [
            (&[I32], &[]),
            (&[I32, REF], &[]),
            (&[I32, REF, I32], &[]),
            (&[REF, I32], &[I32]),
        ]
    }

    /// The section of tables, with the journal behind the module's own.
    pub(super) fn add_journal(section: &mut TableSection) {
        section.table(TableType {
            element_type: RefType::EXTERNREF,
            table64: false,
            minimum: JOURNAL_STEP as u64,
            maximum: None,
            shared: false,
        });
    }

    /// What is done in place of an instruction, if anything.
    pub(super) fn replace(self, operator: &Operator<'_>, code: &mut InstructionSink<'_>) -> bool {
        match *operator {
            Operator::TableSet { table } if table == self.table => code.call(self.set()),
            Operator::TableFill { table } if table == self.table => code.call(self.fill()),
            Operator::TableGrow { table } if table == self.table => code.call(self.grow()),
            Operator::TableSize { table } if table == self.table => {
                code.table_size(table).global_get(self.spare()).i32_sub()
            }
            _ => return false,
        };
        true
    }

    pub(super) fn bodies(self, log: &Bodies<'_>) -> [Function; 4] {
        [
            self.note_body(log),
            self.set_body(),
            self.fill_body(),
            self.grow_body(log),
        ]
    }

    fn note_body(self, log: &Bodies<'_>) -> Function {
        let (place, entry, count) = (0, 1, 2);
        let mut function = Function::new([(2, ValType::I32)]);
        let mut code = function.instructions();
        code.block(BlockType::Empty);
        code.global_get(self.entry())
            .local_tee(entry)
            .if_(BlockType::Empty);
        code.local_get(entry)
            .i32_load(SECOND)
            .local_tee(count)
            .i32_const(PLACES_OF_ENTRY as i32)
            .i32_ne()
            .br_if(1)
            .end();
        mark_changed(log.layout, &mut code);
        log.make_room(&mut code, entry);
        code.global_get(log.globals.top())
            .local_tee(entry)
            .global_set(self.entry());
        code.local_get(entry).i32_const(PLACES).i32_store(WORD);
        code.local_get(entry)
            .i32_const(ENTRY as i32)
            .i32_add()
            .global_set(log.globals.top());
        code.i32_const(0).local_set(count).end();
        code.global_get(self.top())
            .table_size(self.journal)
            .i32_eq()
            .if_(BlockType::Empty);
        code.ref_null(HeapType::EXTERN)
            .i32_const(JOURNAL_STEP)
            .table_grow(self.journal)
            .i32_const(-1)
            .i32_eq();
        code.if_(BlockType::Empty).unreachable().end().end();
        code.global_get(self.top())
            .local_get(place)
            .table_get(self.table)
            .table_set(self.journal);
        code.global_get(self.top())
            .i32_const(1)
            .i32_add()
            .global_set(self.top());
        self.push_place(&mut code, entry, count);
        code.local_get(place)
            .i32_store(super::routines::at(ENTRY_HEAD, 2));
        code.local_get(entry)
            .local_get(count)
            .i32_const(1)
            .i32_add()
            .i32_store(SECOND)
            .end();
        function
    }

    /// Where in the memory the nth place of an entry is, without the entry's head.
    fn push_place(self, code: &mut InstructionSink<'_>, entry: u32, nth: u32) {
        code.local_get(entry)
            .local_get(nth)
            .i32_const(2)
            .i32_shl()
            .i32_add();
    }

    fn set_body(self) -> Function {
        let (place, value) = (0, 1);
        let mut function = Function::new([]);
        let mut code = function.instructions();
        self.check(&mut code, |code| {
            code.local_get(place).i64_extend_i32_u();
            code.i64_const(1).i64_add();
        });
        code.local_get(place).call(self.note());
        code.local_get(place)
            .local_get(value)
            .table_set(self.table)
            .end();
        function
    }

    fn fill_body(self) -> Function {
        let (place, value, count, next) = (0, 1, 2, 3);
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        code.local_get(place).local_set(next);
        self.check(&mut code, |code| {
            code.local_get(place).i64_extend_i32_u();
            code.local_get(count).i64_extend_i32_u().i64_add();
        });
        code.local_get(count).if_(BlockType::Empty);
        code.loop_(BlockType::Empty);
        code.local_get(next).call(self.note());
        code.local_get(next)
            .i32_const(1)
            .i32_add()
            .local_tee(next)
            .local_get(place)
            .local_get(count)
            .i32_add()
            .i32_ne()
            .br_if(0)
            .end()
            .end();
        code.local_get(place)
            .local_get(value)
            .local_get(count)
            .table_fill(self.table)
            .end();
        function
    }

    /// Traps as an access out of bounds does where the places end behind what the program has of the table.
    fn check(self, code: &mut InstructionSink<'_>, end: impl FnOnce(&mut InstructionSink<'_>)) {
        end(code);
        code.table_size(self.table)
            .global_get(self.spare())
            .i32_sub()
            .i64_extend_i32_u()
            .i64_gt_u()
            .if_(BlockType::Empty);
        code.i32_const(-1).table_get(self.table).drop().end();
    }

    fn grow_body(self, log: &Bodies<'_>) -> Function {
        let (value, count, taken, before) = (0, 1, 2, 3);
        let mut function = Function::new([(2, ValType::I32)]);
        let mut code = function.instructions();
        code.table_size(self.table)
            .global_get(self.spare())
            .i32_sub()
            .local_set(before);
        // What is spare first.
        code.global_get(self.spare())
            .local_get(count)
            .global_get(self.spare())
            .local_get(count)
            .i32_lt_u()
            .select()
            .local_set(taken);
        code.local_get(value)
            .local_get(count)
            .local_get(taken)
            .i32_sub()
            .table_grow(self.table)
            .i32_const(-1)
            .i32_eq();
        code.if_(BlockType::Empty).i32_const(-1).return_().end();
        mark_changed(log.layout, &mut code);
        code.local_get(before)
            .local_get(value)
            .local_get(taken)
            .table_fill(self.table);
        code.global_get(self.spare())
            .local_get(taken)
            .i32_sub()
            .global_set(self.spare());
        code.global_get(self.born())
            .local_get(count)
            .i32_add()
            .global_set(self.born());
        code.local_get(before).end();
        function
    }

    /// Puts back what an entry of places says, the youngest first. Of three locals, the first holds the entry.
    pub(super) fn undo(self, code: &mut InstructionSink<'_>, [entry, nth, top]: [u32; 3]) {
        code.global_get(self.top()).local_set(top);
        code.local_get(entry).i32_load(SECOND).local_set(nth);
        code.loop_(BlockType::Empty);
        for counted in [nth, top] {
            code.local_get(counted)
                .i32_const(1)
                .i32_sub()
                .local_set(counted);
        }
        self.push_place(code, entry, nth);
        code.i32_load(super::routines::at(ENTRY_HEAD, 2))
            .local_get(top)
            .table_get(self.journal)
            .table_set(self.table);
        code.local_get(nth).br_if(0).end();
        // What the journal held is let go of where all has been put back: `top` says how much there was.
        code.local_get(top)
            .ref_null(HeapType::EXTERN)
            .global_get(self.top())
            .local_get(top)
            .i32_sub()
            .table_fill(self.journal);
        code.local_get(top).global_set(self.top());
    }

    /// The turn was undone: what it had grown is nobody's, and holds nothing.
    pub(super) fn undone(self, code: &mut InstructionSink<'_>) {
        code.table_size(self.table)
            .global_get(self.spare())
            .i32_sub()
            .global_get(self.born())
            .i32_sub();
        code.ref_null(HeapType::EXTERN)
            .global_get(self.born())
            .table_fill(self.table);
        code.global_get(self.spare())
            .global_get(self.born())
            .i32_add()
            .global_set(self.spare());
        self.forget(code);
    }

    /// Pushes how many elements the table has for the program.
    pub(super) fn push_size(self, code: &mut InstructionSink<'_>) {
        code.table_size(self.table)
            .global_get(self.spare())
            .i32_sub();
    }

    /// Takes that off the stack: what is behind is spare, and the host has put nothing there. Where the table has fewer, the host makes it larger before.
    pub(super) fn pop_size(self, code: &mut InstructionSink<'_>) {
        code.global_set(self.spare());
        code.table_size(self.table)
            .global_get(self.spare())
            .i32_sub()
            .global_set(self.spare());
    }

    /// The turn is over: nothing of the journal is needed any more.
    pub(super) fn forget(self, code: &mut InstructionSink<'_>) {
        code.global_get(self.top()).if_(BlockType::Empty);
        code.i32_const(0)
            .ref_null(HeapType::EXTERN)
            .global_get(self.top())
            .table_fill(self.journal);
        code.i32_const(0).global_set(self.top()).end();
        code.i32_const(0).global_set(self.entry());
        code.i32_const(0).global_set(self.born());
    }
}

/// The tables that instructions change, and whether all of that can be undone.
#[derive(Default)]
pub(crate) struct Changed {
    tables: BTreeSet<u32>,
    /// Where something changes one in a way that can't be undone.
    otherwise: Option<u64>,
}

impl Changed {
    pub(crate) fn read(&mut self, operator: &Operator<'_>, offset: u64) {
        match *operator {
            Operator::TableSet { table }
            | Operator::TableFill { table }
            | Operator::TableGrow { table } => {
                self.tables.insert(table);
            }
            Operator::TableCopy { .. } | Operator::TableInit { .. } => {
                self.otherwise = Some(offset);
            }
            _ => {}
        }
    }

    /// The table that changes, if one does. @param is_of_references whether that one is the module's own, and JavaScript's values are in it
    pub(crate) fn table(
        &self,
        holds_references: impl Fn(u32) -> bool,
        size: u64,
    ) -> Result<Option<u32>, Error> {
        let mut tables = self.tables.iter().copied();
        let table = match (tables.next(), tables.next(), self.otherwise) {
            (None, _, None) => return Ok(None),
            (Some(table), None, None) if holds_references(table) => return Ok(Some(table)),
            (table, _, otherwise) => (table, otherwise),
        };
        Err(Error::new(
            "only one table that changes can be undone, by `table.set`, `table.fill` and `table.grow`, and with JavaScript's values in it",
            table.1.unwrap_or(size),
        ))
    }
}
