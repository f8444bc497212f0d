//! Which locals are different when a loop begins again.
//!
//! An instruction that sets a local matters to a loop only where the program can come from there back to the loop's beginning. It often can't: compilers
//! use the local of a frame's address for something else on a way that ends in a panic, and what is known of the frame must not be lost by that.
//!
//! The argument: the body is read backwards, and at each place it is known which of the loops around it may begin again from there without another of
//! them beginning again before. Where a loop inside of another one begins again, the outer one still may if it may from the inner one's beginning.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{Catch, Operator};

/// What the instructions of a block set, by the place of its first.
#[derive(Default)]
pub(super) struct Assigned {
    pub(super) locals: BTreeSet<u32>,
    pub(super) stack_pointer: bool,
}

impl Assigned {
    fn add(&mut self, set: Set) {
        match set {
            Set::Local(local) => {
                self.locals.insert(local);
            }
            Set::StackPointer => self.stack_pointer = true,
        }
    }
}

/// What an instruction sets.
#[derive(Clone, Copy)]
enum Set {
    Local(u32),
    StackPointer,
}

impl Set {
    fn read(operator: &Operator<'_>, stack_pointer: Option<u32>) -> Option<Self> {
        match *operator {
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                Some(Set::Local(local_index))
            }
            Operator::GlobalSet { global_index } if Some(global_index) == stack_pointer => {
                Some(Set::StackPointer)
            }
            // Whatever is called may leave it lower, which is what happens where something is thrown.
            Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. } => {
                Some(Set::StackPointer)
            }
            _ => None,
        }
    }
}

/// Loops, by the places where they begin.
type Loops = BTreeSet<usize>;

