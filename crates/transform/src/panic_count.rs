//! Where the standard library counts the panics that go on.
//!
//! `std::panicking::panic_count` (Rust 1.71 and later) counts them in two statics: `GLOBAL_PANIC_COUNT`, whose top bit says that
//! every panic is to abort, and `LOCAL_PANIC_COUNT`, a word followed by a byte that says whether the panic hook runs. Neither has
//! a symbol in the binary, so both are known by the code that changes them. `increase` adds 1 to the global count, looks at the top bit
//! of what was there, reads and writes the byte, and adds 1 to the local count. `decrease`, wherever panics are caught, subtracts 1
//! from both and clears the byte. A standard library that is optimised for size has the address of the local count from a function
//! that only returns it, which is known by its name; without names, `decrease` has to do. Where functions disagree nothing is found: by a
//! wrong address, healthy instances would be taken for panicking ones.

use std::collections::BTreeMap;

use wasmparser::{MemArg, MemArgTarget, Operator};

/// The two counts, by their addresses.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Counts {
    global: u32,
    local: u32,
}

/// Where the byte is that says whether the panic hook runs, from the local count on.
const IN_HOOK: u32 = 4;

/// A function that changes or looks at more addresses is none of the standard library's, whatever was inlined into it. All of them are
/// compared with all others, so that one with many counters of its own would take long.
const MOST_ADDRESSES: usize = 256;

/// Of how many locals something is known at once.
const MOST_LOCALS: usize = 256;

/// What all functions that were read tell.
#[derive(Default)]
pub(crate) struct PanicCount {
    /// Counts that `increase` changes, where all of it is in one function.
    increased: Vec<Counts>,
    decreased: Vec<Counts>,
    /// What may be global counts: words to which 1 is added, and of which the top bit is looked at.
    globals: Vec<u32>,
    /// How many functions have been read.
    bodies: u32,
    /// The functions that only return a constant, by their place in the code, and the constant.
    constants: Vec<(u32, u32)>,
    /// Kept from one function to the next, for its room.
    reading: Reading,
}

impl PanicCount {
    /// Begins to read a function.
    pub(crate) fn begin(&mut self) -> Reading {
        std::mem::take(&mut self.reading)
    }

    /// The function has been read to its end.
    pub(crate) fn end(&mut self, mut reading: Reading) {
        if !reading.counts_much() {
            self.increased.extend(reading.increase());
            self.decreased.extend(reading.decrease());
            self.globals.extend(reading.globals());
        }
        if let Body::Constant(value) = reading.body {
            self.constants.push((self.bodies, value));
        }
        self.bodies += 1;
        reading.clear();
        self.reading = reading;
    }

    /// The address of the local count.
    ///
    /// `imported` is how many functions are imported: their indices come before those of functions that were read.
    pub(crate) fn found(&self, imported: u32, names: &BTreeMap<u32, String>) -> Option<u32> {
        let is_named = |(body, _): &&(u32, u32)| {
            let name = names.get(&(imported + body));
            name.is_some_and(|name| name.contains("LOCAL_PANIC_COUNT"))
        };
        let is_decreased = |counts: &&Counts| self.decreased.contains(counts);
        let is_global = |counts: &&Counts| self.globals.contains(&counts.global);
        let local = |counts: &Counts| counts.local;
        match (self.increased.is_empty(), self.decreased.is_empty()) {
            (false, true) => only(self.increased.iter().map(local)),
            (false, false) => only(self.increased.iter().filter(is_decreased).map(local)),
            (true, _) => {
                let named = self.constants.iter().filter(is_named);
                only(named.map(|&(_, address)| address))
                    .or_else(|| only(self.decreased.iter().filter(is_global).map(local)))
            }
        }
    }
}

/// The address on which all agree.
fn only(mut addresses: impl Iterator<Item = u32>) -> Option<u32> {
    let address = addresses.next()?;
    addresses.all(|other| other == address).then_some(address)
}

