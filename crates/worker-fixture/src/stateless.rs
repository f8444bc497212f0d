//! What serves without a Durable Object.

use crate::fail;
use js_sys::{Error, Promise};
use std::sync::atomic::{AtomicU32, Ordering};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;
use wasm_revive_entrypoint_shim::entrypoint;
use worker::{
    event, Context, Env, MessageBatch, Method, Request, RequestInit, Response, Result,
    ScheduleContext, ScheduledEvent,
};

/// How often `inc` was asked for, on this instance.
static COUNT: AtomicU32 = AtomicU32::new(0);

#[event(fetch)]
async fn fetch(req: Request, env: Env, _ctx: Context) -> Result<Response> {
    let path = req.path();
    // `/object/<name>/<steps>` is passed on to an object of that name, `/kept/…`, `/loaded/…`, `/ledger/…` to one of the other classes.
    for (prefix, binding) in [
        ("/object/", "COUNTER"),
        ("/kept/", "KEPT"),
        ("/loaded/", "LOADED"),
        ("/ledger/", "LEDGER"),
    ] {
        let Some((name, steps)) = path
            .strip_prefix(prefix)
            .and_then(|rest| rest.split_once('/'))
        else {
            continue;
        };
        let stub = env.durable_object(binding)?.get_by_name(name)?;
        let mut init = RequestInit::new();
        init.with_method(req.method())
            .with_headers(req.headers().clone());
        return stub
            .fetch_with_request(Request::new_with_init(
                &format!("https://object/{steps}"),
                &init,
            )?)
            .await;
    }
    if let Some(steps) = path.strip_prefix("/task/") {
        return as_task(steps.to_owned()).await;
    }
    for name in path.split('/').filter(|name| !name.is_empty()) {
        match name {
            "inc" => drop(COUNT.fetch_add(1, Ordering::Relaxed)),
            "error" => return Err("asked for an error".into()),
            "body" if req.method() == Method::Post => {}
            "throw" => throw(),
            "stream" => return stream(),
            "waiting" => return Response::ok(fail::waiting().to_string()),
            _ if fail::step(name).await => {}
            _ => return Response::error(format!("no step {name}"), 404),
        }
    }
    Response::ok(COUNT.load(Ordering::Relaxed).to_string())
}

/// What `/task/…` does, in a task.
#[entrypoint]
async fn as_task(steps: String) -> Result<Response> {
    for name in steps.split('/') {
        match name {
            "inc" => drop(COUNT.fetch_add(1, Ordering::Relaxed)),
            _ => drop(fail::step(name).await),
        }
    }
    Response::ok(COUNT.load(Ordering::Relaxed).to_string())
}

#[event(scheduled)]
async fn scheduled(event: ScheduledEvent, _env: Env, _ctx: ScheduleContext) {
    COUNT.fetch_add(100, Ordering::Relaxed);
    fail::step(&event.cron()).await;
}

#[event(queue)]
async fn queue(batch: MessageBatch<String>, _env: Env, _ctx: Context) -> Result<()> {
    for message in batch.messages()? {
        COUNT.fetch_add(1000, Ordering::Relaxed);
        fail::step(message.body()).await;
    }
    Ok(())
}

/// A method that other Workers call.
#[wasm_bindgen]
pub fn add(a: u32, b: u32) -> u32 {
    a + b
}

/// A plain function that gives a promise: nothing but that promise says that the call is asynchronous.
#[wasm_bindgen(js_name = failLater)]
pub fn fail_later(step: String) -> Promise {
    js_sys::futures::future_to_promise(std::panic::AssertUnwindSafe(async move {
        fail::step("wait-5").await;
        fail::step(&step).await;
        Ok(JsValue::from(step))
    }))
}

/// A body that never ends, of which Rust makes a part every 20 ms.
fn stream() -> Result<Response> {
    Response::from_stream(futures_util::stream::unfold((), |()| async {
        fail::step("wait-20").await;
        Some((Ok::<_, worker::Error>(b"part".to_vec()), ()))
    }))
}

/// A JavaScript exception that passes through Rust.
fn throw() {
    #[wasm_bindgen(
        inline_js = "export function throwError() { throw new Error('asked to throw'); }"
    )]
    extern "C" {
        #[wasm_bindgen(js_name = throwError)]
        fn throw_error() -> Error;
    }
    drop(throw_error());
}
