//! What JavaScript calls: the library, behind wasm-bindgen.

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::DebugInfo;

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

/// [`undoable`](crate::undoable): the module, and why its debug information is left out, where it is.
///
/// # Errors
///
/// As [`inspect`], and for what can't be undone.
#[wasm_bindgen(js_name = undoLog)]
pub fn undo_log(bytes: &[u8], mebibytes: u32) -> Result<Array, JsValue> {
    let undoable = crate::undoable(bytes, mebibytes).map_err(throwable)?;
    let left_out = match undoable.debug_info {
        DebugInfo::LeftOut(why) => why.into(),
        DebugInfo::None | DebugInfo::Rewritten => JsValue::UNDEFINED,
    };
    let module = Uint8Array::from(&undoable.module[..]);
    Ok(Array::of2(&module, &left_out))
}

/// [`copyable`](crate::copyable).
///
/// # Errors
///
/// As [`inspect`], and for what can't be copied.
#[wasm_bindgen]
pub fn copyable(bytes: &[u8]) -> Result<Option<Vec<u8>>, JsValue> {
    crate::copyable(bytes).map_err(|error| throwable(error).into())
}

/// [`prewarm`](crate::prewarm).
///
/// # Errors
///
/// As [`inspect`], and for what can't be.
#[wasm_bindgen]
pub fn prewarm(
    bytes: &[u8],
    memory: &[u8],
    globals: &[u8],
    references: u32,
) -> Result<Vec<u8>, JsValue> {
    let state = crate::State {
        memory,
        globals,
        references,
    };
    crate::prewarm(bytes, state).map_err(|error| throwable(error).into())
}

/// [`without_build_id`](crate::without_build_id).
///
/// # Errors
///
/// As [`inspect`].
#[wasm_bindgen(js_name = withoutBuildId)]
pub fn without_build_id(bytes: &[u8]) -> Result<Vec<u8>, JsValue> {
    crate::without_build_id(bytes).map_err(|error| throwable(error).into())
}

/// [`with_build_id`](crate::with_build_id).
///
/// # Errors
///
/// As [`inspect`].
#[wasm_bindgen(js_name = withBuildId)]
pub fn with_build_id(bytes: &[u8], id: &[u8]) -> Result<Vec<u8>, JsValue> {
    crate::with_build_id(bytes, id).map_err(|error| throwable(error).into())
}

/// [`split_debug_info`](crate::split_debug_info): the module and its debug file. Undefined where it has no debug information.
///
/// # Errors
///
/// As [`inspect`].
#[wasm_bindgen(js_name = splitDebugInfo)]
pub fn split_debug_info(bytes: &[u8], url: &str) -> Result<JsValue, JsValue> {
    let split = crate::split_debug_info(bytes, url).map_err(throwable)?;
    Ok(split.map_or(JsValue::UNDEFINED, |split| {
        let [module, debug] = [split.module, split.debug].map(|bytes| Uint8Array::from(&bytes[..]));
        Array::of2(&module, &debug).into()
    }))
}

/// [`debug_file`](crate::debug_file).
///
/// # Errors
///
/// As [`inspect`].
#[wasm_bindgen(js_name = debugFile)]
pub fn debug_file(bytes: &[u8]) -> Result<Option<String>, JsValue> {
    crate::debug_file(bytes).map_err(|error| throwable(error).into())
}

/// [`join_debug_info`](crate::join_debug_info).
///
/// # Errors
///
/// As [`inspect`], of either.
#[wasm_bindgen(js_name = joinDebugInfo)]
pub fn join_debug_info(bytes: &[u8], debug: &[u8]) -> Result<Option<Vec<u8>>, JsValue> {
    crate::join_debug_info(bytes, debug).map_err(|error| throwable(error).into())
}

fn throwable(error: crate::Error) -> js_sys::Error {
    let thrown = js_sys::Error::new(error.message());
    // Setting a property of a new, extensible object can't fail.
    let _ = Reflect::set(&thrown, &"offset".into(), &(error.offset() as f64).into());
    thrown
}
