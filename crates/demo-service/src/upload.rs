//! The asynchronous entrypoint: handlers that wait for a body, as those of a server do.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::{markdown, picture};

/// Waits for an article's body, renders it, and waits until `stored` says that it was stored.
#[cfg_attr(feature = "revive", wasm_revive::entrypoint)]
#[wasm_bindgen]
pub async fn publish(
    body: Promise,
    excerpt_length: usize,
    stored: Promise,
) -> Result<String, JsValue> {
    let body = JsFuture::from(body)
        .await?
        .as_string()
        .expect("a body that is text");
    let teaser = markdown::excerpt(&body, excerpt_length);
    let page = markdown::render_markdown(&body);
    JsFuture::from(stored).await?;
    Ok(format!("<aside>{teaser}</aside>\n{page}"))
}

/// Waits for a picture's bytes and returns its thumbnail.
#[cfg_attr(feature = "revive", wasm_revive::entrypoint)]
#[wasm_bindgen]
pub async fn upload_picture(body: Promise, side: u32) -> Result<Vec<u8>, JsValue> {
    let body = Uint8Array::new(&JsFuture::from(body).await?).to_vec();
    picture::shrink(&body, side).map_err(|error| JsError::new(&error.to_string()).into())
}
