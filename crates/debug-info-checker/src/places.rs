//! Which instruction of the original each one of the new code comes from.

use wasm_revive_transform::CodeMap;
use wasmparser::Operator;

use crate::module::Module;

pub(crate) struct Places {
    /// Of each instruction of the new code, in order: where it is, and which one of the original it comes from.
    pub(crate) new: Vec<(u64, usize)>,
    /// How many instructions of the new code come from each of the original.
    pub(crate) count: Vec<usize>,
    /// Which of the originals are at several places.
    doubled: Vec<bool>,
}

impl Places {
    /// Reads a map, and checks that it is right.
    pub(crate) fn read(old: &Module<'_>, new: &Module<'_>, code: &CodeMap) -> Result<Self, String> {
        let mut places = Places {
            new: Vec::new(),
            count: vec![0; old.instructions.len()],
            doubled: vec![false; old.instructions.len()],
        };
        let mut found = vec![0; old.instructions.len()];
        let mut next = 0;
        let mut end = 0;
        for piece in code.pieces() {
            if piece.new.start != end {
                return Err(format!(
                    "a piece begins at {:#x}, not at {end:#x}",
                    piece.new.start
                ));
            }
            end = piece.new.end;
            let first = next;
            while new
                .instructions
                .get(next)
                .is_some_and(|(offset, _)| *offset < end)
            {
                next += 1;
            }
            let of_old = old
                .instructions
                .partition_point(|(offset, _)| *offset < piece.old.start)
                ..old
                    .instructions
                    .partition_point(|(offset, _)| *offset < piece.old.end);
            let new = &new.instructions[first..next];
            if piece.is_copy() {
                let same = old.instructions[of_old.clone()]
                    .iter()
                    .zip(new)
                    .all(|(old, new)| {
                        let moved = old.0 - piece.old.start == new.0 - piece.new.start;
                        moved && (is_same(&old.1, &new.1) || is_replaced(&old.1))
                    });
                if of_old.len() != new.len() || !same {
                    return Err(format!("{piece:x?} is no copy"));
                }
                for (index, (offset, _)) in of_old.zip(new) {
                    places.add(*offset, index);
                    found[index] += 1;
                }
                continue;
            }
            // Otherwise it is a size or the declarations of locals, or all that was written for one instruction.
            match of_old.len() {
                0 if new.is_empty() => {}
                1 => {
                    let index = of_old.start;
                    let operator = &old.instructions[index].1;
                    let times = new.iter().filter(|(_, new)| is_same(operator, new)).count();
                    // Linkers pad numbers, which are written shorter.
                    if new.len() != 1 && !is_added_to(operator) {
                        return Err(format!("{piece:x?} has more than its {operator:?}"));
                    }
                    found[index] += usize::from(times > 0 || is_replaced(operator));
                    for (offset, _) in new {
                        places.add(*offset, index);
                    }
                }
                _ => return Err(format!("{piece:x?} is of several instructions")),
            }
        }
        let functions = old
            .bodies
            .len()
            .checked_sub(1)
            .map(|last| new.bodies[last].end);
        if functions.unwrap_or(0) != end {
            return Err(format!("the map ends at {end:#x}"));
        }
        for (index, &found) in found.iter().enumerate() {
            if found == 0 {
                return Err(format!("{:x?} has gone nowhere", old.instructions[index]));
            }
            places.doubled[index] = found > 1;
        }
        Ok(places)
    }

    fn add(&mut self, offset: u64, index: usize) {
        self.new.push((offset, index));
        self.count[index] += 1;
    }

    pub(crate) fn doubled(&self) -> usize {
        self.doubled.iter().filter(|&&doubled| doubled).count()
    }
}

fn is_same(old: &Operator<'_>, new: &Operator<'_>) -> bool {
    match (old, new) {
        // Note: what is equal has to be at the same place of the module.
        (Operator::BrTable { .. }, _) => format!("{old:?}") == format!("{new:?}"),
        _ => old == new,
    }
}

/// Whether the undo log writes something with such an instruction.
fn is_added_to(operator: &Operator<'_>) -> bool {
    let name = format!("{operator:?}");
    let is_store = name
        .split(' ')
        .next()
        .is_some_and(|name| name.contains("Store"));
    is_store
        || is_replaced(operator)
        || matches!(
            operator,
            Operator::MemoryFill { .. }
                | Operator::MemoryCopy { .. }
                | Operator::MemoryInit { .. }
                | Operator::GlobalSet { .. }
                | Operator::Loop { .. }
                | Operator::End
        )
}

/// What the undo log does in another way.
fn is_replaced(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::MemorySize { .. }
            | Operator::MemoryGrow { .. }
            | Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::TableSize { .. }
            | Operator::TableGet { .. }
    )
}