/// What the whole of a function is.
#[derive(Clone, Copy, Default, PartialEq)]
enum Body {
    #[default]
    Empty,
    /// It returns a constant.
    Constant(u32),
    Other,
}

/// What is known of a value on the stack or in a local.
#[derive(Clone, Copy, Default, PartialEq)]
enum Value {
    #[default]
    Unknown,
    Constant(u32),
    /// The word at an address that is in the code, and what was added to it.
    Word {
        address: u32,
        plus: i32,
    },
}

/// What one function does to words and bytes whose addresses are in its code. Its instructions are run on a stack of [`Value`]s: those
/// that aren't known here leave an empty one, and where ways through the function meet nothing is known of its locals.
#[derive(Default)]
pub(crate) struct Reading {
    body: Body,
    stack: Vec<Value>,
    locals: Vec<(u32, Value)>,
    incremented: Vec<u32>,
    decremented: Vec<u32>,
    /// The words of which the sign is looked at.
    signs: Vec<u32>,
    bytes_read: Vec<u32>,
    bytes_written: Vec<u32>,
}

impl Reading {
    /// Reads the next instruction.
    pub(crate) fn note(&mut self, operator: &Operator<'_>) {
        self.body = match (self.body, operator) {
            (Body::Empty, &Operator::I32Const { value }) => Body::Constant(value as u32),
            (constant @ Body::Constant(_), Operator::Return | Operator::End) => constant,
            _ => Body::Other,
        };
        match *operator {
            Operator::Nop | Operator::Block { .. } | Operator::Try { .. } => {}
            Operator::I32Const { value } => self.push(Value::Constant(value as u32)),
            Operator::LocalGet { local_index } => self.push(self.local(local_index)),
            Operator::LocalSet { local_index } => self.set_local(local_index),
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                self.push(value);
                self.set_local(local_index);
                self.push(value);
            }
            Operator::GlobalGet { .. } => self.push(Value::Unknown),
            Operator::Drop
            | Operator::If { .. }
            | Operator::BrIf { .. }
            | Operator::GlobalSet { .. } => {
                self.pop();
            }
            Operator::I32Load { memarg } => {
                let word = self.address(&memarg);
                self.push(word.map_or(Value::Unknown, |address| Value::Word { address, plus: 0 }));
            }
            Operator::I32Load8U { memarg } | Operator::I32Load8S { memarg } => {
                let byte = self.address(&memarg);
                self.bytes_read.extend(byte);
                self.push(Value::Unknown);
            }
            Operator::I32Store { memarg } => {
                let value = self.pop();
                let address = self.address(&memarg);
                match value {
                    Value::Word {
                        address: of,
                        plus: 1,
                    } if Some(of) == address => self.incremented.push(of),
                    Value::Word {
                        address: of,
                        plus: -1,
                    } if Some(of) == address => self.decremented.push(of),
                    _ => {}
                }
            }
            Operator::I32Store8 { memarg } => {
                self.pop();
                let byte = self.address(&memarg);
                self.bytes_written.extend(byte);
            }
            Operator::I32Add => self.add(|n| n),
            Operator::I32Sub => self.add(i32::wrapping_neg),
            Operator::I32LtS | Operator::I32GeS => self.compare(0),
            Operator::I32GtS | Operator::I32LeS => self.compare(-1),
            Operator::I32And => self.mask(),
            Operator::I32Eqz => {
                self.pop();
                self.push(Value::Unknown);
            }
            Operator::Loop { .. }
            | Operator::Else
            | Operator::End
            | Operator::Catch { .. }
            | Operator::CatchAll
            | Operator::Delegate { .. } => {
                self.stack.clear();
                self.locals.clear();
            }
            _ => self.stack.clear(),
        }
    }

    /// As [`PanicCount::begin`] gives it.
    fn clear(&mut self) {
        let Reading {
            body,
            stack,
            locals,
            incremented,
            decremented,
            signs,
            bytes_read,
            bytes_written,
        } = self;
        *body = Body::Empty;
        stack.clear();
        locals.clear();
        for addresses in [incremented, decremented, signs, bytes_read, bytes_written] {
            addresses.clear();
        }
    }

    /// Whether there are more addresses than can be compared.
    fn counts_much(&self) -> bool {
        let Reading {
            incremented,
            decremented,
            signs,
            bytes_read,
            bytes_written,
            ..
        } = self;
        [incremented, decremented, signs, bytes_read, bytes_written]
            .iter()
            .any(|addresses| addresses.len() > MOST_ADDRESSES)
    }

    /// The counts that this function increases.
    fn increase(&self) -> impl Iterator<Item = Counts> + '_ {
        pairs(&self.incremented).filter(|&Counts { global, local }| {
            let in_hook = local.wrapping_add(IN_HOOK);
            self.signs.contains(&global)
                && !self.signs.contains(&local)
                && self.bytes_read.contains(&in_hook)
                && self.bytes_written.contains(&in_hook)
        })
    }

    /// What may be global counts.
    fn globals(&self) -> impl Iterator<Item = u32> + '_ {
        let words = self.incremented.iter().copied();
        words.filter(|word| self.signs.contains(word))
    }

    /// The counts that this function decreases.
    fn decrease(&self) -> impl Iterator<Item = Counts> + '_ {
        pairs(&self.decremented).filter(|Counts { local, .. }| {
            self.bytes_written.contains(&local.wrapping_add(IN_HOOK))
        })
    }

    fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    fn pop(&mut self) -> Value {
        self.stack.pop().unwrap_or_default()
    }

    fn local(&self, index: u32) -> Value {
        let known = self.locals.iter().find(|(local, _)| *local == index);
        known.map_or(Value::Unknown, |&(_, value)| value)
    }

    fn set_local(&mut self, index: u32) {
        let value = self.pop();
        self.locals.retain(|(local, _)| *local != index);
        if value != Value::Unknown && self.locals.len() < MOST_LOCALS {
            self.locals.push((index, value));
        }
    }

    /// Takes an address off the stack, which is known when all of it is in the code.
    fn address(&mut self, memarg: &MemArg) -> Option<u32> {
        match self.pop() {
            Value::Constant(base) if memarg.target == MemArgTarget::Memory(0) => {
                base.checked_add(u32::try_from(memarg.offset).ok()?)
            }
            _ => None,
        }
    }

    /// `i32.add`, or what else adds: `signed` of the second operand.
    fn add(&mut self, signed: impl Fn(i32) -> i32) {
        let (second, first) = (self.pop(), self.pop());
        self.push(match (first, second) {
            (Value::Word { address, plus }, Value::Constant(n)) => Value::Word {
                address,
                plus: plus.wrapping_add(signed(n as i32)),
            },
            (Value::Constant(a), Value::Constant(b)) => {
                Value::Constant(a.wrapping_add(signed(b as i32) as u32))
            }
            _ => Value::Unknown,
        });
    }

    /// A comparison, which looks at the sign of a word where it is with `bound`.
    fn compare(&mut self, bound: i32) {
        let (second, first) = (self.pop(), self.pop());
        if let (Value::Word { address, plus: 0 }, Value::Constant(n)) = (first, second) {
            if n as i32 == bound {
                self.signs.push(address);
            }
        }
        self.push(Value::Unknown);
    }

    fn mask(&mut self) {
        let (second, first) = (self.pop(), self.pop());
        if let (Value::Word { address, plus: 0 }, Value::Constant(0x8000_0000)) = (first, second) {
            self.signs.push(address);
        }
        self.push(Value::Unknown);
    }
}

/// Every two of the addresses, in either order.
fn pairs(addresses: &[u32]) -> impl Iterator<Item = Counts> + '_ {
    addresses.iter().flat_map(move |&global| {
        let others = addresses.iter().filter(move |&&local| local != global);
        others.map(move |&local| Counts { global, local })
    })
}