/// What is set in each loop before it begins again, and in what each `try` tries at all: whatever in it may throw.
pub(super) fn assigned(
    operators: &[(Operator<'_>, u64)],
    stack_pointer: Option<u32>,
) -> BTreeMap<usize, Assigned> {
    let Extents { begins, catches } = extents(operators);
    let mut backwards = Backwards {
        open: Vec::new(),
        ahead: Loops::new(),
        thrown: Loops::new(),
        from_beginning: BTreeMap::new(),
        all: BTreeMap::new(),
    };
    for (place, (operator, _)) in operators.iter().enumerate().rev() {
        let block = begins
            .get(&place)
            .map(|begin| (*begin, operators.get(*begin)));
        if let Some(set) = Set::read(operator, stack_pointer) {
            backwards.sets(set, |begin| {
                catches.get(&begin).is_none_or(|catch| place < *catch)
            });
        }
        match block {
            Some((begin, block)) => backwards.end(operator, begin, block.map(|block| &block.0)),
            None => backwards.pass(operator, place),
        }
        backwards.ahead.extend(&backwards.thrown);
    }
    backwards.finish()
}

/// Where blocks begin and end.
struct Extents {
    /// Where they begin, by where they end. What the body itself ends by begins behind all.
    begins: BTreeMap<usize, usize>,
    /// Where what a `try` tries ends, by where it begins, if a `catch` follows.
    catches: BTreeMap<usize, usize>,
}

fn extents(operators: &[(Operator<'_>, u64)]) -> Extents {
    let mut open = Vec::new();
    let (mut begins, mut catches) = (BTreeMap::new(), BTreeMap::new());
    for (place, (operator, _)) in operators.iter().enumerate() {
        match operator {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Try { .. }
            | Operator::TryTable { .. } => open.push(place),
            Operator::Catch { .. } | Operator::CatchAll => {
                if let Some(begin) = open.last() {
                    catches.entry(*begin).or_insert(place);
                }
            }
            Operator::End | Operator::Delegate { .. } => {
                begins.insert(place, open.pop().unwrap_or(operators.len()));
            }
            _ => {}
        }
    }
    Extents { begins, catches }
}

/// A block that is being read, from its end.
struct Open {
    begin: usize,
    is_loop: bool,
    is_try: bool,
    /// What may begin again from where branches to it lead, from its end, and from its `else`.
    target: Loops,
    end: Loops,
    other: Option<Loops>,
    /// What may begin again from where something goes that is thrown around it.
    thrown: Loops,
}

/// A body of which everything behind a place has been read.
struct Backwards {
    open: Vec<Open>,
    /// The loops that may begin again from here.
    ahead: Loops,
    /// Those that may from where something goes that is thrown here.
    thrown: Loops,
    /// Those that may from a loop's beginning.
    from_beginning: BTreeMap<usize, Loops>,
    all: BTreeMap<usize, Assigned>,
}

impl Backwards {
    /// @param is_tried whether what is thrown here is caught by a `try` that begins there
    fn sets(&mut self, set: Set, is_tried: impl Fn(usize) -> bool) {
        for begin in &self.ahead {
            self.all.entry(*begin).or_default().add(set);
        }
        let tries = self.open.iter().filter(|block| block.is_try);
        for block in tries.filter(|block| is_tried(block.begin)) {
            self.all.entry(block.begin).or_default().add(set);
        }
    }

    fn end(&mut self, operator: &Operator<'_>, begin: usize, block: Option<&Operator<'_>>) {
        let is_loop = matches!(block, Some(Operator::Loop { .. }));
        let thrown = self.thrown.clone();
        match (operator, block) {
            // Thrown on from a block further out: that may be any.
            (Operator::Delegate { .. }, _) => {
                let loops = self.open.iter().filter(|block| block.is_loop);
                self.thrown.extend(loops.map(|block| block.begin));
            }
            (_, Some(Operator::TryTable { try_table })) => {
                for catch in &try_table.catches {
                    let (Catch::One { label, .. }
                    | Catch::OneRef { label, .. }
                    | Catch::All { label }
                    | Catch::AllRef { label }) = *catch;
                    let caught = self.target(label).clone();
                    self.thrown.extend(caught);
                }
            }
            _ => {}
        }
        self.open.push(Open {
            begin,
            is_loop,
            is_try: matches!(
                block,
                Some(Operator::Try { .. } | Operator::TryTable { .. })
            ),
            target: if is_loop {
                Loops::from([begin])
            } else {
                self.ahead.clone()
            },
            end: self.ahead.clone(),
            other: None,
            thrown,
        });
    }

    fn pass(&mut self, operator: &Operator<'_>, place: usize) {
        use Operator as O;
        match *operator {
            O::Else => {
                if let Some(block) = self.open.last_mut() {
                    block.other = Some(std::mem::replace(&mut self.ahead, block.end.clone()));
                }
            }
            // Note: what is thrown in another `catch` doesn't come here. To say that it may is simpler.
            O::Catch { .. } | O::CatchAll => {
                if let Some(block) = self.open.last() {
                    self.thrown.extend(&self.ahead);
                    self.ahead.clone_from(&block.end);
                }
            }
            O::Block { .. }
            | O::Loop { .. }
            | O::If { .. }
            | O::Try { .. }
            | O::TryTable { .. } => {
                self.begin(operator, place);
            }
            O::Br { relative_depth } => self.ahead = self.target(relative_depth).clone(),
            O::BrIf { relative_depth }
            | O::BrOnNull { relative_depth }
            | O::BrOnNonNull { relative_depth }
            | O::BrOnCast { relative_depth, .. }
            | O::BrOnCastFail { relative_depth, .. }
            | O::BrOnCastDescEq { relative_depth, .. }
            | O::BrOnCastDescEqFail { relative_depth, .. } => {
                let target = self.target(relative_depth).clone();
                self.ahead.extend(target);
            }
            O::BrTable { ref targets } => {
                self.ahead = self.target(targets.default()).clone();
                for target in targets.targets().flatten() {
                    let target = self.target(target).clone();
                    self.ahead.extend(target);
                }
            }
            O::Return
            | O::Unreachable
            | O::ReturnCall { .. }
            | O::ReturnCallIndirect { .. }
            | O::ReturnCallRef { .. }
            | O::Throw { .. }
            | O::ThrowRef
            | O::Rethrow { .. } => self.ahead.clear(),
            _ => {}
        }
    }

    fn begin(&mut self, operator: &Operator<'_>, place: usize) {
        let Some(block) = self.open.pop() else {
            return;
        };
        if let Operator::If { .. } = operator {
            self.ahead.extend(block.other.unwrap_or(block.end));
        }
        if block.is_loop {
            self.ahead.remove(&place);
            self.from_beginning.insert(place, self.ahead.clone());
        }
        self.thrown = block.thrown;
    }

    /// From where a branch leads, so many blocks further out.
    fn target(&self, depth: u32) -> &Loops {
        &self.open[self.open.len() - 1 - depth as usize].target
    }

    /// What is set before an inner loop begins again is set before the outer one does, if that may begin again from there. The innermost come first.
    fn finish(self) -> BTreeMap<usize, Assigned> {
        let mut all = self.all;
        for (begin, ahead) in self.from_beginning.into_iter().rev() {
            for outer in ahead {
                let Some(inner) = all.remove(&begin) else {
                    break;
                };
                let of_outer = all.entry(outer).or_default();
                of_outer.locals.extend(&inner.locals);
                of_outer.stack_pointer |= inner.stack_pointer;
                all.insert(begin, inner);
            }
        }
        all
    }
}
