//! Memory that is asked for, and held.

use wasm_bindgen::prelude::*;

use crate::random::Random;
use crate::state::state;

state!(BLOCKS: Vec<Vec<u8>> = Vec::new());
state!(HELD: Vec<Vec<u8>> = Vec::new());

/// Takes a block of up to `32 * size` KiB, and gives one back where there are eight.
#[wasm_bindgen]
pub fn growth(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    BLOCKS.with_borrow_mut(|blocks| {
        if blocks.len() == 8 {
            blocks.swap_remove(random.below(8) as usize);
        }
        let bytes = 1024 * (1 + random.below(size * 32)) as usize;
        let mut block = vec![0; bytes];
        for at in (0..bytes).step_by(4096) {
            block[at] = random.below(256) as u8;
        }
        blocks.push(block);
        blocks.iter().fold(0, |sum: u32, block| {
            block.iter().step_by(4096).fold(sum, |sum, byte| {
                sum.wrapping_mul(31).wrapping_add(u32::from(*byte))
            })
        })
    })
}

/// Holds so many MiB more, which nothing reads but [`touch`].
#[wasm_bindgen]
pub fn hold(mebibytes: u32) {
    HELD.with_borrow_mut(|held| held.push(vec![1; (mebibytes as usize) << 20]));
}

/// Writes one byte into each of so many KiB, spread over what is held.
#[wasm_bindgen]
pub fn touch(kibibytes: u32, value: u32) {
    HELD.with_borrow_mut(|held| {
        let blocks = held.len();
        let of_each = (kibibytes as usize).div_ceil(blocks);
        for nth in 0..kibibytes as usize {
            let block = &mut held[nth % blocks];
            let step = (block.len() / of_each) & !1023;
            block[nth / blocks * step] = value as u8;
        }
    });
}

/// The same, and aborts.
#[wasm_bindgen]
pub fn touch_and_abort(kibibytes: u32, value: u32) {
    touch(kibibytes, value);
    std::process::abort();
}
