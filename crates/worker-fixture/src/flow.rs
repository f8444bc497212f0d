//! A Workflow: steps whose results the runtime keeps, and which it runs again where they fail.

use crate::fail;
use js_sys::{Array, Object, Promise, Reflect};
use std::panic::AssertUnwindSafe;
use wasm_bindgen::prelude::{wasm_bindgen, Closure};
use wasm_bindgen::{JsCast, JsValue};
use worker::Env;

#[wasm_bindgen]
extern "C" {
    /// What the runtime gives to a run.
    pub type Step;

    #[wasm_bindgen(method, js_name = do)]
    fn run_step(
        this: &Step,
        name: &str,
        options: &JsValue,
        work: &Closure<dyn Fn() -> Promise>,
    ) -> Promise;
}

/// Does the steps that its event names, one after another, and gives which attempt each has gone well at.
#[wasm_bindgen]
pub struct Flow;

#[wasm_bindgen]
impl Flow {
    /// Constructed for each run.
    #[wasm_bindgen(constructor)]
    pub fn new(_ctx: JsValue, _env: Env) -> Self {
        Self
    }

    /// `first-abort`: a step that aborts at its first attempt. `abort`: at each.
    pub fn run(&self, event: JsValue, step: Step) -> Promise {
        js_sys::futures::future_to_promise(AssertUnwindSafe(async move {
            let payload = Reflect::get(&event, &"payload".into())?;
            let payload = payload.as_string().unwrap_or_default();
            let options = js_sys::JSON::parse(r#"{"retries":{"limit":3,"delay":1}}"#)?;
            let results = Array::new();
            for name in payload.split('/') {
                let work = work(name.to_owned());
                results.push(
                    &js_sys::futures::JsFuture::from(step.run_step(name, &options, &work)).await?,
                );
            }
            Ok(results.into())
        }))
    }
}

fn work(name: String) -> Closure<dyn Fn() -> Promise> {
    let name = AssertUnwindSafe(name);
    Closure::new(move || {
        let name = name.clone();
        js_sys::futures::future_to_promise(AssertUnwindSafe(async move {
            let attempt = count(&name)?;
            match name.strip_prefix("first-") {
                Some(how) if attempt == 1 => {
                    fail::step("wait-1").await;
                    fail::step(how).await;
                }
                Some(_) => {}
                None => {
                    fail::step(&name).await;
                }
            }
            Ok(attempt.into())
        }))
    })
}

/// How often a step has been attempted, by whichever instance.
fn count(name: &str) -> Result<u32, JsValue> {
    let attempts = Reflect::get(&js_sys::global(), &"attempts".into())?;
    let attempts = if attempts.is_undefined() {
        let attempts = Object::new();
        Reflect::set(&js_sys::global(), &"attempts".into(), &attempts)?;
        attempts
    } else {
        attempts.unchecked_into()
    };
    let before = Reflect::get(&attempts, &name.into())?
        .as_f64()
        .unwrap_or(0.0) as u32;
    Reflect::set(&attempts, &name.into(), &(before + 1).into())?;
    Ok(before + 1)
}
