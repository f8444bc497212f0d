//! A Durable Object that isn't ready when its constructor returns.
// The `worker` crate's attribute makes methods without documentation.
#![allow(missing_docs)]

use crate::fail;
use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use worker::{durable_object, DurableObject, Env, Request, Response, Result, State};

/// Has no event delivered before it is loaded.
#[durable_object(fetch)]
pub struct Loaded {
    is_loaded: AssertUnwindSafe<Rc<Cell<bool>>>,
}

impl DurableObject for Loaded {
    fn new(state: State, _env: Env) -> Self {
        let is_loaded = Rc::new(Cell::new(false));
        let (loaded, storage) = (is_loaded.clone(), state.storage());
        let _loading = state.block_concurrency_while(async move {
            storage.get::<u32>("nothing").await?;
            fail::step("wait-20").await;
            loaded.set(true);
            Ok(())
        });
        Self {
            is_loaded: AssertUnwindSafe(is_loaded),
        }
    }

    async fn fetch(&self, req: Request) -> Result<Response> {
        let is_loaded = self.is_loaded.get();
        for name in req.path().split('/').filter(|name| !name.is_empty()) {
            fail::step(name).await;
        }
        Response::ok(is_loaded.to_string())
    }
}
