//! What is put in front of each instruction that writes to memory.
//!
//! Left out is what can change nothing:
//! - *What is in the function's own frame, or in that of one further out* ([`Frames`]): it is of no use once no frame is left, and before that nothing is
//!   undone.
//! - *What is within [`REACH`](super::layout::REACH) of a byte that has been logged* on every way to here, by the same base: it was logged with it.
//! - *What a loop writes to a range that was logged before it* ([`Ranges`]), in one of its two copies.
//! - What no way leads to.
//!
//! Of what writes many bytes at once, those are looked at in place that are no longer than a granule: then all of them are in the granules of the first and
//! of the last.

use std::ops::RangeInclusive;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, BranchHint, Encode, Function, InstructionSink, ValType};
use wasmparser::Operator;

use super::body::Body;
use super::doubled::{self, Ranges, Store};
use super::flow::{is_in_frame, Flow};
use super::frames::Frames;
use super::layout::{UndoLayout, GRANULE, GRANULE_BITS};
use super::routines::{at, mark_changed, Globals, Routines};
use super::signatures::Signatures;
use super::tables::Tables;
use super::trips::Trip;
use super::value::Value;
use crate::Error;

/// Rewrites function bodies.
pub(super) struct Barrier<'a> {
    pub(super) layout: &'a UndoLayout,
    pub(super) globals: Globals,
    pub(super) routines: Routines,
    pub(super) signatures: &'a Signatures,
    /// The global that holds the stack pointer.
    pub(super) stack_pointer: Option<u32>,
    /// Where something is known of them.
    pub(super) frames: Option<Frames>,
    pub(super) tables: Option<Tables>,
}

/// A body with its barriers.
pub(super) struct Rewritten {
    pub(super) function: Function,
    /// That the branches around the log are taken nearly always.
    pub(super) hints: Vec<BranchHint>,
    /// Where the code of each instruction begins, by its place, in the order in which they were written. The code of an instruction goes on to that of the next one
    /// in this list.
    pub(super) written: Vec<(usize, usize)>,
}

impl Barrier<'_> {
    /// The body with a barrier in front of each write. The function is counted among those that the module defines.
    pub(super) fn rewrite(&self, function: usize, body: &Body<'_>) -> Result<Rewritten, Error> {
        let mut rewriting = Rewriting {
            barrier: self,
            function,
            catches: body.catches,
            flow: body.flow(self.signatures, self.stack_pointer),
            scratch: Scratch {
                first: body.count,
                types: Vec::new(),
            },
            bytes: Vec::new(),
            written: Vec::new(),
            branches: Vec::new(),
            stores: Vec::new(),
            logged_before: Vec::new(),
        };
        let mut place = 0;
        while let Some((operator, _)) = body.operators.get(place) {
            let end = match operator {
                Operator::Loop { .. } => doubled::end_of(&body.operators[place..]),
                _ => None,
            };
            let end = end.map_or(place, |end| place + end);
            if end == place {
                rewriting.write_all(body, place..=end)?;
            } else {
                rewriting.write_loop(body, place..=end)?;
            }
            place = end + 1;
        }
        let Rewriting {
            scratch,
            bytes,
            written,
            branches,
            ..
        } = rewriting;
        let locals = body
            .locals
            .iter()
            .copied()
            .chain(scratch.types.iter().map(|&ty| (1, ty)));
        let mut function = Function::new(locals.collect::<Vec<_>>());
        let start = function.byte_len();
        let hint = |at| BranchHint {
            branch_func_offset: (start + at) as u32,
            branch_hint_value: 1,
        };
        let hints = branches.into_iter().map(hint).collect();
        let written = written.into_iter().map(|(at, place)| (start + at, place));
        let written = written.collect();
        function.raw(bytes);
        Ok(Rewritten {
            function,
            hints,
            written,
        })
    }
}

