//! lz4_flex: blocks that are compressed and expanded.

use std::collections::VecDeque;

use lz4_flex::block::{compress_prepend_size, decompress_size_prepended};
use wasm_bindgen::prelude::*;

use crate::random::{checksum, Random};
use crate::state::state;

state!(BLOCKS: VecDeque<Vec<u8>> = VecDeque::new());

/// Compresses `32 * size` words, and expands the oldest of at most five blocks.
#[wasm_bindgen]
pub fn lz4(seed: u32, size: u32) -> u32 {
    let text = Random::new(seed).text(size * 32);
    BLOCKS.with_borrow_mut(|blocks| {
        blocks.push_back(compress_prepend_size(text.as_bytes()));
        let oldest = if blocks.len() > 4 {
            blocks.pop_front().unwrap()
        } else {
            blocks[0].clone()
        };
        checksum(&decompress_size_prepended(&oldest).unwrap())
    })
}
