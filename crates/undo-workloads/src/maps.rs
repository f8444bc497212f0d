//! std's hash maps (hashbrown).

use std::collections::HashMap;

use wasm_bindgen::prelude::*;

use crate::random::Random;
use crate::state::state;

state!(COUNTS: HashMap<u64, u64> = HashMap::new());
state!(WORDS: HashMap<String, Vec<u32>> = HashMap::new());

/// Inserts, changes and removes `20 * size` entries of two maps.
#[wasm_bindgen]
pub fn maps(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    let mut sum = 0u64;
    COUNTS.with_borrow_mut(|counts| {
        for _ in 0..size * 16 {
            let key = random.next() % u64::from(size * 24);
            match random.below(4) {
                0 => {
                    sum = sum
                        .wrapping_mul(31)
                        .wrapping_add(counts.remove(&key).unwrap_or(1))
                }
                _ => *counts.entry(key).or_insert(key) += 1,
            }
        }
        sum = sum.wrapping_add(counts.len() as u64);
    });
    WORDS.with_borrow_mut(|words| {
        for _ in 0..size * 4 {
            let key = format!("{} {}", random.word(), random.below(size));
            let places = words.entry(key).or_default();
            places.push(random.below(1000));
            if places.len() > 3 {
                sum = sum
                    .wrapping_mul(31)
                    .wrapping_add(places.drain(..).map(u64::from).sum());
            }
        }
    });
    (sum ^ sum >> 32) as u32
}
