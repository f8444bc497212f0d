//! Where code has gone that a pass has rewritten.
//!
//! Offsets are counted from the start of the code section's contents, as DWARF in Wasm counts them (tool conventions, "DWARF for WebAssembly").
//!
//! A map is a list of *pieces*, in the order of the new code. A piece says that these bytes of the new code come from those of the old. Where both are
//! equally long, it is several instructions that were copied byte by byte. Else it is a single instruction, and all that the pass wrote for it: for a store, its barrier
//! and itself. An instruction that was written twice is in two pieces.

use std::ops::Range;

/// Where code has gone that a pass has rewritten. What the pass has added behind the old functions is in no piece.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeMap {
    pieces: Vec<Piece>,
    groups: Vec<Group>,
}

/// Bytes of the new code, and the bytes of the old code that they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// In the old code.
    pub old: Range<u64>,
    /// In the new code.
    pub new: Range<u64>,
}

/// Some pieces in a row that have no old code in common with any other piece. Groups are in the order of the old code, too.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    pieces: Range<usize>,
    old: Range<u64>,
}

impl Piece {
    /// Whether the code was copied byte by byte.
    pub fn is_copy(&self) -> bool {
        self.old.end - self.old.start == self.new.end - self.new.start
    }

    /// What of the piece comes from the instructions that begin in a range of the old code.
    fn part(&self, old: &Range<u64>) -> Option<Piece> {
        if !self.is_copy() {
            return old.contains(&self.old.start).then(|| self.clone());
        }
        let old = self.old.start.max(old.start)..self.old.end.min(old.end);
        let moved = |offset| offset - self.old.start + self.new.start;
        (old.start < old.end).then(|| Piece {
            new: moved(old.start)..moved(old.end),
            old,
        })
    }
}

impl CodeMap {
    /// Makes a map of pieces in the order of the new code.
    pub(crate) fn new(pieces: Vec<Piece>) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for (index, Piece { old, .. }) in pieces.iter().enumerate() {
            let mut group = Group {
                pieces: index..index + 1,
                old: old.clone(),
            };
            while let Some(last) = groups.pop_if(|last| last.old.end > group.old.start) {
                group.pieces.start = last.pieces.start;
                group.old.start = group.old.start.min(last.old.start);
                group.old.end = group.old.end.max(last.old.end);
            }
            groups.push(group);
        }
        CodeMap { pieces, groups }
    }

    /// The pieces, in the order of the new code.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Where the new code comes from the instructions that begin in a range of the old code, in the order of the new code.
    pub fn parts(&self, old: Range<u64>) -> impl Iterator<Item = Piece> + '_ {
        let first = (self.groups).partition_point(|group| group.old.end <= old.start);
        let groups = self.groups[first..].iter();
        groups
            .take_while({
                let end = old.end;
                move |group| group.old.start < end
            })
            .flat_map(|group| &self.pieces[group.pieces.clone()])
            .filter_map(move |piece| piece.part(&old))
    }

    /// The ranges of the new code that come from a range of the old code. None of them touches another.
    pub fn ranges(&self, old: Range<u64>) -> Vec<Range<u64>> {
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for Piece { new, .. } in self.parts(old) {
            match ranges.last_mut() {
                Some(last) if last.end == new.start => last.end = new.end,
                _ => ranges.push(new),
            }
        }
        ranges
    }

    /// The first place in the new code of what is at an offset in the old code; for the end of the old code, the end of what became of it. None behind that.
    pub fn position(&self, old: u64) -> Option<u64> {
        let last = self.pieces.last()?;
        if old == last.old.end {
            return Some(last.new.end);
        }
        self.parts(old..u64::MAX).next().map(|part| part.new.start)
    }
}

/// Makes the pieces of a map, in the order of the new code.
#[derive(Default)]
pub(crate) struct Pieces {
    pieces: Vec<Piece>,
}

impl Pieces {
    /// Adds the next piece of the new code.
    pub(crate) fn push(&mut self, old: Range<u64>, new: Range<u64>) {
        let piece = Piece { old, new };
        if let Some(last) = self.pieces.last_mut() {
            let is_next = last.old.end == piece.old.start && last.new.end == piece.new.start;
            if is_next && last.is_copy() && piece.is_copy() {
                last.old.end = piece.old.end;
                last.new.end = piece.new.end;
                return;
            }
        }
        self.pieces.push(piece);
    }

    pub(crate) fn finish(self) -> CodeMap {
        CodeMap::new(self.pieces)
    }
}
