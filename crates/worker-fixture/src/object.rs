//! A Durable Object with state in memory and in storage.
// The `worker` crate's attribute makes methods without documentation.
#![allow(missing_docs)]

use crate::fail;
use std::cell::{Cell, RefCell};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;
use worker::{
    durable_object, DurableObject, Env, Error, Request, Response, Result, State, WebSocket,
    WebSocketIncomingMessage, WebSocketPair,
};

/// How many objects were made on this instance.
static MADE: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// Values of JavaScript that Rust holds.
    static LIVE: RefCell<Vec<JsValue>> = const { RefCell::new(Vec::new()) };
}

/// Counts in memory and in storage.
#[durable_object]
pub struct Counter {
    state: State,
    count: AssertUnwindSafe<Cell<u32>>,
    made: u32,
}

impl DurableObject for Counter {
    fn new(state: State, _env: Env) -> Self {
        Self {
            state,
            count: AssertUnwindSafe(Cell::new(0)),
            made: MADE.fetch_add(1, Ordering::Relaxed) + 1,
        }
    }

    async fn fetch(&self, req: Request) -> Result<Response> {
        let storage = self.state.storage();
        for name in req.path().split('/').filter(|name| !name.is_empty()) {
            match name {
                "inc" => {
                    self.count.set(self.count.get() + 1);
                    let stored: u32 = storage.get("stored").await?.unwrap_or(0);
                    storage.put("stored", stored + 1).await?;
                }
                "delete-all" => storage.delete_all().await?,
                // Nothing that another process could have.
                "live" => LIVE.with_borrow_mut(|live| live.push(js_sys::Error::new("live").into())),
                "let-go" => LIVE.with_borrow_mut(Vec::clear),
                "write" => storage.put("written", 1).await?,
                "alarm" => storage.set_alarm(Duration::from_millis(1)).await?,
                "alarm-abort" => {
                    storage.put("alarm", "abort").await?;
                    storage.set_alarm(Duration::from_millis(1)).await?;
                }
                "socket" => {
                    let pair = WebSocketPair::new()?;
                    self.state.accept_web_socket(&pair.server);
                    return Response::from_websocket(pair.client);
                }
                "error" => return Err("asked for an error".into()),
                _ if fail::step(name).await => {}
                _ => return Response::error(format!("no step {name}"), 404),
            }
        }
        let stored: u32 = storage.get("stored").await?.unwrap_or(0);
        let alarms: u32 = storage.get("alarms").await?.unwrap_or(0);
        Response::ok(format!(
            r#"{{"count":{},"stored":{stored},"alarms":{alarms},"made":{},"waiting":{}}}"#,
            self.count.get(),
            self.made,
            fail::waiting()
        ))
    }

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

    async fn websocket_message(
        &self,
        ws: WebSocket,
        message: WebSocketIncomingMessage,
    ) -> Result<()> {
        if let WebSocketIncomingMessage::String(text) = message {
            self.count.set(self.count.get() + 1);
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

#[wasm_bindgen]
impl Counter {
    /// What other code calls by its stub.
    #[wasm_bindgen(js_name = addCount)]
    pub fn add_count(&self, by: u32) -> u32 {
        fail_if_asked(by);
        self.count.set(self.count.get() + by);
        self.count.get()
    }

    /// A property that other code reads by its stub.
    #[wasm_bindgen(getter)]
    pub fn total(&self) -> u32 {
        self.count.get()
    }
}

fn fail_if_asked(by: u32) {
    if by == 13 {
        std::process::abort();
    }
}
