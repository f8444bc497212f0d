//! The last things that the program said it was doing.

use core::fmt::{Arguments, Write};

use crate::record::{fitting, Record};
use crate::{
    breadcrumbs_offset as offset, breadcrumbs_size as size, ABI_VERSION, BREADCRUMBS_MAGIC,
};

const WORDS: usize = size::TOTAL / 4;

const _: () = {
    assert!(offset::FIRST + size::COUNT * size::EACH == size::TOTAL);
    assert!(size::EACH == 4 + size::TEXT && size::TEXT.is_multiple_of(4));
    assert!(size::TOTAL == WORDS * 4);
};

// Apart from the black box, so that a program that leaves none has no room for them in its module.
#[cfg_attr(target_arch = "wasm32", export_name = "__wasm_revive_breadcrumbs")]
static BREADCRUMBS: Breadcrumbs = Breadcrumbs(Record::new([
    BREADCRUMBS_MAGIC,
    ABI_VERSION,
    size::TOTAL as u32,
]));

/// The instance's breadcrumbs.
#[inline]
pub fn breadcrumbs() -> &'static Breadcrumbs {
    &BREADCRUMBS
}

/// A ring of the last texts that the program left.
pub struct Breadcrumbs(Record<WORDS>);

impl Breadcrumbs {
    /// Leaves one, in place of the oldest. What is too long is cut at a character. Allocates nothing.
    pub fn leave(&self, text: Arguments<'_>) {
        let started = self.0.get(offset::STARTED);
        let at = offset::FIRST + started as usize % size::COUNT * size::EACH;
        // Before the text, which may be a panic, or leave breadcrumbs of its own. Without a length it is no breadcrumb.
        self.0.put(at, 0);
        self.0.put(offset::STARTED, started.wrapping_add(1));
        let mut line = Line::default();
        // An error says that the text was cut.
        let _ = line.write_fmt(text);
        self.0.put_bytes(
            line.bytes.get(..line.length).unwrap_or_default(),
            at + 4,
            at,
        );
    }

    /// A copy, as JavaScript sees it.
    pub fn to_bytes(&self) -> [u8; size::TOTAL] {
        let mut bytes = [0; size::TOTAL];
        self.0.copy_to(&mut bytes);
        bytes
    }
}

struct Line {
    bytes: [u8; size::TEXT],
    length: usize,
}

impl Default for Line {
    fn default() -> Self {
        Line {
            bytes: [0; size::TEXT],
            length: 0,
        }
    }
}

impl Write for Line {
    // Called from three of the trait's methods.
    #[inline(never)]
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let length = fitting(text, size::TEXT - self.length);
        let room = self.bytes.iter_mut().skip(self.length);
        room.zip(text.bytes().take(length))
            .for_each(|(to, byte)| *to = byte);
        self.length += length;
        if length < text.len() {
            return Err(core::fmt::Error);
        }
        Ok(())
    }
}
