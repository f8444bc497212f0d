//! std's formatting: lines of a journal.

use std::fmt::Write;

use wasm_bindgen::prelude::*;

use crate::random::{checksum, Random};
use crate::state::state;

state!(JOURNAL: String = String::new());

#[derive(Debug)]
#[expect(dead_code, reason = "They are written by `Debug`.")]
struct Entry {
    word: &'static str,
    number: Option<f64>,
    list: Vec<i32>,
}

/// Writes `size` lines, and forgets the oldest where the journal is longer than `256 * size` bytes.
#[wasm_bindgen]
pub fn format(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    JOURNAL.with_borrow_mut(|journal| {
        for nth in 0..size {
            let entry = Entry {
                word: random.word(),
                number: (nth % 3 > 0).then(|| f64::from(random.below(100_000)) / 7.0),
                list: (0..random.below(5) as i32).map(|x| x * x - 3).collect(),
            };
            writeln!(
                journal,
                "{:>12} {:08x} {:e} {:.3} {entry:?}",
                entry.word,
                random.next(),
                nth as f32 / 3.0,
                f64::from(nth) * 1.1
            )
            .unwrap();
        }
        let too_much = journal.len().saturating_sub(256 * size as usize);
        let end = journal.as_bytes()[too_much..]
            .iter()
            .position(|byte| *byte == b'\n');
        if let Some(end) = end.filter(|_| too_much > 0) {
            journal.drain(..=too_much + end);
        }
        checksum(journal.as_bytes())
    })
}
