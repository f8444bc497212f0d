//! How often a loop is gone through at most, where that can be computed before it.
//!
//! A *trip* is one way from the loop's beginning back to it. What a trip adds to a local is its *step*; so with `more` trips gone, a value that is a sum
//! of multiples of locals has grown by `more` times its own step, modulo 2³². A step need not always be the same, if it is known to be between two
//! numbers: what a comparison gives (a *bit*) is 0 or 1, and sorting adds it, or a multiple of it, to where it writes next. Where an address is *chosen*
//! from two values, as sorting chooses the end that it writes to, it is one of two that are looked at each by itself.
//!
//! Another trip follows only where the test at the end of the trip has turned out so. Two kinds of tests are understood:
//!
//! - *A value isn't 0*, and goes towards 0 by its step, which isn't 0 itself. It meets 0 where it is a multiple of the step. Elsewhere it would go past 0
//!   and wrap around, and the loop is taken to be none that is counted.
//! - *One value is below another*, and only one of them moves, towards the other. Reckoned without wrapping around, it has reached the other after their
//!   distance, divided by the step and rounded up. It is known not to have wrapped around by then where, from the other one, there is still room for a
//!   step.
//!
//! Signed comparisons are unsigned ones of values that are 2³¹ greater.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::InstructionSink;
use wasmparser::Operator;

use super::flow::{Flow, Here};
use super::value::{Value, Values};

/// No step is longer, so that 64 bits are enough for whatever is reckoned with it.
const LONGEST_STEP: i64 = 1 << 20;

/// What makes a condition true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    /// A value is 0.
    Is(Value),
    /// A value is not 0.
    IsNot(Value),
    /// One value is below the other, or is the other; both unsigned.
    Below {
        low: Value,
        high: Value,
        or_equal: bool,
    },
}

impl Test {
    /// What a comparison of two values tells where it gives 1.
    fn read(operator: &Operator<'_>, [a, b]: [Value; 2], values: &mut Values) -> Option<Self> {
        use Operator as O;
        let shift = match operator {
            O::I32LtS | O::I32LeS | O::I32GtS | O::I32GeS => i64::from(i32::MIN),
            _ => 0,
        };
        let (low, high) = match operator {
            O::I32GtS | O::I32GeS | O::I32GtU | O::I32GeU => (b, a),
            _ => (a, b),
        };
        let below = |or_equal| Test::Below {
            low: low.plus(shift),
            high: high.plus(shift),
            or_equal,
        };
        Some(match operator {
            O::I32Eq => Test::Is(values.sum(a, b, -1)),
            O::I32Ne => Test::IsNot(values.sum(a, b, -1)),
            O::I32LtS | O::I32LtU | O::I32GtS | O::I32GtU => below(false),
            O::I32LeS | O::I32LeU | O::I32GeS | O::I32GeU => below(true),
            _ => return None,
        })
    }

    fn negated(self) -> Self {
        match self {
            Test::Is(value) => Test::IsNot(value),
            Test::IsNot(value) => Test::Is(value),
            Test::Below {
                low,
                high,
                or_equal,
            } => Test::Below {
                low: high,
                high: low,
                or_equal: !or_equal,
            },
        }
    }
}

/// What is known of a trip through a loop.
pub(super) struct Trip {
    /// Bases below stand for what was there before the loop.
    first: u32,
    /// The locals that the loop sets.
    locals: BTreeSet<u32>,
    /// The same, by the base of what is in them where a trip begins.
    set: BTreeMap<u32, Set>,
    /// Bases of values that are 0 or 1.
    bits: BTreeSet<u32>,
    /// Bases of values that were chosen, and what of.
    choices: BTreeMap<u32, [Value; 2]>,
    /// What the values stand for that comparisons gave.
    tests: BTreeMap<Value, Test>,
    /// What is true where another trip follows, if that is understood.
    again: Option<Test>,
}

/// A local that a loop sets.
struct Set {
    local: u32,
    /// What each trip adds to it, where something is known of that.
    step: Option<Step>,
}

/// What a trip adds to a value, at least and at most.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) least: i64,
    pub(super) most: i64,
}

/// An address of a store in a loop.
pub(super) struct Moving {
    /// What it is made of that is there before the loop: its value in the first trip, without bits.
    pub(super) begins: Value,
    pub(super) step: Step,
    /// What the bits in it add, at least and at most.
    pub(super) bits: Step,
}

impl Step {
    fn of(step: i64) -> Self {
        Step {
            least: step,
            most: step,
        }
    }

    fn plus(self, other: Self) -> Self {
        Step {
            least: self.least + other.least,
            most: self.most + other.most,
        }
    }

    fn times(self, count: i32) -> Self {
        let [a, b] = [self.least, self.most].map(|step| step * i64::from(count));
        Step {
            least: a.min(b),
            most: a.max(b),
        }
    }

