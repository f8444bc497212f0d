//! `#[entrypoint]`: async exports that are tasks. The attribute behind `wasm_revive_entrypoint_shim::entrypoint`.
#![deny(missing_docs)]

mod export;

use proc_macro::TokenStream;
use quote::quote;

/// Makes an async export a task, above wasm-bindgen's attribute:
///
/// ```ignore
/// #[wasm_revive::entrypoint]
/// #[wasm_bindgen]
/// pub async fn save(document: String) -> Result<u32, JsValue> {
///     /* … */
/// }
/// ```
///
/// JavaScript gets the same promise. Where the task fails, that is rejected with the error that was reported, and every
/// other call goes on. For async functions that own their arguments; a method has no future that may outlive its object.
#[proc_macro_attribute]
pub fn entrypoint(attributes: TokenStream, item: TokenStream) -> TokenStream {
    expand(attributes, item, quote!(::wasm_revive_entrypoint_shim))
}

/// The same for those who know the crate by the name `wasm_revive`.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn entrypoint_of_wasm_revive(attributes: TokenStream, item: TokenStream) -> TokenStream {
    expand(attributes, item, quote!(::wasm_revive))
}

fn expand(
    attributes: TokenStream,
    item: TokenStream,
    of_crate: proc_macro2::TokenStream,
) -> TokenStream {
    export::task(attributes.into(), item.into(), &of_crate)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
