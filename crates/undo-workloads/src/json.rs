//! serde_json: a document that is parsed, changed and written.

use std::fmt::Write;

use serde_json::{json, Map, Value};
use wasm_bindgen::prelude::*;

use crate::random::{checksum, Random};
use crate::state::state;

state!(DOCUMENT: Map<String, Value> = Map::new());

fn text(random: &mut Random, entries: u32) -> String {
    let mut text = String::from("[");
    for nth in 0..entries {
        let comma = if nth > 0 { "," } else { "" };
        write!(
            text,
            r#"{comma}{{"id":{},"name":"{} \u00e9 {}","tags":["{}","b\n"],"score":{}.{},"nested":{{"x":{},"y":null,"z":[1,2,true]}}}}"#,
            random.below(1000), random.word(), random.below(99_999), random.word(), random.below(100), random.below(100), random.next(),
        )
        .unwrap();
    }
    text.push(']');
    text
}

/// Parses `size` objects, and puts them into a document of at most `2 * size`.
#[wasm_bindgen]
pub fn json(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    let parsed: Vec<Value> = serde_json::from_str(&text(&mut random, size)).unwrap();
    DOCUMENT.with_borrow_mut(|document| {
        for mut entry in parsed {
            let key = format!("key {}", random.below(2 * size));
            let turns = document
                .get(&key)
                .map_or(0, |old| old["turns"].as_u64().unwrap());
            entry["turns"] = json!(turns + 1);
            document.insert(key, entry);
        }
        checksum(serde_json::to_string(document).unwrap().as_bytes())
    })
}
