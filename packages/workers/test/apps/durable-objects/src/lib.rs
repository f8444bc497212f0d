use std::cell::Cell;
use worker::*;

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
        let stored: u32 = self.state.storage().get("count").await?.unwrap_or(0);
        self.state.storage().put("count", stored + 1).await?;
        if req.path() == "/crash" {
            std::process::abort();
        }
        Response::ok(format!("{} in memory, {} stored", self.count.get(), stored + 1))
    }
}

#[event(fetch)]
async fn fetch(req: Request, env: Env, _ctx: Context) -> Result<Response> {
    let path = req.path();
    let (name, step) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    let counter = env.durable_object("COUNTER")?.get_by_name(name)?;
    counter.fetch_with_str(&format!("https://counter/{step}")).await
}
