//! What the tests call: the library, behind wasm-bindgen.

use wasm_bindgen::prelude::*;

/// [`check`](crate::check): what was compared, by name.
///
/// # Errors
///
/// Throws an `Error` that says what the first difference is.
#[wasm_bindgen]
pub fn check(bytes: &[u8]) -> Result<String, JsError> {
    let checked = crate::check(bytes).map_err(|error| JsError::new(&error))?;
    let counts = [
        ("instructions", checked.instructions),
        ("places", checked.places),
        ("doubled", checked.doubled),
        ("lines", checked.lines),
        ("inlined", checked.inlined),
        ("entries", checked.entries),
        ("withCode", checked.with_code),
        ("divided", checked.divided),
        ("locationLists", checked.location_lists),
    ];
    let fields = counts.map(|(name, count)| format!("\"{name}\":{count}"));
    Ok(format!("{{{}}}", fields.join(",")))
}
