//! What is known of addresses and of what has been logged, at each place of a function.
//!
//! Values are symbolic ([`Value`]), and what they stand for never changes. So what is known of one stays true however the program goes on. What was
//! logged stays logged until a commit, and there is none while a frame is on the stack: neither calls nor loops make anything of it untrue. Where ways
//! through the function meet, what is known is what is known on each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use wasmparser::{BlockType, FrameKind, Operator};

use super::assigned::{assigned, Assigned};
use super::layout::REACH;
use super::signatures::Signatures;
use super::value::{Value, Values};
use crate::Error;

#[derive(Clone)]
struct State {
    locals: Vec<Value>,
    stack_pointer: Value,
    /// Bytes whose granules have been logged.
    logged: BTreeSet<Value>,
}

/// What is known at a place.
pub(super) struct Here {
    /// What is in the locals and in the stack pointer, if the program can come there.
    held: Option<(Vec<Value>, Value)>,
    operands: Vec<Value>,
    next: u32,
}

impl Here {
    /// The bases from this one on stand for what comes to be behind it.
    pub(super) fn next(&self) -> u32 {
        self.next
    }

    /// A local from which a value can be had there, and what to add to it.
    pub(super) fn local_for(&self, value: Value) -> Option<(u32, i32)> {
        find(&self.held.as_ref()?.0, value)
    }
}

/// The local from which a value can be had, and what to add to it.
fn find(locals: &[Value], value: Value) -> Option<(u32, i32)> {
    let local = locals.iter().position(|have| have.base == value.base)?;
    let offset = value.offset.wrapping_sub(locals[local].offset);
    Some((local as u32, offset))
}

/// A block that is open.
struct Label {
    kind: FrameKind,
    /// What is on the stack below it.
    operands: Vec<Value>,
    results: u32,
    /// What holds on all ways to its end so far.
    end: Option<State>,
    /// What holds where its `else` or `catch` begins.
    other: Option<State>,
}

/// Follows the instructions of one function.
pub(super) struct Flow<'a> {
    signatures: &'a Signatures,
    stack_pointer: Option<u32>,
    assigned: Rc<BTreeMap<usize, Assigned>>,
    values: Values,
    labels: Vec<Label>,
    /// What is known of the stack's topmost values; nothing of what is below.
    operands: Vec<Value>,
    /// None where the program never comes.
    state: Option<State>,
    /// What has been added to that which is logged since the place to come back to.
    newly_logged: Vec<Value>,
    /// Whether the stack pointer was only ever set to where it was at the entry, or below.
    pub(super) keeps_to_its_frame: bool,
}

