//! std's sorts, the unstable and the stable one.

use wasm_bindgen::prelude::*;

use crate::random::Random;
use crate::state::state;

state!(NUMBERS: Vec<u64> = Vec::new());
state!(PAIRS: Vec<(u32, u32)> = Vec::new());

/// Changes some of `32 * size` numbers and of half as many pairs, and sorts them.
#[wasm_bindgen]
pub fn sort(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    let count = size as usize * 32;
    let numbers = NUMBERS.with_borrow_mut(|numbers| {
        numbers.resize(count, 1);
        for _ in 0..count / 2 {
            let at = random.below(count as u32) as usize;
            numbers[at] = random.next();
        }
        numbers.sort_unstable();
        numbers.iter().step_by(7).fold(0, |sum: u64, number| {
            sum.wrapping_mul(31).wrapping_add(*number)
        })
    });
    PAIRS.with_borrow_mut(|pairs| {
        pairs.resize(count / 2, (0, 0));
        for pair in pairs.iter_mut().step_by(3) {
            *pair = (random.below(64), random.below(1 << 30));
        }
        pairs.sort_by_key(|pair| pair.0);
        pairs.iter().fold(numbers as u32, |sum, pair| {
            sum.wrapping_mul(31).wrapping_add(pair.1)
        })
    })
}
