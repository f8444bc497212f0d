//! What is put in front of each instruction that writes to memory.
//!
//! Left out is what can change nothing:
//! - *What is in the function's own frame, or in that of one further out* ([`Frames`]): it is of no use once no frame is left, and before that nothing is
//!   undone.
//! - *What is within [`REACH`](super::layout::REACH) of a byte that has been logged* on every way to here, by the same base: it was logged with it.
//! - What no way leads to.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, BranchHint, Encode, Function, InstructionSink, ValType};
use wasmparser::{FunctionBody, Operator};

use super::flow::{Flow, Signatures, Value};
use super::frames::{Call, Frames};
use super::layout::{UndoLayout, GRANULE_BITS};
use super::routines::{at, mark_changed, Globals, Routines};
use super::tables::{Changed, Tables};
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

/// A function body, read.
pub(super) struct Body<'a> {
    locals: Vec<(u32, ValType)>,
    count: u32,
    pub(super) parameters: u32,
    operators: Vec<(Operator<'a>, u64)>,
}

impl<'a> Body<'a> {
    /// Reads the body of a function with so many parameters.
    pub(super) fn read(body: &FunctionBody<'a>, parameters: u32) -> Result<Self, Error> {
        let mut locals = Vec::new();
        let mut count = parameters;
        for group in body.get_locals_reader()? {
            let (repeated, ty) = group?;
            count += repeated;
            let ty = RoundtripReencoder.val_type(ty);
            locals.push((
                repeated,
                ty.map_err(|error| Error::new(error.to_string(), body.range().start))?,
            ));
        }
        let mut operators = Vec::new();
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            operators.push(reader.read_with_offset()?);
        }
        Ok(Body {
            locals,
            count,
            parameters,
            operators,
        })
    }

    /// The calls that the function makes. None where it takes the stack pointer higher than it was.
    pub(super) fn calls(
        &self,
        signatures: &Signatures,
        stack_pointer: u32,
    ) -> Result<Option<Vec<Call>>, Error> {
        if self.moves_stack_pointer(stack_pointer) {
            return Ok(Some(Vec::new()));
        }
        let mut flow = self.flow(signatures, Some(stack_pointer));
        let mut calls = Vec::new();
        for (place, (operator, offset)) in self.operators.iter().enumerate() {
            if let Operator::Call { function_index } | Operator::ReturnCall { function_index } =
                *operator
            {
                if flow.is_reached() {
                    let count = signatures.parameters(function_index);
                    let arguments = (0..count)
                        .map(|nth| flow.operand(count - 1 - nth))
                        .collect();
                    calls.push(Call {
                        function: function_index,
                        arguments,
                    });
                }
            }
            flow.pass(operator, place, *offset)?;
        }
        Ok(flow.keeps_to_its_frame.then_some(calls))
    }

    /// Notes which tables it changes.
    pub(super) fn changes(&self, changed: &mut Changed) {
        for (operator, offset) in &self.operators {
            changed.read(operator, *offset);
        }
    }

    /// The functions that it refers to without calling them.
    pub(super) fn references(&self) -> impl Iterator<Item = u32> + '_ {
        self.operators
            .iter()
            .filter_map(|(operator, _)| match operator {
                Operator::RefFunc { function_index } => Some(*function_index),
                _ => None,
            })
    }

    /// `__wbindgen_add_to_stack_pointer`, under any name: by it glue takes what it gives back.
    pub(super) fn moves_stack_pointer(&self, stack_pointer: u32) -> bool {
        let mut operators = self.operators.iter().map(|(operator, _)| operator);
        let mut operands: Vec<_> = operators.by_ref().take(2).collect();
        operands.sort_by_key(|operator| matches!(operator, Operator::GlobalGet { .. }));
        matches!(
            operands[..],
            [Operator::LocalGet { local_index: 0 }, Operator::GlobalGet { global_index }] if *global_index == stack_pointer
        ) && matches!(operators.next(), Some(Operator::I32Add))
            && matches!(operators.next(), Some(Operator::GlobalSet { global_index }) if *global_index == stack_pointer)
            && matches!(operators.next(), Some(Operator::GlobalGet { .. }))
            && matches!(operators.next(), Some(Operator::End))
    }

    fn flow<'s>(&self, signatures: &'s Signatures, stack_pointer: Option<u32>) -> Flow<'s> {
        Flow::new(
            signatures,
            stack_pointer,
            &self.operators,
            self.parameters,
            self.count,
        )
    }
}

/// A body with its barriers.
pub(super) struct Rewritten {
    pub(super) function: Function,
    /// That the branches around the log are taken nearly always.
    pub(super) hints: Vec<BranchHint>,
}

impl Barrier<'_> {
    /// The body with a barrier in front of each write. The function is counted among those that the module defines.
    pub(super) fn rewrite(&self, function: usize, body: &Body<'_>) -> Result<Rewritten, Error> {
        let mut rewriting = Rewriting {
            barrier: self,
            function,
            flow: body.flow(self.signatures, self.stack_pointer),
            scratch: Scratch {
                first: body.count,
                types: Vec::new(),
            },
            bytes: Vec::new(),
            branches: Vec::new(),
        };
        for (place, (operator, offset)) in body.operators.iter().enumerate() {
            rewriting.write(operator, place, *offset)?;
        }
        let Rewriting {
            scratch,
            bytes,
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
        function.raw(bytes);
        Ok(Rewritten { function, hints })
    }
}

/// A function of which some instructions have been written.
struct Rewriting<'b> {
    barrier: &'b Barrier<'b>,
    function: usize,
    flow: Flow<'b>,
    scratch: Scratch,
    bytes: Vec<u8>,
    /// Where branches are that are taken nearly always.
    branches: Vec<usize>,
}

impl Rewriting<'_> {
    fn write(&mut self, operator: &Operator<'_>, place: usize, offset: u64) -> Result<(), Error> {
        if !can_be_undone(operator) {
            return Err(Error::new(
                format!("{operator:?} writes in a way that can't be undone"),
                offset,
            ));
        }
        if let Some((memarg, value, width)) = store(operator) {
            self.before_store(memarg.offset + u64::from(width) - 1, width, value);
        }
        match operator {
            Operator::MemoryFill { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryInit { .. } => self.before_bulk(),
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
                same.map_err(|error| Error::new(error.to_string(), offset))?
                    .encode(&mut self.bytes);
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

    /// On the stack: the address, and the value that is to be stored there. Its last byte goes `last` bytes behind the address.
    fn before_store(&mut self, last: u64, width: u8, value: ValType) {
        let byte = self.flow.operand(1).plus(last as i64);
        if !self.flow.is_reached() || self.is_dead(byte) || self.flow.is_logged(byte, width.into())
        {
            return;
        }
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
        let (length, to) = (self.flow.operand(0).constant(), self.flow.operand(2));
        let is_dead =
            length.is_some_and(|length| length > 0 && self.is_dead(to.plus(i64::from(length) - 1)));
        if !self.flow.is_reached() || is_dead {
            return;
        }
        let note = self.barrier.routines.note();
        let [to, what, length] = [0, 1, 2].map(|nth| self.scratch.local(ValType::I32, nth));
        let mut code = self.code();
        code.local_set(length)
            .local_set(what)
            .local_tee(to)
            .local_get(length)
            .call(note);
        code.local_get(to).local_get(what).local_get(length);
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
