//! What the tests call: the library, behind wasm-bindgen.

use wasm_bindgen::prelude::*;

/// [`inject`](crate::inject).
///
/// # Errors
///
/// Throws an `Error` that says why.
#[wasm_bindgen]
pub fn inject(plain: &[u8], bytes: &[u8]) -> Result<Vec<u8>, JsError> {
    crate::inject(plain, bytes).map_err(|error| JsError::new(&error.to_string()))
}