/// A function of which some instructions have been written.
struct Rewriting<'b> {
    barrier: &'b Barrier<'b>,
    function: usize,
    catches: bool,
    flow: Flow<'b>,
    scratch: Scratch,
    bytes: Vec<u8>,
    /// Where the code of an instruction begins, and which one it is.
    written: Vec<(usize, usize)>,
    /// Where branches are that are taken nearly always.
    branches: Vec<usize>,
    /// The stores that were given barriers.
    stores: Vec<Store>,
    /// The places of stores that need no barrier, since what they write to was logged before the loop.
    logged_before: Vec<usize>,
}

impl Rewriting<'_> {
    fn write_all(&mut self, body: &Body<'_>, places: RangeInclusive<usize>) -> Result<(), Error> {
        for place in places {
            let (operator, offset) = &body.operators[place];
            self.write(operator, place, *offset)?;
        }
        Ok(())
    }

    /// A loop that can be written twice, which is done if it makes barriers unnecessary.
    fn write_loop(&mut self, body: &Body<'_>, places: RangeInclusive<usize>) -> Result<(), Error> {
        let operators = &body.operators[places.clone()];
        let (bytes, branches) = (self.bytes.len(), self.branches.len());
        let written = self.written.len();
        let before = self.flow.here();
        let mut trip = Trip::before(operators, &before);
        self.stores.clear();
        for (place, (operator, offset)) in places.clone().zip(operators) {
            let operands = [2, 1, 0].map(|nth| self.flow.operand(nth));
            self.write(operator, place, *offset)?;
            trip.read(operator, operands, &mut self.flow);
        }
        let stores = std::mem::take(&mut self.stores);
        if stores.is_empty() {
            return Ok(());
        }
        let Some(ranges) = Ranges::read(&stores, &trip, &before, self.flow.values()) else {
            return Ok(());
        };
        let Operator::Loop { blockty } = operators[0].0 else {
            return Ok(());
        };
        self.bytes.truncate(bytes);
        self.branches.truncate(branches);
        self.written.truncate(written);
        // What comes before the two copies is the loop's own; what comes behind one, its end's.
        self.written.push((bytes, *places.start()));
        let locals = [0, 1, 2].map(|nth| self.scratch.local(ValType::I64, nth));
        let routine = self.barrier.routines.range();
        let mut code = InstructionSink::new(&mut self.bytes);
        ranges.write(&mut code, self.flow.values(), routine, locals);
        let ty = RoundtripReencoder.block_type(blockty);
        let ty = ty.map_err(|error| Error::new(error.to_string(), operators[0].1))?;
        self.code().if_(ty);
        self.logged_before = ranges.stores;
        self.flow.go_back(&before);
        self.write_all(body, places.clone())?;
        self.code().else_();
        self.logged_before.clear();
        self.flow.go_back(&before);
        self.write_all(body, places)?;
        self.code().end();
        Ok(())
    }

    fn write(&mut self, operator: &Operator<'_>, place: usize, offset: u64) -> Result<(), Error> {
        if !can_be_undone(operator) {
            return Err(Error::new(
                format!("{operator:?} writes in a way that can't be undone"),
                offset,
            ));
        }
        self.written.push((self.bytes.len(), place));
        if let Some((memarg, value, width)) = store(operator) {
            let store = Store {
                place,
                address: self.flow.operand(1),
                offset: memarg.offset,
                width,
            };
            self.before_store(store, value);
        }
        match operator {
            Operator::MemoryFill { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryInit { .. } => self.before_bulk(),
            Operator::GlobalSet { global_index }
                if Some(*global_index) == self.barrier.stack_pointer =>
            {
                self.before_moved_stack();
            }
            _ => {}
        }
        self.flow.pass(operator, place, offset)?;
        let tables = self.barrier.tables;
        if tables.is_some_and(|tables| tables.replace(operator, &mut self.code())) {
            return Ok(());
        }
        match operator {
            Operator::MemorySize { .. } => {
                let end = self.barrier.globals.end();
                self.code().global_get(end);
            }
            Operator::MemoryGrow { .. } => {
                let grow = self.barrier.routines.grow();
                self.code().call(grow);
            }
            _ => {
                let same = RoundtripReencoder.instruction(operator.clone());
                let same = same.map_err(|error| Error::new(error.to_string(), offset))?;
                same.encode(&mut self.bytes);
            }
        }
        // Note: the stack pointer is where it was when the turn is over.
        if matches!(*operator, Operator::GlobalSet { global_index } if Some(global_index) != self.barrier.stack_pointer)
        {
            let layout = self.barrier.layout;
            mark_changed(layout, &mut self.code());
        }
        Ok(())
    }

    fn code(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.bytes)
    }

    /// On the stack: the address, and the value that is to be stored there.
    fn before_store(&mut self, store: Store, value: ValType) {
        let Store { width, .. } = store;
        let last = store.offset + u64::from(width) - 1;
        let byte = store.address.plus(last as i64);
        if !self.flow.is_reached() || self.is_dead(byte) || self.flow.is_logged(byte, width.into())
        {
            return;
        }
        if self.logged_before.contains(&store.place) {
            self.flow.log(byte);
            return;
        }
        self.stores.push(store);
        // Note: an address that wraps around is that of a store that traps.
        let (from, spilled) = match (byte.constant(), self.flow.local_for(byte)) {
            (Some(constant), _) => (Place::At(constant as u32), None),
            (None, Some((local, offset))) => (Place::Behind(local, offset), None),
            (None, None) => {
                let address = self.scratch.local(ValType::I32, 0);
                let value = self.scratch.local(value, 1);
                self.code().local_set(value).local_set(address);
                (Place::Behind(address, last as i32), Some((address, value)))
            }
        };
        let table = self.barrier.layout.table;
        let log = self.barrier.routines.log();
        let mut code = self.code();
        code.block(BlockType::Empty);
        match from {
            Place::At(constant) => {
                code.i32_const(0)
                    .i32_load8_u(at(table + (constant >> GRANULE_BITS), 0));
            }
            Place::Behind(..) => {
                from.push(&mut code);
                code.i32_const(GRANULE_BITS as i32)
                    .i32_shr_u()
                    .i32_load8_u(at(table, 0));
            }
        }
        self.branches.push(self.bytes.len());
        let mut code = self.code();
        code.br_if(0);
        from.push(&mut code);
        code.call(log).end();
        if let Some((address, value)) = spilled {
            code.local_get(address).local_get(value);
        }
        self.flow.log(byte);
    }

    /// On the stack: where to write, what, and how many bytes.
    fn before_bulk(&mut self) {
        let (length, first) = (self.flow.operand(0).constant(), self.flow.operand(2));
        // One that is longer than any memory traps.
        let length = length.and_then(|length| u32::try_from(length).ok());
        let last = length
            .and_then(|length| length.checked_sub(1))
            .map(|behind| first.plus(behind.into()));
        let needs_none = last
            .zip(length)
            .is_some_and(|(last, length)| self.is_dead(last) || self.flow.is_logged(last, length));
        if !self.flow.is_reached() || needs_none || length == Some(0) {
            return;
        }
        let (note, table) = (self.barrier.routines.note(), self.barrier.layout.table);
        let [to, what, count] = [0, 1, 2].map(|nth| self.scratch.local(ValType::I32, nth));
        let mut code = self.code();
        code.local_set(count).local_set(what).local_set(to);
        code.block(BlockType::Empty).block(BlockType::Empty);
        // None at all, too: then nothing is written, and the address may be anywhere.
        code.local_get(count).i32_const(1).i32_sub();
        code.i32_const(GRANULE as i32).i32_ge_u().br_if(0);
        // Note: where an address is behind the memory, this traps as what comes next would.
        code.local_get(to).i32_const(GRANULE_BITS as i32);
        code.i32_shr_u().i32_load8_u(at(table, 0));
        code.i32_eqz().br_if(0);
        code.local_get(to).local_get(count).i32_add();
        code.i32_const(1).i32_sub().i32_const(GRANULE_BITS as i32);
        code.i32_shr_u().i32_load8_u(at(table, 0));
        self.branches.push(self.bytes.len());
        let mut code = self.code();
        code.br_if(1).end();
        code.local_get(to).local_get(count).call(note).end();
        code.local_get(to).local_get(what).local_get(count);
        if let Some(last) = last {
            self.flow.log(first);
            self.flow.log(last);
        }
    }

    /// On the stack: where the stack pointer is put.
    fn before_moved_stack(&mut self) {
        let is_seen = !self.flow.is_reached() || is_in_frame(self.flow.operand(0));
        if !self.catches || is_seen {
            return;
        }
        if let Some(frames) = &self.barrier.frames {
            let value = self.scratch.local(ValType::I32, 0);
            frames.write_limit(&mut InstructionSink::new(&mut self.bytes), value);
        }
    }

    fn is_dead(&self, last: Value) -> bool {
        self.barrier
            .frames
            .as_ref()
            .is_some_and(|frames| frames.are_dead(self.function, last))
    }
}