    /// What a bit adds, so many times.
    fn of_bit(count: i32) -> Self {
        let bit = Step { least: 0, most: 1 };
        bit.times(count)
    }

    fn is_short(self) -> bool {
        self.least >= -LONGEST_STEP && self.most <= LONGEST_STEP
    }

    /// Whether nothing is ever added.
    pub(super) fn is_none(self) -> bool {
        self.exact() == Some(0)
    }

    /// Where it is always the same.
    fn exact(self) -> Option<i64> {
        (self.least == self.most).then_some(self.least)
    }
}

impl Set {
    fn new(local: u32) -> Self {
        Set { local, step: None }
    }
}

impl Trip {
    /// Before a loop that has only one branch, back to its beginning.
    pub(super) fn before(operators: &[(Operator<'_>, u64)], here: &Here) -> Self {
        let set = operators.iter().filter_map(|(operator, _)| match operator {
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                Some(*local_index)
            }
            _ => None,
        });
        Trip {
            first: here.next(),
            locals: set.collect(),
            set: BTreeMap::new(),
            bits: BTreeSet::new(),
            choices: BTreeMap::new(),
            tests: BTreeMap::new(),
            again: None,
        }
    }

    /// Behind an instruction of the loop. The operands are the three values that were topmost before it.
    pub(super) fn read(
        &mut self,
        operator: &Operator<'_>,
        [first, operands @ ..]: [Value; 3],
        flow: &mut Flow<'_>,
    ) {
        let test = match operator {
            Operator::Loop { .. } => {
                let begins = |local: &u32| (flow.local(*local).base, Set::new(*local));
                self.set = self.locals.iter().map(begins).collect();
                return;
            }
            Operator::BrIf { .. } => {
                for (base, set) in &mut self.set {
                    let (ends, begins) = (flow.local(set.local), Value::of_base(*base));
                    let step = flow.values().sum(ends, begins, -1);
                    let mut bits = flow.values().terms(step.base).into_iter();
                    let always = Step::of(step.offset.into());
                    let step = bits.try_fold(always, |step, (atom, count)| {
                        let is_bit = self.bits.contains(&atom);
                        is_bit.then(|| step.plus(Step::of_bit(count)))
                    });
                    set.step = step.filter(|step| step.is_short());
                }
                self.again = self.test_of(operands[1]);
                return;
            }
            Operator::Select | Operator::TypedSelect { .. } => {
                let chosen = flow.operand(0).base;
                self.choices.insert(chosen, [first, operands[0]]);
                return;
            }
            Operator::I32Eqz => self.test_of(operands[1]).map(Test::negated),
            _ => Test::read(operator, operands, flow.values()),
        };
        if gives_a_bit(operator) {
            self.bits.insert(flow.operand(0).base);
        }
        if let Some(test) = test {
            self.tests.insert(flow.operand(0), test);
        }
    }

    /// What makes a value true, unless it is a constant.
    fn test_of(&self, value: Value) -> Option<Test> {
        let is_unknown = value.constant().is_none();
        is_unknown.then(|| match self.tests.get(&value) {
            Some(test) => *test,
            None => Test::IsNot(value),
        })
    }

    /// What each trip adds to a value that is made of what is there before the loop, where something is known of that.
    fn step(&self, value: Value, values: &Values) -> Option<Step> {
        let mut sum = Step::of(0);
        for (atom, count) in values.terms(value.base) {
            let step = match self.set.get(&atom) {
                Some(set) => set.step?,
                None if atom < self.first => Step::of(0),
                None => return None,
            };
            sum = sum.plus(step.times(count));
        }
        sum.is_short().then_some(sum)
    }

    /// How an address moves, where that is known: each of those that it is chosen from.
    pub(super) fn moving(&self, address: Value, values: &mut Values) -> Option<Vec<Moving>> {
        let mut terms = values.terms(address.base).into_iter();
        let chosen = terms.find_map(|(atom, count)| Some((atom, count, self.choices.get(&atom)?)));
        let addresses = match chosen {
            None => vec![address],
            Some((atom, count, choice)) => {
                let rest = values.sum(address, Value::of_base(atom), count.wrapping_neg());
                choice.map(|value| values.sum(rest, value, count)).to_vec()
            }
        };
        let each = addresses.into_iter();
        each.map(|address| self.moving_as(address, values))
            .collect()
    }

    fn moving_as(&self, address: Value, values: &mut Values) -> Option<Moving> {
        let (mut begins, mut bits) = (address, Step::of(0));
        for (atom, count) in values.terms(address.base) {
            if self.bits.contains(&atom) {
                begins = values.sum(begins, Value::of_base(atom), count.wrapping_neg());
                bits = bits.plus(Step::of_bit(count));
            }
        }
        let step = self.step(begins, values)?;
        bits.is_short().then_some(Moving { begins, step, bits })
    }

    /// The local that holds an atom before the loop, if the loop sets it.
    pub(super) fn local(&self, atom: u32) -> Option<u32> {
        self.set.get(&atom).map(|set| set.local)
    }

    /// By what the trips can be counted.
    pub(super) fn count(&self, values: &Values) -> Option<Count> {
        Count::read(self.again?, |value| self.step(value, values)?.exact())
    }
}

/// By what the trips of a loop can be counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Count {
    /// This value goes down to 0, so much a trip.
    Down { from: Value, step: i64 },
    /// This value goes up to 2³², which is 0.
    Up { from: Value, step: i64 },
    /// The lower one goes up to the higher one, so much a trip, or the higher one down to it.
    Between {
        low: Value,
        high: Value,
        or_equal: bool,
        step: i64,
        goes_up: bool,
    },
}

