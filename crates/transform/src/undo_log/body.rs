//! A function's body as it is read, and what the module has to know of it before it is rewritten.

use std::ops::Range;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::ValType;
use wasmparser::{FunctionBody, Operator};

use super::flow::Flow;
use super::frames::Call;
use super::signatures::Signatures;
use super::tables::Changed;
use crate::Error;

/// A function body, read.
pub(super) struct Body<'a> {
    pub(super) locals: Vec<(u32, ValType)>,
    /// How many locals there are, with the parameters.
    pub(super) count: u32,
    pub(super) parameters: u32,
    /// The instructions, and where in the module they are.
    pub(super) operators: Vec<(Operator<'a>, u64)>,
    /// Whether it catches what is thrown.
    pub(super) catches: bool,
    /// Where in the module the body is, without the size in front of it.
    pub(super) range: Range<u64>,
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
        let is_try = |operator: &Operator<'_>| {
            matches!(operator, Operator::Try { .. } | Operator::TryTable { .. })
        };
        Ok(Body {
            locals,
            count,
            parameters,
            catches: operators.iter().any(|(operator, _)| is_try(operator)),
            operators,
            range: body.range(),
        })
    }

    /// The calls that the function makes. None where it takes the stack pointer higher than it was, or may, and doesn't catch anything.
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
        Ok((flow.keeps_to_its_frame || self.catches).then_some(calls))
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

    pub(super) fn flow<'s>(
        &self,
        signatures: &'s Signatures,
        stack_pointer: Option<u32>,
    ) -> Flow<'s> {
        Flow::new(
            signatures,
            stack_pointer,
            &self.operators,
            self.parameters,
            self.count,
        )
    }
}
