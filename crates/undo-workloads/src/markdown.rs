//! pulldown-cmark: Markdown that is rendered.

use std::collections::BTreeMap;
use std::fmt::Write;

use pulldown_cmark::{html::push_html, Options, Parser};
use wasm_bindgen::prelude::*;

use crate::random::{checksum, Random};
use crate::state::state;

state!(PAGES: BTreeMap<u32, String> = BTreeMap::new());

/// Renders `size` chapters to one of five pages, each of which links to another one.
#[wasm_bindgen]
pub fn markdown(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    PAGES.with_borrow_mut(|pages| {
        let mut source = format!("Before: {} bytes\n\n", pages.values().map(String::len).sum::<usize>());
        for _ in 0..size {
            let (a, b) = (random.word(), random.word());
            write!(
                source,
                "# {a}\n\nSome *{b}* with `code` and [a link](http://x.y/{a}) and **{b}** &amp;.\n\n- one\n- {a}\n  - {b}\n\n```rust\nfn {a}() {{}}\n```\n\n|a|b|\n|-|-|\n|{a}|{b}|\n\n> {b}[^1]\n\n[^1]: note\n\n"
            )
            .unwrap();
        }
        let mut page = String::new();
        push_html(&mut page, Parser::new_ext(&source, Options::all()));
        let sum = checksum(page.as_bytes());
        pages.insert(random.below(5), page);
        sum
    })
}
