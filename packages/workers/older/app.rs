//! A Worker with Durable Objects that counts and can be made to abort, in words that every version of the `worker` crate from 0.6 on knows. The path of a
//! request says what it does: `/<step>` without an object, `/object/<name>/<step>` in one.
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use worker::*;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Waits first where it is to wait, so that what fails is a task that the event loop has entered.
async fn step(name: &str) {
    if let Some(name) = name.strip_prefix("wait/") {
        Delay::from(std::time::Duration::from_millis(20)).await;
        return fail(name);
    }
    fail(name);
}

fn fail(name: &str) {
    match name {
        "abort" => std::process::abort(),
        "panic" => panic!("asked to panic"),
        _ => {}
    }
}

#[durable_object]
pub struct Counter {
    state: State,
    count: Cell<u32>,
}

impl DurableObject for Counter {
    fn new(state: State, _env: Env) -> Self {
        Self { state, count: Cell::new(0) }
    }

    async fn fetch(&self, req: Request) -> Result<Response> {
        self.count.set(self.count.get() + 1);
        let stored: u32 = self.state.storage().get::<u32>("count").await.unwrap_or_default().unwrap_or(0);
        self.state.storage().put("count", stored + 1).await?;
        step(&req.path()[1..]).await;
        Response::ok(format!("{} in memory, {} stored", self.count.get(), stored + 1))
    }
}

#[event(fetch)]
async fn fetch(req: Request, env: Env, _ctx: Context) -> Result<Response> {
    let path = req.path();
    if let Some((name, step)) = path.strip_prefix("/object/").and_then(|rest| rest.split_once('/')) {
        let counter = env.durable_object("COUNTER")?.id_from_name(name)?.get_stub()?;
        return counter.fetch_with_str(&format!("https://counter/{step}")).await;
    }
    let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    step(&path[1..]).await;
    Response::ok(count.to_string())
}

#[event(scheduled)]
async fn scheduled(event: ScheduledEvent, _env: Env, _ctx: ScheduleContext) {
    COUNT.fetch_add(100, Ordering::Relaxed);
    step(&event.cron()).await;
}
