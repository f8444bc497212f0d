//! What JavaScript calls: the library, behind wasm-bindgen.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

/// [`inspect`](crate::inspect), its result as JSON in camel case.
///
/// # Errors
///
/// Throws an `Error` with the message and the byte's position as `offset`.
#[wasm_bindgen]
pub fn inspect(bytes: &[u8]) -> Result<String, JsValue> {
    let info = crate::inspect(bytes).map_err(throwable)?;
    serde_json::to_string(&info).map_err(|error| js_sys::Error::new(&error.to_string()).into())
}

/// [`export_globals`](crate::export_globals).
///
/// # Errors
///
/// As [`inspect`].
#[wasm_bindgen(js_name = exportGlobals)]
pub fn export_globals(bytes: &[u8], prefix: &str) -> Result<Option<Vec<u8>>, JsValue> {
    crate::export_globals(bytes, prefix).map_err(|error| throwable(error).into())
}

/// [`move_imports`](crate::move_imports).
///
/// # Errors
///
/// As [`inspect`].
#[wasm_bindgen(js_name = moveImports)]
pub fn move_imports(bytes: &[u8], module: &str, prefix: &str) -> Result<Option<Vec<u8>>, JsValue> {
    crate::move_imports(bytes, module, prefix).map_err(|error| throwable(error).into())
}

/// [`undo_log`](crate::undo_log).
///
/// # Errors
///
/// As [`inspect`], and for what can't be undone.
#[wasm_bindgen(js_name = undoLog)]
pub fn undo_log(bytes: &[u8]) -> Result<Vec<u8>, JsValue> {
    let (changed, _) = crate::undo_log(bytes).map_err(throwable)?;
    Ok(changed)
}

fn throwable(error: crate::Error) -> js_sys::Error {
    let thrown = js_sys::Error::new(error.message());
    // Setting a property of a new, extensible object can't fail.
    let _ = Reflect::set(&thrown, &"offset".into(), &(error.offset() as f64).into());
    thrown
}
