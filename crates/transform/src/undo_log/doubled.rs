//! Loops that are written twice: once with barriers, and once without those whose addresses can be computed before the loop.
//!
//! Where a loop stores to an address that grows by the same *step* in each trip, and it is known how many trips there are at most (`trips.rs`), all that it
//! may store to there is one *range*. Before the loop, the ranges are logged; then the copy goes on that has no barriers for them. The copy with
//! barriers does where that can't be done: where the trips can't be counted after all, or a range isn't wholly the program's memory or is too long.
//!
//! The argument: an address is known modulo 2³², as what it is in the first trip, and its step. Reckoned in 64 bits, without wrapping around, its range
//! is all that it goes through, if none of it is below 0 or behind the end of the memory: then nothing in it differs from what the program computes.
//! For addresses at constant distances from each other, it is enough to look at the lowest one and the ends of all. Where a step is only known to be
//! between two numbers, the range is what both together may go through.
//! More may be logged than the program writes. That costs time and room in the log, but loses nothing. At the same places of both copies the same is
//! logged, so that what is known behind the loop is known behind each of them.
//!
//! Only *straight* loops are written twice: a single branch leads back to the beginning, and nothing else leads anywhere. Those have no other loop inside,
//! so that no code is copied more than once, and they go on to their last trip, so that little is logged for nothing. (Measured: a second copy of loops
//! with other branches gained nothing, and small requests lost a tenth by it.)

use std::collections::BTreeMap;

use wasm_encoder::{BlockType, InstructionSink};
use wasmparser::Operator;

use super::flow::Here;
use super::layout::GRANULE;
use super::trips::{Count, Moving, Step, Trip};
use super::value::{Value, Values};

/// A loop of more instructions isn't written twice.
const MOST_INSTRUCTIONS: usize = 400;

/// More is not logged at once, in bytes: what a loop would write only after long may be left to it.
const LONGEST: i64 = 1 << 20;

/// Fewer trips after the first are better off with barriers. (Measured: loops over a few bytes are many, where text is written.)
const FEWEST: i64 = 8;

/// A store that has a barrier.
#[derive(Debug, Clone, Copy)]
pub(super) struct Store {
    /// Which instruction of the function it is.
    pub(super) place: usize,
    pub(super) address: Value,
    /// What is added to the address, which doesn't wrap around.
    pub(super) offset: u64,
    pub(super) width: u8,
}

