//! What JavaScript calls: the library, behind wasm-bindgen.

use js_sys::Error;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::{Excerpt, Symbolicated, Symbols};

/// What is told of a module.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    has_debug_info: bool,
    /// Hexadecimal digits.
    build_id: Option<String>,
    debug_file: Option<String>,
    /// Where the contents of the code section begin and end, in bytes.
    code: [usize; 2],
    frames: Vec<Symbolicated>,
}

/// Where each frame is: [`Symbols::frame`] for pairs of a function's index and an offset in the code section, −1 where one
/// isn't known. What is greater than any offset is in no function. JSON, in camel case.
///
/// # Errors
///
/// Throws an `Error` when the module can't be read.
#[wasm_bindgen]
pub fn symbolicate(module: &[u8], frames: &[f64]) -> Result<String, Error> {
    let symbols = Symbols::read(module).map_err(|error| Error::new(error.message()))?;
    let known = |value: f64| (value >= 0.0).then_some(value as u32);
    let told = Told {
        has_debug_info: symbols.has_debug_info(),
        build_id: symbols.build_id().map(hexadecimal),
        debug_file: symbols.debug_file().map(str::to_owned),
        code: [symbols.code().start, symbols.code().end],
        frames: frames
            .chunks_exact(2)
            .map(|frame| symbols.frame(known(frame[0]), known(frame[1])))
            .collect(),
    };
    serde_json::to_string(&told).map_err(|error| Error::new(&error.to_string()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// [`demangle`](crate::demangle).
#[wasm_bindgen]
pub fn demangle(name: &str) -> String {
    crate::demangle(name)
}

/// [`excerpt`](crate::excerpt).
#[wasm_bindgen]
pub fn excerpt(
    title: &str,
    source: &str,
    path: &str,
    line: u32,
    column: u32,
    label: &str,
    colour: bool,
) -> String {
    crate::excerpt(Excerpt {
        title,
        source,
        path,
        line,
        column,
        label,
        colour,
    })
}