impl Count {
    fn read(test: Test, step: impl Fn(Value) -> Option<i64>) -> Option<Self> {
        match test {
            Test::Is(_) => None,
            Test::IsNot(from) => match step(from)? {
                0 => None,
                step if step < 0 => Some(Count::Down { from, step: -step }),
                step => Some(Count::Up { from, step }),
            },
            Test::Below {
                low,
                high,
                or_equal,
            } => {
                let (step, goes_up) = match (step(low)?, step(high)?) {
                    (up, 0) if up > 0 => (up, true),
                    (0, down) if down < 0 => (down, false),
                    _ => return None,
                };
                Some(Count::Between {
                    low,
                    high,
                    or_equal,
                    step: step.abs(),
                    goes_up,
                })
            }
        }
    }

    /// The values that have to be had before the loop.
    pub(super) fn values(&self) -> Vec<Value> {
        match *self {
            Count::Down { from, .. } | Count::Up { from, .. } => vec![from],
            Count::Between { low, high, .. } => vec![low, high],
        }
    }

    /// Puts into a local how many trips follow the first one at most, an `i64` of less than 2³³, and on the stack whether that is so.
    ///
    /// @param push puts one of the values on the stack
    pub(super) fn write(
        &self,
        code: &mut InstructionSink<'_>,
        more: u32,
        mut push: impl FnMut(&mut InstructionSink<'_>, Value),
    ) {
        match *self {
            Count::Down { from, step } | Count::Up { from, step } => {
                if matches!(self, Count::Up { .. }) {
                    code.i32_const(0);
                    push(code, from);
                    code.i32_sub();
                } else {
                    push(code, from);
                }
                code.i64_extend_i32_u().local_tee(more);
                code.local_get(more);
                divide(code, step);
                // Whether it is a multiple.
                code.local_tee(more).i64_const(step).i64_mul();
                code.i64_eq();
            }
            Count::Between {
                low,
                high,
                or_equal,
                step,
                goes_up,
            } => {
                let or_equal = i64::from(or_equal);
                push(code, high);
                code.i64_extend_i32_u().i64_const(or_equal).i64_add();
                push(code, low);
                code.i64_extend_i32_u().i64_sub().local_tee(more);
                code.i64_const(0);
                code.local_get(more).i64_const(0).i64_gt_s().select();
                code.i64_const(step - 1).i64_add();
                divide(code, step);
                code.local_set(more);
                // Whether there is room for a step behind where it ends.
                if goes_up {
                    push(code, high);
                    code.i64_extend_i32_u();
                    code.i64_const((1 << 32) - step - or_equal).i64_le_u();
                } else {
                    push(code, low);
                    code.i64_extend_i32_u();
                    code.i64_const(step - 1 + or_equal).i64_ge_u();
                }
            }
        }
    }
}

/// Divides what is on the stack, rounded down. (Engines divide 64 bits slowly.)
fn divide(code: &mut InstructionSink<'_>, step: i64) {
    if step.count_ones() == 1 {
        code.i64_const(step.trailing_zeros().into()).i64_shr_u();
    } else {
        code.i64_const(step).i64_div_u();
    }
}

/// Whether an instruction gives 0 or 1.
fn gives_a_bit(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::I32Eqz
            | O::I32Eq
            | O::I32Ne
            | O::I32LtS
            | O::I32LtU
            | O::I32GtS
            | O::I32GtU
            | O::I32LeS
            | O::I32LeU
            | O::I32GeS
            | O::I32GeU
            | O::I64Eqz
            | O::I64Eq
            | O::I64Ne
            | O::I64LtS
            | O::I64LtU
            | O::I64GtS
            | O::I64GtU
            | O::I64LeS
            | O::I64LeU
            | O::I64GeS
            | O::I64GeU
            | O::F32Eq
            | O::F32Ne
            | O::F32Lt
            | O::F32Gt
            | O::F32Le
            | O::F32Ge
            | O::F64Eq
            | O::F64Ne
            | O::F64Lt
            | O::F64Gt
            | O::F64Le
            | O::F64Ge
    )
}
