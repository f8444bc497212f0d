//! The values of a function, as far as they are known.
//!
//! Values are symbolic: each is a *base* and a constant that is added to it. A base stands for some value that never changes: for one of which nothing
//! else is known (an *atom*), or for a sum of multiples of atoms. All is reckoned modulo 2³², as the program does it; so two values that are equal here
//! are equal there, however they were computed.

use std::collections::BTreeMap;

/// A base, and what is added to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Value {
    pub(super) base: u32,
    pub(super) offset: i32,
}

/// The base of constants.
const ZERO: u32 = 0;

/// The base of the stack pointer, as it was when the function was entered.
const FRAME: u32 = 1;

/// The base of the stack pointer at the entry, rounded down: of one that is so many bytes lower, by how much that loses.
const ROUNDED_FRAME: u32 = 2;

/// The base of the first parameter.
const PARAMETER: u32 = 3;

/// No function has as many (the JavaScript API's limit is 1,000).
const PARAMETERS: u32 = 4_096;

/// A sum of more terms is an atom.
const MOST_TERMS: usize = 4;

impl Value {
    pub(super) fn of_constant(offset: i32) -> Self {
        Value { base: ZERO, offset }
    }

    pub(super) fn of_base(base: u32) -> Self {
        Value { base, offset: 0 }
    }

    pub(super) fn of_parameter(parameter: u32) -> Self {
        Value {
            base: PARAMETER + parameter,
            offset: 0,
        }
    }

    pub(super) fn of_frame() -> Self {
        Value {
            base: FRAME,
            offset: 0,
        }
    }

    pub(super) fn plus(self, offset: i64) -> Self {
        Value {
            base: self.base,
            offset: self.offset.wrapping_add(offset as i32),
        }
    }

    pub(super) fn constant(self) -> Option<i32> {
        (self.base == ZERO).then_some(self.offset)
    }

    /// A parameter, as it was given, and what was added to it.
    pub(super) fn in_parameter(self) -> Option<(u32, i32)> {
        // Note: the bases of other values come behind those of all parameters.
        (self.base >= PARAMETER && self.base < PARAMETER + PARAMETERS)
            .then(|| (self.base - PARAMETER, self.offset))
    }

    /// Where it is at most, counted from the stack pointer at the function's entry.
    pub(super) fn in_frame(self) -> Option<i32> {
        matches!(self.base, FRAME | ROUNDED_FRAME).then_some(self.offset)
    }
}

/// An atom, and how many of it.
pub(super) type Term = (u32, i32);

/// The bases of a function.
pub(super) struct Values {
    next: u32,
    /// The bases that stand for sums, and what of. Terms are in the order of their atoms; none is of 0 atoms, and a single one is not of 1.
    sums: BTreeMap<Vec<Term>, u32>,
    terms: BTreeMap<u32, Vec<Term>>,
    /// What was rounded down in the frame, from where, and by which mask: a function does it once, where it has a variable of a large alignment.
    rounded: Option<(i32, i32)>,
}

impl Values {
    pub(super) fn new() -> Self {
        Values {
            next: PARAMETER + PARAMETERS,
            sums: BTreeMap::new(),
            terms: BTreeMap::new(),
            rounded: None,
        }
    }

    /// A value of which some of the lowest bits are cleared.
    pub(super) fn rounded(&mut self, value: Value, mask: i32) -> Value {
        let is_power = mask < 0 && mask.unsigned_abs().is_power_of_two();
        let how = (value.offset, mask);
        if value.base != FRAME || !is_power || *self.rounded.get_or_insert(how) != how {
            return self.fresh();
        }
        Value {
            base: ROUNDED_FRAME,
            ..value
        }
    }

    /// A value of which nothing is known.
    pub(super) fn fresh(&mut self) -> Value {
        self.next += 1;
        Value {
            base: self.next - 1,
            offset: 0,
        }
    }

    /// The bases from this one on have not been given yet.
    pub(super) fn next(&self) -> u32 {
        self.next
    }

    /// The bases from this one on are given anew.
    pub(super) fn forget(&mut self, next: u32) {
        for terms in self.terms.split_off(&next).values() {
            self.sums.remove(terms);
        }
        self.next = next;
    }

    /// What a base is the sum of.
    pub(super) fn terms(&self, base: u32) -> Vec<Term> {
        match self.terms.get(&base) {
            Some(terms) => terms.clone(),
            None if base == ZERO => Vec::new(),
            None => vec![(base, 1)],
        }
    }

    /// `a` and so many times `b`.
    pub(super) fn sum(&mut self, a: Value, b: Value, times: i32) -> Value {
        let offset = a.offset.wrapping_add(b.offset.wrapping_mul(times));
        let base = match (a.constant(), b.constant(), times) {
            (_, Some(_), _) => Some(a.base),
            (Some(_), None, 1) => Some(b.base),
            _ => {
                let mut terms: BTreeMap<u32, i32> = self.terms(a.base).into_iter().collect();
                for (atom, count) in self.terms(b.base) {
                    let sum = terms.entry(atom).or_default();
                    *sum = sum.wrapping_add(count.wrapping_mul(times));
                }
                self.base_of(terms.into_iter().filter(|term| term.1 != 0).collect())
            }
        };
        match base {
            Some(base) => Value { base, offset },
            None => self.fresh(),
        }
    }

    /// So many times a value.
    pub(super) fn product(&mut self, value: Value, times: i32) -> Value {
        self.sum(Value::of_constant(0), value, times)
    }

    fn base_of(&mut self, terms: Vec<Term>) -> Option<u32> {
        match terms[..] {
            [] => Some(ZERO),
            [(atom, 1)] => Some(atom),
            _ if terms.len() > MOST_TERMS => None,
            _ => Some(*self.sums.entry(terms).or_insert_with_key(|terms| {
                self.next += 1;
                self.terms.insert(self.next - 1, terms.clone());
                self.next - 1
            })),
        }
    }
}
