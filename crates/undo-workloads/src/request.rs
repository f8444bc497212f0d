//! What a small server does for a request: parse it, route it, look something up, render an answer.

use std::collections::HashMap;
use std::fmt::Write;

use serde_json::{json, Value};
use wasm_bindgen::prelude::*;

use crate::random::{checksum, Random};
use crate::state::state;

#[derive(Default)]
struct User {
    visits: u32,
    notes: Vec<String>,
}

state!(USERS: HashMap<String, User> = HashMap::new());

fn answer(users: &mut HashMap<String, User>, request: &str) -> Result<String, u16> {
    let (head, body) = request.split_once("\r\n\r\n").ok_or(400u16)?;
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or("").split(' ');
    let (method, path) = (words.next().ok_or(400u16)?, words.next().ok_or(400u16)?);
    let headers: HashMap<String, &str> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method, &parts[..]) {
        ("GET", ["users", name]) => {
            let user = users.get_mut(*name).ok_or(404u16)?;
            user.visits += 1;
            let mut page = format!(
                "<h1>{name}</h1><p>{} visits from {}</p><ul>",
                user.visits,
                headers.get("host").ok_or(400u16)?
            );
            for note in &user.notes {
                write!(page, "<li>{}</li>", note.replace('<', "&lt;")).map_err(|_| 500u16)?;
            }
            Ok(page + "</ul>")
        }
        ("POST", ["users", name, "notes"]) => {
            let body: Value = serde_json::from_str(body).map_err(|_| 400u16)?;
            let user = users.entry((*name).to_owned()).or_default();
            if user.notes.len() == 4 {
                user.notes.remove(0);
            }
            user.notes
                .push(body["note"].as_str().ok_or(422u16)?.to_owned());
            Ok(json!({ "user": name, "notes": user.notes.len(), "tags": body["tags"], "session": headers.get("cookie") }).to_string())
        }
        ("DELETE", ["users", name]) => users
            .remove(*name)
            .map(|user| format!("{} visits", user.visits))
            .ok_or(404),
        _ => Err(405),
    }
}

/// `size` requests.
#[wasm_bindgen]
pub fn request(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    USERS.with_borrow_mut(|users| {
        (0..size).fold(0, |sum: u32, _| {
            let user = format!("{}-{}", random.word(), random.below(4));
            let head = format!("HTTP/1.1\r\nHost: {}.example\r\nAccept: text/html, */*\r\nCookie: session={:x}", random.word(), random.next());
            let text = match random.below(8) {
                0 => format!("DELETE /users/{user} {head}\r\n\r\n"),
                1..=3 => format!("GET /users/{user} {head}\r\n\r\n"),
                _ => format!(
                    "POST /users/{user}/notes {head}\r\nContent-Type: application/json\r\n\r\n{{\"note\":\"<{}>\",\"tags\":[\"{}\",{},null],\"at\":{}.5}}",
                    random.text(8).trim(), random.word(), random.below(99), random.below(9999)
                ),
            };
            let answer = answer(users, &text).unwrap_or_else(|code| format!("{code}"));
            sum.wrapping_mul(31) ^ checksum(answer.as_bytes())
        })
    })
}
