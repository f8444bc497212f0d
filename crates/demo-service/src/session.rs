//! State: sessions in a store that JavaScript holds, and a counter of the whole module.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use js_sys::Function;
use wasm_bindgen::prelude::*;

static VISITS: AtomicU32 = AtomicU32::new(0);

/// Counts one visit and returns how many there were.
#[wasm_bindgen]
pub fn count_visit() -> u32 {
    VISITS.fetch_add(1, Ordering::Relaxed) + 1
}

thread_local! {
    static AUDIT: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Writes a line into the audit log.
#[wasm_bindgen]
pub fn audit(line: String) -> usize {
    AUDIT.with(|log| {
        let mut log = log.borrow_mut();
        log.push(line);
        log.len()
    })
}

/// Shows the audit log to `visit`: a heading, then the last `count` lines, newest first. Returns how many there were.
#[wasm_bindgen]
pub fn review_audit(count: usize, visit: &Function) -> Result<usize, JsValue> {
    AUDIT.with(|log| {
        // The failure: the log stays borrowed while JavaScript runs; a visitor that writes to it borrows twice.
        let log = log.borrow();
        visit.call1(&JsValue::NULL, &format!("{} lines", log.len()).into())?;
        let lines = log.iter().rev().take(count);
        for line in lines.clone() {
            visit.call1(&JsValue::NULL, &line.into())?;
        }
        Ok(lines.len())
    })
}

/// The sessions of the service. JavaScript holds one store for as long as it runs.
#[wasm_bindgen]
#[derive(Default)]
pub struct SessionStore {
    sessions: BTreeMap<String, f64>,
}

#[wasm_bindgen]
impl SessionStore {
    /// An empty store.
    #[wasm_bindgen(constructor)]
    pub fn new() -> SessionStore {
        SessionStore::default()
    }

    /// Opens a session with a balance of zero.
    pub fn open(&mut self, id: String) {
        self.sessions.insert(id, 0.0);
    }

    /// Adds to a session's balance and returns it, or `undefined` if the session is unknown.
    pub fn add(&mut self, id: &str, amount: f64) -> Option<f64> {
        let balance = self.sessions.get_mut(id)?;
        *balance += amount;
        Some(*balance)
    }

    /// A session's balance, or `undefined` if the session is unknown.
    pub fn balance(&self, id: &str) -> Option<f64> {
        self.sessions.get(id).copied()
    }

    /// How many sessions are open.
    #[wasm_bindgen(getter)]
    pub fn size(&self) -> usize {
        self.sessions.len()
    }

    /// Moves everything from one session to another.
    pub fn transfer(&mut self, from: &str, to: &str) -> f64 {
        // The failure: the client sends the ids, and an id that doesn't exist is a missing key.
        let amount = self.sessions[from];
        *self.sessions.get_mut(to).unwrap() += amount;
        self.sessions.insert(from.into(), 0.0);
        amount
    }
}
