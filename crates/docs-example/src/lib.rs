//! The app that the examples of the documentation call: `./pkg/app.js` in them.
#![deny(missing_docs)]

use std::iter::Peekable;
use std::str::Chars;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Writes brackets as lists. Nothing bounds how deep they nest, so that a poison input overflows the stack.
#[wasm_bindgen]
pub fn render(text: &str) -> String {
    let mut html = String::new();
    let mut rest = text.chars().peekable();
    while rest.peek().is_some() {
        nodes(&mut rest, &mut html);
        if rest.next().is_some() {
            html.push(']');
        }
    }
    html
}

fn nodes(rest: &mut Peekable<Chars<'_>>, html: &mut String) {
    while let Some(next) = rest.next_if(|next| *next != ']') {
        if next == '[' {
            html.push_str("<ul>");
            nodes(rest, html);
            rest.next();
            html.push_str("</ul>");
        } else {
            html.push(next);
        }
    }
}

/// What a user has on the server.
#[wasm_bindgen]
pub struct Session {
    name: String,
    visits: u32,
}

#[wasm_bindgen]
impl Session {
    /// A session without a visit.
    #[wasm_bindgen(constructor)]
    pub fn new(name: String) -> Session {
        Session { name, visits: 0 }
    }

    /// Counts a visit, and says how many there were.
    pub fn visit(&mut self) -> String {
        self.visits += 1;
        format!("{}: {}", self.name, self.visits)
    }
}

/// Says hello to whose session it is.
#[wasm_bindgen]
pub fn greet(session: &Session) -> String {
    format!("Hello, {}", session.name)
}

/// Panics where there is no such price.
#[wasm_bindgen]
pub fn price(index: usize) -> u32 {
    let prices = [10, 20, 30];
    prices[index]
}

/// Takes as much memory as is asked for.
#[wasm_bindgen]
pub fn allocate(bytes: usize) -> usize {
    vec![1u8; bytes].len()
}

/// Waits for a promise.
#[wasm_bindgen]
pub async fn load(promise: Promise) -> Result<JsValue, JsValue> {
    JsFuture::from(promise).await
}

/// Calls a function of JavaScript.
#[wasm_bindgen]
pub fn call(f: &Function) -> Result<JsValue, JsValue> {
    f.call0(&JsValue::UNDEFINED)
}

/// A closure of Rust that counts its calls.
#[wasm_bindgen]
pub fn listener() -> JsValue {
    let mut calls = 0u32;
    Closure::wrap_assert_unwind_safe(Box::new(move || {
        calls += 1;
        calls
    }) as Box<dyn FnMut() -> u32>)
    .into_js_value()
}
