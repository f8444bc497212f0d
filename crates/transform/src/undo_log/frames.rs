//! What of the shadow stack is dead: of no use any more once no frame is left.
//!
//! A function's frame is below where the stack pointer was when the function was entered. That is true of a whole module where its stack lies below all its
//! data, the pointer rests where it began, and no function takes it any higher than it was when the function was entered: so every function is
//! entered at that place or below. That the pointer's name was stripped is no matter, for no other global is used like that. Where a variable has a large
//! alignment, the frame begins at a multiple of it: rounded down, so that it is lower still.
//!
//! A function that catches something (panic=unwind) is an exception. Where it cleans up, it puts the stack pointer back to its frame by a local, and compilers use
//! that local for something else before calls of which they take it that nothing is ever thrown there: imports are among them. So that can't be seen, and
//! need not be so: when JavaScript does throw there, the pointer is put anywhere. In such a function, whatever isn't seen to be in its frame is looked at
//! when the pointer is set to it, and where it is above the place where the pointer rests, the pointer stays as it is ([`Frames::write_limit`]). So every function is
//! entered at that place or below in any case, which is all that is needed here; and what cleans up doesn't have its frames in the middle of the program's data.
//!
//! What is called may leave the pointer anywhere below that place, too, so that nothing is known of it behind a call (`assigned.rs`, `flow.rs`). The addresses
//! of frames are in locals by then.
//!
//! Of all others it is all or nothing: one function of which that isn't seen costs each store to any frame its elision (measured: a program's turns took 3 % longer,
//! and its code was a tenth larger). So it matters that the frame's address is known to the end of each function (`assigned.rs`).
//!
//! A function may be given an address in the frame of one further out. How many bytes from there on are still in that frame, or in those below, is the
//! parameter's *headroom*: the least of what its callers leave. Who can be called by others than those that are seen here is given any address.

use std::collections::BTreeSet;

use wasm_encoder::InstructionSink;

use super::body::Body;
use super::canaries::Stack;
use super::signatures::Signatures;
use super::value::Value;
use crate::Error;

/// What is dead in a module's functions.
pub(super) struct Frames {
    stack: Stack,
    /// Of each function that the module defines and each of its parameters: how many bytes from there on are dead. None where that isn't known:
    /// then those before it need not be dead either.
    headroom: Vec<Vec<Option<i32>>>,
}

/// What a module's functions may do to each other.
pub(super) struct Functions<'m, 'a> {
    pub(super) bodies: &'m [Body<'a>],
    pub(super) signatures: &'m Signatures,
    pub(super) imported: u32,
    /// Those that can be called from elsewhere: exported, in a table, or by a reference.
    pub(super) escaping: &'m BTreeSet<u32>,
}

impl Frames {
    /// None where a function takes the stack pointer higher than it was.
    pub(super) fn read(functions: &Functions<'_, '_>, stack: Stack) -> Result<Option<Self>, Error> {
        let mut calls = Vec::new();
        for (caller, body) in functions.bodies.iter().enumerate() {
            let Some(made) = body.calls(functions.signatures, stack.pointer)? else {
                return Ok(None);
            };
            calls.extend(made.into_iter().map(|call| (caller, call)));
        }
        // As if every caller left room without end, until one is seen that doesn't.
        let known = |(index, body): (usize, &Body<'_>)| {
            let escapes = functions
                .escaping
                .contains(&(functions.imported + index as u32));
            vec![(!escapes).then_some(i32::MAX); body.parameters as usize]
        };
        let mut headroom: Vec<Vec<Option<i32>>> =
            functions.bodies.iter().enumerate().map(known).collect();
        let mut changed = true;
        while changed {
            changed = false;
            for (caller, call) in &calls {
                let Some(callee) = call.function.checked_sub(functions.imported) else {
                    continue;
                };
                for (nth, argument) in call.arguments.iter().enumerate() {
                    let left = left_by(*argument, &headroom[*caller]);
                    let Some(least) = headroom[callee as usize].get_mut(nth) else {
                        continue;
                    };
                    let less = match (*least, left) {
                        (Some(least), Some(left)) => Some(least.min(left)),
                        _ => None,
                    };
                    changed |= less != *least;
                    *least = less;
                }
            }
        }
        // Nobody calls those of which nothing has become known.
        for least in headroom.iter_mut().flatten() {
            *least = least.filter(|least| *least != i32::MAX);
        }
        Ok(Some(Frames { stack, headroom }))
    }

    /// On the stack: what a function that catches sets the stack pointer to, which is not seen to be in its frame. Works with a local of type `i32`.
    pub(super) fn write_limit(&self, code: &mut InstructionSink<'_>, value: u32) {
        code.local_tee(value).global_get(self.stack.pointer);
        code.local_get(value).i32_const(self.stack.rest as i32);
        code.i32_le_u().select();
    }

    /// Whether a byte is dead, and all that lie below it in its frame. The function is counted among those that the module defines.
    pub(super) fn are_dead(&self, function: usize, last: Value) -> bool {
        if let Some(offset) = last.in_frame() {
            return offset < 0;
        }
        let Some((parameter, offset)) = last.in_parameter() else {
            return false;
        };
        let headroom = self.headroom[function].get(parameter as usize);
        headroom
            .copied()
            .flatten()
            .is_some_and(|headroom| offset < headroom)
    }
}

/// How many bytes from an address on are dead, which a function with this headroom gives to another one.
fn left_by(argument: Value, headroom: &[Option<i32>]) -> Option<i32> {
    let (room, offset) = match (argument.in_frame(), argument.in_parameter()) {
        (Some(offset), _) => (0, offset),
        (None, Some((parameter, offset))) => {
            (headroom.get(parameter as usize).copied().flatten()?, offset)
        }
        (None, None) => return None,
    };
    if room == i32::MAX {
        return Some(i32::MAX);
    }
    room.checked_sub(offset).filter(|left| *left > 0)
}

/// A call, and what is known of its arguments.
pub(super) struct Call {
    pub(super) function: u32,
    pub(super) arguments: Vec<Value>,
}