impl<'a> Flow<'a> {
    /// For a function with so many locals, of which the first are its parameters.
    pub(super) fn new(
        signatures: &'a Signatures,
        stack_pointer: Option<u32>,
        operators: &[(Operator<'_>, u64)],
        parameters: u32,
        locals: u32,
    ) -> Self {
        // Locals begin as zero.
        let first = |local| {
            if local < parameters {
                Value::of_parameter(local)
            } else {
                Value::of_constant(0)
            }
        };
        Flow {
            signatures,
            stack_pointer,
            assigned: Rc::new(assigned(operators, stack_pointer)),
            values: Values::new(),
            labels: vec![Label {
                kind: FrameKind::Block,
                operands: Vec::new(),
                results: 0,
                end: None,
                other: None,
            }],
            operands: Vec::new(),
            state: Some(State {
                locals: (0..locals).map(first).collect(),
                stack_pointer: Value::of_frame(),
                logged: BTreeSet::new(),
            }),
            newly_logged: Vec::new(),
            keeps_to_its_frame: true,
        }
    }

    /// Whether the program can come here.
    pub(super) fn is_reached(&self) -> bool {
        self.state.is_some()
    }

    pub(super) fn values(&mut self) -> &mut Values {
        &mut self.values
    }

    /// The nth value of the stack, counted from its top.
    pub(super) fn operand(&mut self, nth: usize) -> Value {
        match self.operands.len().checked_sub(nth + 1) {
            Some(index) => self.operands[index],
            None => self.values.fresh(),
        }
    }

    /// A local from which a value can be had, and what to add to it.
    pub(super) fn local_for(&self, value: Value) -> Option<(u32, i32)> {
        find(&self.state.as_ref()?.locals, value)
    }

    /// What is known here, to come back to it.
    pub(super) fn here(&mut self) -> Here {
        self.newly_logged.clear();
        Here {
            held: (self.state.as_ref()).map(|state| (state.locals.clone(), state.stack_pointer)),
            operands: self.operands.clone(),
            next: self.values.next(),
        }
    }

    /// Goes back to where this was known, before a straight loop. From there on, the same values get the same bases again.
    pub(super) fn go_back(&mut self, here: &Here) {
        let state = self.state.as_mut().zip(here.held.as_ref());
        if let Some((state, (locals, stack_pointer))) = state {
            state.locals.clone_from(locals);
            state.stack_pointer = *stack_pointer;
            // Note: what is logged isn't copied, for there may be as much of it as there are loops.
            for byte in self.newly_logged.drain(..) {
                state.logged.remove(&byte);
            }
        }
        self.operands.clone_from(&here.operands);
        self.values.forget(here.next);
    }

    /// Whether bytes are logged, of which the last is at `last`.
    pub(super) fn is_logged(&self, last: Value, width: u32) -> bool {
        let Some(state) = &self.state else {
            return true;
        };
        // The first byte is at most so many before the one that was logged, the last at most so many behind it.
        const AROUND: i32 = REACH as i32;
        let from = last.offset.checked_sub(AROUND);
        let to = last
            .offset
            .checked_sub(width as i32 - 1)
            .and_then(|first| first.checked_add(AROUND));
        let (Some(from), Some(to)) = (from, to) else {
            return false;
        };
        if from > to {
            return false;
        }
        let at = |offset| Value {
            base: last.base,
            offset,
        };
        state.logged.range(at(from)..=at(to)).next().is_some()
    }

    /// From here on, the granule of this byte is logged.
    pub(super) fn log(&mut self, byte: Value) {
        if let Some(state) = &mut self.state {
            if state.logged.insert(byte) {
                self.newly_logged.push(byte);
            }
        }
    }

    /// Goes past an instruction. Its place is which one of the function it is.
    pub(super) fn pass(
        &mut self,
        operator: &Operator<'_>,
        place: usize,
        offset: u64,
    ) -> Result<(), Error> {
        match *operator {
            Operator::Block { blockty } => self.open(FrameKind::Block, blockty),
            Operator::Loop { blockty } => {
                self.open(FrameKind::Loop, blockty);
                self.forget(place);
            }
            Operator::If { blockty } => {
                self.pop();
                self.open(FrameKind::If, blockty);
                self.keep_for_other();
            }
            Operator::Else => {
                self.reach_label(0);
                self.begin_other(FrameKind::Else);
            }
            Operator::Try { blockty } => {
                self.open(FrameKind::LegacyTry, blockty);
                // Wherever in the block something is thrown.
                let before = self.state.clone();
                self.forget(place);
                self.keep_for_other();
                self.state = before;
            }
            Operator::Catch { .. } | Operator::CatchAll => {
                self.reach_label(0);
                self.begin_other(FrameKind::LegacyCatch);
            }
            Operator::TryTable { ref try_table } => {
                self.open(FrameKind::TryTable, try_table.ty);
                let before = self.state.clone();
                self.forget(place);
                for catch in &try_table.catches {
                    use wasmparser::Catch::{All, AllRef, One, OneRef};
                    let (One { label, .. }
                    | OneRef { label, .. }
                    | All { label }
                    | AllRef { label }) = *catch;
                    // Counted from outside of the block.
                    self.reach_label(label + 1);
                }
                self.state = before;
            }
            Operator::End | Operator::Delegate { .. } => self.close(),
            Operator::Br { relative_depth } => {
                self.reach_label(relative_depth);
                self.stop();
            }
            Operator::BrIf { relative_depth } => {
                self.pop();
                self.reach_label(relative_depth);
            }
            Operator::BrTable { ref targets } => {
                for target in targets.targets() {
                    self.reach_label(target?);
                }
                self.reach_label(targets.default());
                self.stop();
            }
            Operator::Return
            | Operator::Unreachable
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::Rethrow { .. } => self.stop(),
            Operator::BrOnNull { relative_depth } | Operator::BrOnNonNull { relative_depth } => {
                self.reach_label(relative_depth);
                self.operands.clear();
            }
            Operator::LocalGet { local_index } => {
                let value = self.local(local_index);
                self.operands.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                self.set_local(local_index, value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                self.set_local(local_index, value);
                self.operands.push(value);
            }
            Operator::GlobalGet { global_index } if Some(global_index) == self.stack_pointer => {
                let value = self.state.as_ref().map(|state| state.stack_pointer);
                let value = value.unwrap_or_else(|| self.values.fresh());
                self.operands.push(value);
            }
            Operator::GlobalSet { global_index } if Some(global_index) == self.stack_pointer => {
                let value = self.pop();
                if let Some(state) = &mut self.state {
                    state.stack_pointer = value;
                    self.keeps_to_its_frame &= is_in_frame(value);
                }
            }
            Operator::I32Const { value } => self.operands.push(Value::of_constant(value)),
            Operator::I32Add | Operator::I32Sub => {
                let (b, a) = (self.pop(), self.pop());
                let times = if matches!(operator, Operator::I32Add) {
                    1
                } else {
                    -1
                };
                let sum = self.values.sum(a, b, times);
                self.operands.push(sum);
            }
            Operator::I32Mul => {
                let (b, a) = (self.pop(), self.pop());
                let product = match (a.constant(), b.constant()) {
                    (_, Some(times)) => self.values.product(a, times),
                    (Some(times), None) => self.values.product(b, times),
                    (None, None) => self.values.fresh(),
                };
                self.operands.push(product);
            }
            Operator::I32And => {
                let (b, a) = (self.pop(), self.pop());
                let rounded = match b.constant() {
                    Some(mask) => self.values.rounded(a, mask),
                    None => self.values.fresh(),
                };
                self.operands.push(rounded);
            }
            Operator::I32Shl => {
                let (b, a) = (self.pop(), self.pop());
                let product = match b.constant() {
                    Some(bits) => self.values.product(a, 1i32.wrapping_shl(bits as u32)),
                    None => self.values.fresh(),
                };
                self.operands.push(product);
            }
            ref other => {
                let Some((takes, gives)) = self.signatures.arity(other, self.labels.len()) else {
                    return Err(Error::new(format!("{other:?} is not known here"), offset));
                };
                for _ in 0..takes {
                    self.pop();
                }
                for _ in 0..gives {
                    let value = self.values.fresh();
                    self.operands.push(value);
                }
                if let Operator::Call { .. }
                | Operator::CallIndirect { .. }
                | Operator::CallRef { .. } = other
                {
                    self.forget_stack_pointer();
                }
            }
        }
        Ok(())
    }

    fn pop(&mut self) -> Value {
        self.operands.pop().unwrap_or_else(|| self.values.fresh())
    }

    /// What is in a local.
    pub(super) fn local(&mut self, local: u32) -> Value {
        let value = self
            .state
            .as_ref()
            .map(|state| state.locals[local as usize]);
        value.unwrap_or_else(|| self.values.fresh())
    }

    fn set_local(&mut self, local: u32, value: Value) {
        if let Some(state) = &mut self.state {
            state.locals[local as usize] = value;
        }
    }

    fn open(&mut self, kind: FrameKind, ty: BlockType) {
        let (takes, results) = self.signatures.block_arity(ty);
        for _ in 0..takes {
            self.pop();
        }
        let operands = std::mem::take(&mut self.operands);
        self.labels.push(Label {
            kind,
            operands,
            results,
            end: None,
            other: None,
        });
    }

    /// What has been set when a loop begins again, or where something is thrown in a `try`, may be anything.
    fn forget(&mut self, place: usize) {
        let assigned = self.assigned.clone();
        let Some(assigned) = assigned.get(&place) else {
            return;
        };
        for local in &assigned.locals {
            let value = self.values.fresh();
            self.set_local(*local, value);
        }
        if assigned.stack_pointer {
            self.forget_stack_pointer();
        }
    }

    fn forget_stack_pointer(&mut self) {
        let value = self.values.fresh();
        if let Some(state) = &mut self.state {
            state.stack_pointer = value;
        }
    }

    fn keep_for_other(&mut self) {
        let state = self.state.clone();
        if let Some(label) = self.labels.last_mut() {
            label.other = state;
        }
    }

    fn begin_other(&mut self, kind: FrameKind) {
        self.operands.clear();
        if let Some(label) = self.labels.last_mut() {
            label.kind = kind;
            self.state = label.other.clone();
        }
    }

    fn stop(&mut self) {
        self.state = None;
        self.operands.clear();
    }

    /// The program may go to a label from here.
    fn reach_label(&mut self, depth: u32) {
        let index = self.labels.len() - 1 - depth as usize;
        let Some(state) = &self.state else { return };
        let label = &mut self.labels[index];
        // What holds at the beginning of a loop holds whenever it begins again.
        if label.kind == FrameKind::Loop {
            return;
        }
        match &mut label.end {
            None => label.end = Some(state.clone()),
            Some(end) => meet(end, state, &mut self.values),
        }
    }

    fn close(&mut self) {
        let is_loop = self
            .labels
            .last()
            .is_some_and(|label| label.kind == FrameKind::Loop);
        if !is_loop {
            self.reach_label(0);
        }
        let Some(mut label) = self.labels.pop() else {
            return;
        };
        // An `if` without `else`.
        if label.kind == FrameKind::If {
            if let Some(other) = &label.other {
                match &mut label.end {
                    None => label.end = Some(other.clone()),
                    Some(end) => meet(end, other, &mut self.values),
                }
            }
        }
        if !is_loop {
            self.state = label.end;
        }
        self.operands = label.operands;
        for _ in 0..label.results {
            let value = self.values.fresh();
            self.operands.push(value);
        }
    }
}

/// Whether it is where the stack pointer was at the entry, or below.
pub(super) fn is_in_frame(value: Value) -> bool {
    value.in_frame().is_some_and(|offset| offset <= 0)
}

/// Leaves of the first what holds in the second, too.
fn meet(state: &mut State, other: &State, values: &mut Values) {
    let mut unless_same = |value: &mut Value, other: Value| {
        if *value != other {
            *value = values.fresh();
        }
    };
    for (value, other) in state.locals.iter_mut().zip(&other.locals) {
        unless_same(value, *other);
    }
    unless_same(&mut state.stack_pointer, other.stack_pointer);
    state.logged.retain(|byte| other.logged.contains(byte));
}