/// Where a loop ends, counted from where it begins, if it is a straight one.
pub(super) fn end_of(operators: &[(Operator<'_>, u64)]) -> Option<usize> {
    let mut operators = operators.iter().map(|(operator, _)| operator).enumerate();
    let takes_nothing = !matches!(
        operators.next()?.1,
        Operator::Loop {
            blockty: wasmparser::BlockType::FuncType(_)
        }
    );
    let mut goes_back = false;
    for (place, operator) in operators.take(MOST_INSTRUCTIONS) {
        match operator {
            Operator::End => return (goes_back && takes_nothing).then_some(place),
            Operator::BrIf { relative_depth: 0 } if !goes_back => goes_back = true,
            other if is_plain(other) => {}
            _ => return None,
        }
    }
    None
}

/// Whether an instruction leads nowhere else than to the next one.
fn is_plain(operator: &Operator<'_>) -> bool {
    use Operator as O;
    !matches!(
        operator,
        O::Block { .. }
            | O::Loop { .. }
            | O::If { .. }
            | O::Else
            | O::Try { .. }
            | O::TryTable { .. }
            | O::Catch { .. }
            | O::CatchAll
            | O::Delegate { .. }
            | O::Throw { .. }
            | O::ThrowRef
            | O::Rethrow { .. }
            | O::Br { .. }
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::BrOnNull { .. }
            | O::BrOnNonNull { .. }
            | O::BrOnCast { .. }
            | O::BrOnCastFail { .. }
            | O::BrOnCastDescEq { .. }
            | O::BrOnCastDescEqFail { .. }
            | O::Return
            | O::ReturnCall { .. }
            | O::ReturnCallIndirect { .. }
            | O::ReturnCallRef { .. }
            | O::Unreachable
    )
}

/// What is logged before a loop.
pub(super) struct Ranges {
    /// How many trips there are. None where it doesn't matter.
    count: Option<Count>,
    ranges: Vec<Range>,
    /// The stores that need no barrier then, by their places.
    pub(super) stores: Vec<usize>,
    /// In which locals the bases are that addresses and trips are made of, and what to add to that.
    held: BTreeMap<u32, (u32, i32)>,
}

/// What some stores of a loop write to, which are close to each other. All is counted from an address in the first trip.
struct Range {
    /// That address.
    address: Value,
    step: Step,
    /// The lowest address that is stored to in the first trip, before an instruction adds its offset.
    lowest: i64,
    /// Where the bytes begin that are written in the first trip, and where they end.
    start: i64,
    end: i64,
}

impl Range {
    /// What one store writes, counted from another address of the same base.
    fn read(store: &Store, moving: &Moving, from: Value) -> Self {
        let lowest = i64::from(moving.begins.offset) - i64::from(from.offset);
        let start = lowest + store.offset as i64;
        Range {
            address: from,
            step: moving.step,
            lowest: lowest + moving.bits.least,
            start: start + moving.bits.least,
            end: start + moving.bits.most + i64::from(store.width),
        }
    }

    fn is_close(&self, other: &Self) -> bool {
        let gap = i64::from(GRANULE);
        other.start <= self.end + gap && self.start <= other.end + gap
    }

    fn join(&mut self, other: &Self) {
        self.lowest = self.lowest.min(other.lowest);
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
    }
}

impl Ranges {
    /// Of the stores that have barriers in a loop. None where nothing of them can be logged before the loop.
    ///
    /// @param before what holds before the loop
    /// @param values also those of the loop
    pub(super) fn read(
        stores: &[Store],
        trip: &Trip,
        before: &Here,
        values: &mut Values,
    ) -> Option<Self> {
        let mut held = BTreeMap::new();
        // Whether the program has a value before the loop: as it is, or all that it is the sum of.
        let mut is_there = |value: Value, values: &Values| {
            let base = Value::of_base(value.base);
            // Note: a constant is there without a local. One that holds it may be of another type: all locals are zero at first.
            if values.terms(value.base).is_empty() {
                return true;
            }
            if let Some(found) = before.local_for(base) {
                held.insert(value.base, found);
                return true;
            }
            values.terms(value.base).into_iter().all(|(atom, _)| {
                let found = match trip.local(atom) {
                    Some(local) => Some((local, 0)),
                    None => before.local_for(Value::of_base(atom)),
                };
                held.extend(found.map(|found| (atom, found)));
                found.is_some()
            })
        };
        let count = trip.count(values).filter(|count| {
            let mut all = count.values().into_iter();
            all.all(|value| is_there(value, values))
        });
        let (mut known, mut places) = (Vec::new(), Vec::new());
        for store in stores {
            let Some(moving) = trip.moving(store.address, values) else {
                continue;
            };
            let mut each = moving.iter();
            if each.all(|moving| {
                (moving.step.is_none() || count.is_some()) && is_there(moving.begins, values)
            }) {
                known.extend(moving.into_iter().map(|moving| (moving, store)));
                places.push(store.place);
            }
        }
        known.sort_by_key(|(moving, store)| (moving.begins, store.offset));
        let mut ranges: Vec<Range> = Vec::new();
        for (moving, store) in &known {
            let joined = ranges.last_mut().is_some_and(|last| {
                let range = Range::read(store, moving, last.address);
                let joins = last.address.base == moving.begins.base && last.is_close(&range);
                if joins {
                    last.join(&range);
                }
                joins
            });
            if !joined {
                ranges.push(Range::read(store, moving, moving.begins));
            }
        }
        (!ranges.is_empty()).then(|| Ranges {
            count: count.filter(|_| ranges.iter().any(|range| !range.step.is_none())),
            stores: places,
            held,
            ranges,
        })
    }

    /// Logs the ranges, and puts on the stack whether that was done. Works with three locals of type `i64`.
    ///
    /// @param range the routine that logs one
    pub(super) fn write(
        &self,
        code: &mut InstructionSink<'_>,
        values: &Values,
        range_routine: u32,
        [more, start, lowest]: [u32; 3],
    ) {
        let push = |code: &mut InstructionSink<'_>, value: Value| self.push(code, value, values);
        let mut open = 0;
        let mut and_then = |code: &mut InstructionSink<'_>| {
            code.if_(BlockType::Result(wasm_encoder::ValType::I32));
            open += 1;
        };
        if let Some(count) = self.count {
            count.write(code, more, push);
            code.local_get(more).i64_const(FEWEST).i64_ge_u().i32_and();
            and_then(code);
        }
        for (nth, range) in self.ranges.iter().enumerate() {
            if nth > 0 {
                and_then(code);
            }
            push(code, range.address);
            code.i64_extend_i32_u().local_set(start);
            if range.step.least < 0 {
                code.local_get(start).local_get(more);
                code.i64_const(range.step.least).i64_mul().i64_add();
            } else {
                code.local_get(start);
            }
            // None of the addresses may be below 0.
            if range.step.least < 0 || range.lowest < 0 {
                code.local_tee(lowest).i64_const(range.lowest).i64_add();
                code.i64_const(0).i64_ge_s();
                and_then(code);
                code.local_get(lowest);
            }
            code.i64_const(range.start).i64_add();
            code.local_get(start).i64_const(range.end).i64_add();
            if range.step.most > 0 {
                code.local_get(more);
                code.i64_const(range.step.most).i64_mul().i64_add();
            }
            code.i64_const(LONGEST).call(range_routine);
        }
        for _ in 0..open {
            code.else_().i32_const(0).end();
        }
    }

    /// A value as it is before the loop.
    fn push(&self, code: &mut InstructionSink<'_>, value: Value, values: &Values) {
        code.i32_const(value.offset);
        let terms = match self.held.contains_key(&value.base) {
            true => vec![(value.base, 1)],
            false => values.terms(value.base),
        };
        for (base, count) in terms {
            let (local, offset) = self.held[&base];
            code.local_get(local);
            if offset != 0 {
                code.i32_const(offset).i32_add();
            }
            if count != 1 {
                code.i32_const(count).i32_mul();
            }
            code.i32_add();
        }
    }
}