/// Where a byte is.
#[derive(Clone, Copy)]
enum Place {
    At(u32),
    /// So many bytes behind what a local holds.
    Behind(u32, i32),
}

impl Place {
    fn push(self, code: &mut InstructionSink<'_>) {
        match self {
            Place::At(constant) => {
                code.i32_const(constant as i32);
            }
            Place::Behind(local, offset) => {
                code.local_get(local);
                if offset != 0 {
                    code.i32_const(offset).i32_add();
                }
            }
        }
    }
}

/// Locals behind those of the program, in which operands wait.
struct Scratch {
    first: u32,
    types: Vec<ValType>,
}

impl Scratch {
    /// The nth local of a type. Which ones are in use at the same time, their user says by different numbers.
    fn local(&mut self, ty: ValType, nth: usize) -> u32 {
        let found = self
            .types
            .iter()
            .enumerate()
            .filter(|(_, have)| **have == ty)
            .nth(nth);
        if let Some((index, _)) = found {
            return self.first + index as u32;
        }
        self.types.push(ty);
        self.local(ty, nth)
    }
}

/// Where an instruction stores, the type of what it takes off the stack for it, and how many bytes it writes.
fn store(operator: &Operator<'_>) -> Option<(wasmparser::MemArg, ValType, u8)> {
    use Operator as O;
    use ValType::{F32, F64, I32, I64, V128};
    Some(match *operator {
        O::I32Store8 { memarg } => (memarg, I32, 1),
        O::I32Store16 { memarg } => (memarg, I32, 2),
        O::I32Store { memarg } => (memarg, I32, 4),
        O::I64Store8 { memarg } => (memarg, I64, 1),
        O::I64Store16 { memarg } => (memarg, I64, 2),
        O::I64Store32 { memarg } => (memarg, I64, 4),
        O::I64Store { memarg } => (memarg, I64, 8),
        O::F32Store { memarg } => (memarg, F32, 4),
        O::F64Store { memarg } => (memarg, F64, 8),
        O::V128Store { memarg } => (memarg, V128, 16),
        O::V128Store8Lane { memarg, .. } => (memarg, V128, 1),
        O::V128Store16Lane { memarg, .. } => (memarg, V128, 2),
        O::V128Store32Lane { memarg, .. } => (memarg, V128, 4),
        O::V128Store64Lane { memarg, .. } => (memarg, V128, 8),
        _ => return None,
    })
}

macro_rules! by_proposal {
    (is threads) => { false };
    (is shared_everything_threads) => { false };
    (is acquire_release_atomics) => { false };
    (is memory_control) => { false };
    (is stack_switching) => { false };
    (is $other:ident) => { true };
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
        /// Whether the writes of an instruction's proposal are all known here.
        fn can_be_undone(operator: &Operator<'_>) -> bool {
            match operator {
                $( Operator::$op { .. } => by_proposal!(is $proposal), )*
                _ => false,
            }
        }
    };
}

wasmparser::for_each_operator!(by_proposal);
