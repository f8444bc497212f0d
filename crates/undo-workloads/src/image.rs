//! png: a picture that is decoded, painted on and encoded.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, Encoder, Filter};
use wasm_bindgen::prelude::*;

use crate::random::{checksum, Random};
use crate::state::state;

state!(PICTURE: Option<(u32, Vec<u8>)> = None);

fn encode(width: u32, pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, width);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_filter(Filter::Paeth);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    file
}

fn decode(file: &[u8]) -> Vec<u8> {
    let mut reader = Decoder::new(Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

/// A picture of `2 * size` pixels squared; another size begins a new one.
#[wasm_bindgen]
pub fn image(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    let width = size * 2;
    PICTURE.with_borrow_mut(|picture| {
        let mut pixels = match picture {
            Some((before, file)) if *before == width => decode(file),
            _ => vec![0x55; (width * width * 3) as usize],
        };
        let (left, top) = (random.below(width), random.below(width));
        for y in top..width {
            for x in left..width {
                let at = ((y * width + x) * 3) as usize;
                pixels[at] = pixels[at].wrapping_add(x as u8);
                pixels[at + 1] = (y + random.below(8)) as u8;
            }
        }
        let file = encode(width, &pixels);
        let sum = checksum(&pixels) ^ checksum(&file);
        *picture = Some((width, file));
        sum
    })
}
