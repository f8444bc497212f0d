//! `#[wasm_bindgen]` whose imports may unwind: the attribute behind `wasm_revive_unwind_catcher::wasm_bindgen`.
//!
//! wasm-bindgen 0.2.130 declares imports `extern "C"`, and so tells the compiler that nothing unwinds out of them: the
//! frames between an import that throws and JavaScript get no landing pads, and their destructors never run, in either
//! panic mode. Here the same expansion is declared `extern "C-unwind"`.
#![deny(missing_docs)]

mod unwinding;

use proc_macro::TokenStream;
use quote::quote;

/// `#[wasm_bindgen]` as it is: what a module built with panic=abort gets.
#[proc_macro_attribute]
pub fn plain(attributes: TokenStream, item: TokenStream) -> TokenStream {
    expand(attributes, item).into()
}

/// `#[wasm_bindgen]`, its imports declared `extern "C-unwind"`, and their names left in the module.
#[proc_macro_attribute]
pub fn unwinding(attributes: TokenStream, item: TokenStream) -> TokenStream {
    unwinding::unwinding(expand(attributes, item)).into()
}

fn expand(attributes: TokenStream, item: TokenStream) -> proc_macro2::TokenStream {
    wasm_bindgen_macro_support::expand(attributes.into(), item.into())
        .unwrap_or_else(|diagnostic| quote!(#diagnostic))
}
