//! Uploaded pictures: decoding and thumbnails.

use std::io::Cursor;

use image::ImageFormat;
use wasm_bindgen::prelude::*;

/// Decodes a PNG, JPEG or GIF and returns a PNG whose sides are at most `side` pixels.
#[wasm_bindgen]
pub fn thumbnail(bytes: &[u8], side: u32) -> Result<Vec<u8>, JsError> {
    shrink(bytes, side).map_err(|error| JsError::new(&error.to_string()))
}

/// The same for callers inside the module.
pub fn shrink(bytes: &[u8], side: u32) -> Result<Vec<u8>, image::ImageError> {
    // The failure: nobody set limits, so a header alone decides how much is allocated. The crate's own default
    // of 512 MiB refuses the wildest claims, but is more than this module may ever have.
    let picture = image::load_from_memory(bytes)?;
    let mut out = Cursor::new(Vec::new());
    picture
        .thumbnail(side, side)
        .write_to(&mut out, ImageFormat::Png)?;
    Ok(out.into_inner())
}
