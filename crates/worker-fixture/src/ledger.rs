//! A Durable Object that keeps the same in memory and in SQL, and never waits between the two.
// The `worker` crate's attribute makes methods without documentation.
#![allow(missing_docs)]

use crate::fail;
use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::{durable_object, DurableObject, Env, Request, Response, Result, SqlStorage, State};

/// Entries in memory, and as rows.
#[durable_object(alarm)]
pub struct Ledger {
    state: State,
    sql: AssertUnwindSafe<SqlStorage>,
    entries: AssertUnwindSafe<RefCell<Vec<i32>>>,
}

impl DurableObject for Ledger {
    fn new(state: State, _env: Env) -> Self {
        let sql = state.storage().sql();
        exec(
            &sql,
            "CREATE TABLE IF NOT EXISTS entries (value INTEGER)",
            0,
        );
        let entries = values(&sql);
        Self {
            state,
            sql: AssertUnwindSafe(sql),
            entries: AssertUnwindSafe(RefCell::new(entries)),
        }
    }

    async fn fetch(&self, req: Request) -> Result<Response> {
        let storage = self.state.storage();
        for name in req.path().split('/').filter(|name| !name.is_empty()) {
            if let Some(value) = name.strip_prefix("add-") {
                self.add(value.parse().unwrap_or(0), false);
                continue;
            }
            match name {
                "borrow-abort" => {
                    let _locked = self.entries.borrow_mut();
                    std::process::abort();
                }
                // Not waited for: what follows is still the same turn.
                "put" => drop(futures_util::FutureExt::now_or_never(storage.put("put", 1))),
                "alarm" => drop(futures_util::FutureExt::now_or_never(
                    storage.set_alarm(Duration::from_secs(3600)),
                )),
                "error" => return Err("asked for an error".into()),
                _ if fail::step(name).await => {}
                _ => return Response::error(format!("no step {name}"), 404),
            }
        }
        let entries = self.entries.borrow().clone();
        let rows = values(&self.sql);
        let put = storage.get::<u32>("put").await?.is_some();
        let alarm = storage.get_alarm().await?.is_some();
        Response::ok(format!(
            r#"{{"entries":{entries:?},"rows":{rows:?},"put":{put},"alarm":{alarm},"waiting":{}}}"#,
            fail::waiting()
        ))
    }
}

#[wasm_bindgen]
impl Ledger {
    /// Adds an entry, and fails afterwards where that is asked for. Gives how many there are.
    pub fn add(&self, value: i32, abort: bool) -> usize {
        self.entries.borrow_mut().push(value);
        exec(&self.sql, "INSERT INTO entries VALUES (?)", value);
        if abort {
            std::process::abort();
        }
        self.entries.borrow().len()
    }
}

fn exec(sql: &SqlStorage, query: &str, value: i32) {
    let values = query.contains('?').then(|| vec![value.into()]);
    sql.exec(query, values).expect("a statement that holds");
}

fn values(sql: &SqlStorage) -> Vec<i32> {
    #[derive(serde::Deserialize)]
    struct Row {
        value: i32,
    }
    let rows = sql
        .exec("SELECT value FROM entries ORDER BY rowid", None)
        .and_then(|cursor| cursor.to_array::<Row>());
    rows.expect("rows").iter().map(|row| row.value).collect()
}
