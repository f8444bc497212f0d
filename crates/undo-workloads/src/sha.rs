//! sha2: a chain of digests.

use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;

use crate::random::{checksum, Random};
use crate::state::state;

state!(CHAIN: ([u8; 32], Sha256) = ([0; 32], Sha256::new()));

/// Hashes what the last turn gave, and `32 * size` words.
#[wasm_bindgen]
pub fn sha(seed: u32, size: u32) -> u32 {
    let text = Random::new(seed).text(size * 32);
    CHAIN.with_borrow_mut(|(last, running)| {
        running.update(&last[..]);
        running.update(&text);
        last.copy_from_slice(&running.clone().finalize());
        checksum(last)
    })
}
