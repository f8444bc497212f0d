//! std's B-tree.

use std::collections::BTreeMap;

use wasm_bindgen::prelude::*;

use crate::random::Random;
use crate::state::state;

state!(TREE: BTreeMap<u32, String> = BTreeMap::new());

/// Inserts and removes `10 * size` entries, and reads a range.
#[wasm_bindgen]
pub fn btree(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    TREE.with_borrow_mut(|tree| {
        for _ in 0..size * 10 {
            let key = random.below(size * 20);
            if random.below(3) == 0 {
                tree.remove(&key);
            } else {
                tree.insert(key, random.word().to_owned());
            }
        }
        let from = random.below(size * 20);
        tree.range(from..from + size * 5)
            .fold(tree.len() as u32, |sum, (key, value)| {
                sum.wrapping_mul(31).wrapping_add(key + value.len() as u32)
            })
    })
}
