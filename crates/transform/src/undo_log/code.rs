//! The code section that is written, and what of it comes from where in the old one.

use std::ops::Range;

use wasm_encoder::CodeSection;

use super::barrier::Rewritten;
use super::body::Body;
use crate::code_map::Pieces;
use crate::CodeMap;

/// The code section, of which some functions have been written.
pub(super) struct Code {
    section: CodeSection,
    pieces: Pieces,
    /// Where the contents of the old section begin in the old module. Offsets are counted from there.
    base: u64,
    /// How far the old one has been read, and the new one written.
    old: u64,
    new: u64,
}

impl Code {
    /// @param bytes the old module
    /// @param code where the contents of its code section are
    /// @param count how many functions there will be
    pub(super) fn new(bytes: &[u8], code: Range<u64>, count: u32) -> Self {
        let contents = &bytes[code.start as usize..code.end as usize];
        let old_count = contents.iter().take_while(|&&byte| byte >= 0x80).count() + 1;
        let mut this = Code {
            section: CodeSection::new(),
            pieces: Pieces::default(),
            base: code.start,
            old: 0,
            new: 0,
        };
        this.pass(old_count as u64, length_of(count));
        this
    }

    /// The next function of the old module.
    pub(super) fn add(&mut self, body: &Body<'_>, rewritten: &Rewritten) {
        let size = rewritten.function.byte_len();
        self.section.function(&rewritten.function);
        let start = self.new + length_of(size as u32);
        self.pass(body.range.start - self.base, start);
        let base = self.base;
        let old = |place: usize| match body.operators.get(place) {
            Some((_, offset)) => offset - base,
            None => body.range.end - base,
        };
        // In front of the first instruction, the locals are declared.
        let mut old_range = self.old..old(0);
        let mut new_start = start;
        for &(at, place) in &rewritten.written {
            let at = start + at as u64;
            self.pieces.push(old_range, new_start..at);
            old_range = old(place)..old(place + 1);
            new_start = at;
        }
        self.old = body.range.end - self.base;
        self.new = start + size as u64;
        self.pieces.push(old_range, new_start..self.new);
    }

    /// The section, for more functions to be added, and the map of those that are in it.
    pub(super) fn finish(self) -> (CodeSection, CodeMap) {
        (self.section, self.pieces.finish())
    }

    /// Goes to these places in the old code and in the new one.
    fn pass(&mut self, old: u64, new: u64) {
        self.pieces.push(self.old..old, self.new..new);
        (self.old, self.new) = (old, new);
    }
}

/// How many bytes a number takes in LEB128.
fn length_of(number: u32) -> u64 {
    u64::from((32 - (number | 1).leading_zeros()).div_ceil(7))
}
