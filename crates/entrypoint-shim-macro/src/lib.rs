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
/// other call goes on.
///
/// Without `#[wasm_bindgen]` below it, for what another attribute or an `impl` around it exports, it leaves the signature as
/// it is. Then the function gives a `Result` whose error can be made of a `JsValue`:
///
/// ```ignore
/// impl DurableObject for Counter {
///     #[wasm_revive::entrypoint(unsafe(borrows))]
///     async fn fetch(&self, req: Request) -> worker::Result<Response> {
///         /* … */
///     }
/// }
/// ```
///
/// What borrows its arguments, a method with `&self` above all, says `unsafe(borrows)`: the task may use them as long as the
/// function's future is there, so that nobody may leak that future, nor drop it from within. wasm-bindgen and `worker` do
/// neither with the functions that they export.
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
