//! A Durable Object whose handlers are tasks: what aborts after it has waited costs no memory, either.
// The `worker` crate's attribute makes methods without documentation.
#![allow(missing_docs)]

use crate::fail;
use std::cell::{Cell, RefCell};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use wasm_revive_entrypoint_shim::{entrypoint, is_recovering};
use worker::{
    durable_object, DurableObject, Env, Error, Request, Response, Result, SqlStorage, State,
    WebSocket, WebSocketIncomingMessage, WebSocketPair,
};

/// How many objects were made on this instance.
static MADE: AtomicU32 = AtomicU32::new(0);

/// Counts in memory, and in rows.
#[durable_object]
pub struct Kept {
    state: State,
    sql: AssertUnwindSafe<SqlStorage>,
    count: AssertUnwindSafe<Cell<u32>>,
    /// Held over what is waited for.
    locked: AssertUnwindSafe<RefCell<u32>>,
    released: AssertUnwindSafe<Cell<u32>>,
    made: u32,
}

/// Says that it was released because its task has failed.
struct Released<'a>(&'a Cell<u32>);

impl Drop for Released<'_> {
    fn drop(&mut self) {
        if is_recovering() {
            self.0.set(self.0.get() + 1);
        }
    }
}

impl DurableObject for Kept {
    fn new(state: State, _env: Env) -> Self {
        let sql = state.storage().sql();
        sql.exec("CREATE TABLE IF NOT EXISTS counted (value INTEGER)", None)
            .expect("a statement that holds");
        Self {
            state,
            sql: AssertUnwindSafe(sql),
            count: AssertUnwindSafe(Cell::new(0)),
            locked: AssertUnwindSafe(RefCell::new(0)),
            released: AssertUnwindSafe(Cell::new(0)),
            made: MADE.fetch_add(1, Ordering::Relaxed) + 1,
        }
    }

    // That is what is tested with `lock`.
    #[allow(clippy::await_holding_refcell_ref)]
    #[entrypoint(unsafe(borrows))]
    async fn fetch(&self, req: Request) -> Result<Response> {
        for name in req.path().split('/').filter(|name| !name.is_empty()) {
            match name {
                "inc" => self.count(),
                "socket" => {
                    let pair = WebSocketPair::new()?;
                    self.state.accept_web_socket(&pair.server);
                    return Response::from_websocket(pair.client);
                }
                // What follows it holds the lock, and waits.
                "lock" => {
                    let _released = Released(&self.released);
                    let mut locked = self.locked.borrow_mut();
                    *locked += 1;
                    fail::step("wait-1").await;
                    fail::step("abort").await;
                }
                "alarm-abort" => {
                    let storage = self.state.storage();
                    storage.put("alarm", "abort").await?;
                    storage.set_alarm(Duration::from_millis(1)).await?;
                }
                "body" => drop(self.state.storage().get::<u32>("nothing").await?),
                "error" => return Err("asked for an error".into()),
                _ if fail::step(name).await => {}
                _ => return Response::error(format!("no step {name}"), 404),
            }
        }
        let alarms: u32 = self.state.storage().get("alarms").await?.unwrap_or(0);
        Response::ok(format!(
            r#"{{"count":{},"rows":{},"locked":{},"released":{},"alarms":{alarms},"made":{},"waiting":{}}}"#,
            self.count.get(),
            self.rows(),
            *self.locked.borrow(),
            self.released.get(),
            self.made,
            fail::waiting()
        ))
    }

    #[entrypoint(unsafe(borrows))]
    async fn alarm(&self) -> Result<Response> {
        let storage = self.state.storage();
        let alarms: u32 = storage.get("alarms").await?.unwrap_or(0);
        storage.put("alarms", alarms + 1).await?;
        if storage.get::<String>("alarm").await?.is_some() {
            storage.delete("alarm").await?;
            // A transaction of its own: it has to be there when the alarm is run again.
            fail::step("wait-1").await;
            fail::step("abort").await;
        }
        Response::ok("")
    }

    #[entrypoint(unsafe(borrows))]
    async fn websocket_message(
        &self,
        ws: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> Result<()> {
        if let WebSocketIncomingMessage::String(text) = message {
            self.count();
            fail::step("wait-1").await;
            fail::step(&text).await;
            ws.send_with_str(format!("{text} {}", self.count.get()))?;
        }
        Ok(())
    }

    async fn websocket_close(
        &self,
        _ws: WebSocket,
        _code: usize,
        _reason: String,
        _was_clean: bool,
    ) -> Result<()> {
        Ok(())
    }

    async fn websocket_error(&self, _ws: WebSocket, _error: Error) -> Result<()> {
        Ok(())
    }
}

impl Kept {
    /// In memory, and as a row, in one go.
    fn count(&self) {
        self.count.set(self.count.get() + 1);
        let value = vec![i32::try_from(self.count.get()).unwrap_or(0).into()];
        self.sql
            .exec("INSERT INTO counted VALUES (?)", value)
            .expect("a statement that holds");
    }

    fn rows(&self) -> usize {
        #[derive(serde::Deserialize)]
        struct Rows {
            rows: usize,
        }
        let cursor = self
            .sql
            .exec("SELECT COUNT(*) AS rows FROM counted", None)
            .expect("a statement that holds");
        cursor.one::<Rows>().expect("a row").rows
    }
}
