//! What is put in front of each instruction that writes to memory.
//!
//! Left out is what can change nothing:
//! - *What is in the function's own frame.* Below where the stack pointer was when the function was entered, nothing is of any use once no
//!   frame is left, and before that nothing is undone. That the shadow stack lies below all data, and that no function leaves its pointer higher than it was,
//!   is seen to beforehand ([`Writes::frames_are_dead`]).
//! - *What is within [`REACH`] of a byte that has been logged* on every way to here, by the same base: it was logged with it.
//! - What no way leads to.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, BranchHint, Encode, Function, InstructionSink, ValType};
use wasmparser::{FunctionBody, Operator};

use super::flow::{Flow, Reach, Signatures, Value};
use super::layout::{UndoLayout, GRANULE_BITS, REACH};
use super::routines::{at, Globals, Routines};
use crate::Error;

const AROUND: Reach = Reach {
    before: REACH,
    behind: REACH,
};

/// Rewrites function bodies.
pub(super) struct Barrier<'a> {
    pub(super) layout: &'a UndoLayout,
    pub(super) globals: Globals,
    pub(super) routines: Routines,
    pub(super) signatures: &'a Signatures,
    pub(super) writes: Writes,
}

/// What holds for all writes of a module.
#[derive(Clone, Copy)]
pub(super) struct Writes {
    /// The global that holds the stack pointer.
    pub(super) stack_pointer: Option<u32>,
    /// Whether nothing that a turn leaves in its functions' frames is of any use after it.
    pub(super) frames_are_dead: bool,
}

/// A function body, read.
pub(super) struct Body<'a> {
    locals: Vec<(u32, ValType)>,
    count: u32,
    parameters: u32,
    operators: Vec<(Operator<'a>, u64)>,
}

impl<'a> Body<'a> {
    /// @param parameters how many the function has
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

    /// Whether the function leaves the stack pointer where it was or, at any moment, below.
    pub(super) fn keeps_to_its_frame(
        &self,
        signatures: &Signatures,
        stack_pointer: u32,
    ) -> Result<bool, Error> {
        if self.moves_stack_pointer(stack_pointer) {
            return Ok(true);
        }
        let mut flow = self.flow(signatures, Some(stack_pointer));
        for (place, (operator, offset)) in self.operators.iter().enumerate() {
            flow.pass(operator, place, *offset)?;
        }
        Ok(flow.keeps_to_its_frame)
    }

    /// `__wbindgen_add_to_stack_pointer`, under any name: by it glue takes what it gives back.
    fn moves_stack_pointer(&self, stack_pointer: u32) -> bool {
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
    /// The body with a barrier in front of each write.
    pub(super) fn rewrite(&self, body: &Body<'_>) -> Result<Rewritten, Error> {
        let mut flow = body.flow(self.signatures, self.writes.stack_pointer);
        let mut scratch = Scratch {
            first: body.count,
            types: Vec::new(),
        };
        let mut bytes = Vec::new();
        let mut branches = Vec::new();
        for (place, (operator, offset)) in body.operators.iter().enumerate() {
            if !can_be_undone(operator) {
                let message = format!("{operator:?} writes in a way that can't be undone");
                return Err(Error::new(message, *offset));
            }
            if let Some((memarg, value, width)) = store(operator) {
                let last = memarg.offset + u64::from(width) - 1;
                self.store(
                    &mut bytes,
                    &mut branches,
                    &mut flow,
                    &mut scratch,
                    last,
                    width,
                    value,
                );
            }
            let mut code = InstructionSink::new(&mut bytes);
            match operator {
                Operator::MemoryFill { .. }
                | Operator::MemoryCopy { .. }
                | Operator::MemoryInit { .. } => {
                    self.bulk(&mut code, &mut flow, &mut scratch);
                }
                _ => {}
            }
            flow.pass(operator, place, *offset)?;
            match operator {
                Operator::MemorySize { .. } => {
                    code.global_get(self.globals.end());
                }
                Operator::MemoryGrow { .. } => {
                    code.call(self.routines.grow());
                }
                _ => {
                    let same = RoundtripReencoder.instruction(operator.clone());
                    same.map_err(|error| Error::new(error.to_string(), *offset))?
                        .encode(&mut bytes);
                }
            }
        }
        let locals = body
            .locals
            .iter()
            .copied()
            .chain(scratch.types.iter().map(|&ty| (1, ty)));
        let mut function = Function::new(locals.collect::<Vec<_>>());
        let start = function.byte_len();
        let hints = branches.into_iter().map(|at: usize| BranchHint {
            branch_func_offset: (start + at) as u32,
            branch_hint_value: 1,
        });
        let hints = hints.collect();
        function.raw(bytes);
        Ok(Rewritten { function, hints })
    }

    /// On the stack: the address, and the value that is to be stored there. @param last where its last byte goes, counted from the address
    #[allow(clippy::too_many_arguments)]
    fn store(
        &self,
        bytes: &mut Vec<u8>,
        branches: &mut Vec<usize>,
        flow: &mut Flow<'_>,
        scratch: &mut Scratch,
        last: u64,
        width: u8,
        value: ValType,
    ) {
        let address = flow.operand(1);
        let byte = address.plus(last as i64);
        if !flow.is_reached()
            || self.is_in_frame(byte)
            || flow.is_logged(byte, width.into(), &AROUND)
        {
            return;
        }
        let mut code = InstructionSink::new(bytes);
        // Note: an address that wraps around is that of a store that traps.
        let (from, spilled) = match (byte.constant(), flow.local_for(byte)) {
            (Some(constant), _) => (Place::At(constant as u32), None),
            (None, Some((local, offset))) => (Place::Behind(local, offset), None),
            (None, None) => {
                let address = scratch.local(ValType::I32, 0);
                let value = scratch.local(value, 1);
                code.local_set(value).local_set(address);
                (Place::Behind(address, last as i32), Some((address, value)))
            }
        };
        code.block(BlockType::Empty);
        match from {
            Place::At(constant) => {
                code.i32_const(0)
                    .i32_load8_u(at(self.layout.table + (constant >> GRANULE_BITS), 0));
            }
            Place::Behind(..) => {
                from.push(&mut code);
                code.i32_const(GRANULE_BITS as i32)
                    .i32_shr_u()
                    .i32_load8_u(at(self.layout.table, 0));
            }
        }
        branches.push(bytes.len());
        let mut code = InstructionSink::new(bytes);
        code.br_if(0);
        from.push(&mut code);
        code.call(self.routines.log()).end();
        if let Some((address, value)) = spilled {
            code.local_get(address).local_get(value);
        }
        flow.log(byte);
    }

    fn is_in_frame(&self, last: Value) -> bool {
        self.writes.frames_are_dead && last.in_frame().is_some_and(|offset| offset < 0)
    }

    /// On the stack: where to write, what, and how many bytes.
    fn bulk(&self, code: &mut InstructionSink<'_>, flow: &mut Flow<'_>, scratch: &mut Scratch) {
        if !flow.is_reached() {
            return;
        }
        let (length, to) = (flow.operand(0).constant(), flow.operand(2));
        if length
            .is_some_and(|length| length > 0 && self.is_in_frame(to.plus(i64::from(length) - 1)))
        {
            return;
        }
        let [to, what, length] = [0, 1, 2].map(|nth| scratch.local(ValType::I32, nth));
        code.local_set(length)
            .local_set(what)
            .local_tee(to)
            .local_get(length)
            .call(self.routines.note());
        code.local_get(to).local_get(what).local_get(length);
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
