//! Searching a log with a pattern that the user typed.

use regex::Regex;
use wasm_bindgen::prelude::*;

/// Every match of `pattern` in `text`, one a line.
#[wasm_bindgen]
pub fn search(pattern: &str, text: &str) -> String {
    // The failure: the pattern is the user's, and nobody checked it.
    let regex = Regex::new(pattern).unwrap();
    regex
        .find_iter(text)
        .map(|found| found.as_str())
        .collect::<Vec<_>>()
        .join("\n")
}
