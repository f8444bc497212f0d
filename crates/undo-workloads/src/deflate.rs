//! miniz_oxide: compresses and expands.

use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec};
use wasm_bindgen::prelude::*;

use crate::random::{checksum, Random};
use crate::state::state;

state!(COMPRESSED: Vec<u8> = compress_to_vec(b"the first text", 6));

/// Expands what the last turn compressed, and compresses its end with `16 * size` words behind.
#[wasm_bindgen]
pub fn deflate(seed: u32, size: u32) -> u32 {
    let text = Random::new(seed).text(size * 16);
    COMPRESSED.with_borrow_mut(|compressed| {
        let mut expanded = decompress_to_vec(compressed).unwrap();
        expanded.drain(..expanded.len().saturating_sub(size as usize * 64));
        expanded.extend(text.bytes());
        *compressed = compress_to_vec(&expanded, 6);
        checksum(compressed)
    })
}
