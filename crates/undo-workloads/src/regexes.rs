//! regex: matches that are counted, and replaced.

use std::collections::BTreeMap;

use regex::Regex;
use wasm_bindgen::prelude::*;

use crate::random::{checksum, Random};
use crate::state::state;

state!(PATTERN: Regex = Regex::new(r"(?P<y>\d{4})-(\d\d)-(\d\d)|[\w.]+@[\w.]+\.\w+|https?://[^\s/]+/\S*").unwrap());
state!(COUNTS: BTreeMap<String, u32> = BTreeMap::new());

/// Searches a text of `8 * size` words.
#[wasm_bindgen]
pub fn regexes(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    let mut text = String::new();
    for _ in 0..size {
        text.push_str(&random.text(7));
        text.push_str(&match random.below(4) {
            0 => format!(
                "{}-{:02}-{:02} ",
                2000 + random.below(30),
                1 + random.below(12),
                1 + random.below(28)
            ),
            1 => format!("{}@{}.org ", random.word(), random.word()),
            2 => format!("https://{}.org/{} ", random.word(), random.below(99)),
            _ => "nothing ".to_owned(),
        });
    }
    PATTERN.with_borrow(|pattern| {
        COUNTS.with_borrow_mut(|counts| {
            for found in pattern.captures_iter(&text) {
                *counts.entry(found[0].to_owned()).or_default() +=
                    found.name("y").map_or(1, |year| year.end() as u32);
            }
            while counts.len() > 16 * size as usize {
                counts.pop_first();
            }
            let sum = counts.values().fold(0, |sum: u32, count| {
                sum.wrapping_mul(31).wrapping_add(*count)
            });
            sum ^ checksum(pattern.replace_all(&text, "<$y>").as_bytes())
        })
    })
}
