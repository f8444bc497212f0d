//! An async export, made a task.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    parse2, Error, FnArg, GenericArgument, Ident, ItemFn, Pat, PathArguments, Result, ReturnType,
    Type,
};

/// The function, with a body that starts the former body as a task and waits for it.
pub(crate) fn task(
    attributes: TokenStream,
    item: TokenStream,
    of_crate: &TokenStream,
) -> Result<TokenStream> {
    if !attributes.is_empty() {
        return Err(Error::new_spanned(
            attributes,
            "`#[entrypoint]` takes no options.",
        ));
    }
    let mut function: ItemFn = parse2(item)?;
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        return Err(Error::new_spanned(
            signature.fn_token,
            "`#[entrypoint]` makes a task of an async function, and this one isn't. A call that isn't async is undone as it is.",
        ));
    }
    let arguments = arguments(&function)?;
    let value = match &signature.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) => quote!(#ty),
    };
    let (value, give) = match result_of(&signature.output)? {
        Some(value) => (
            quote!(#value),
            quote!(outcome.map_err(::core::convert::Into::into)),
        ),
        None => (value, quote!(::core::result::Result::Ok(outcome))),
    };
    // A function, and not a block, so that `?` in it knows what it gives.
    let mut body = function.clone();
    body.attrs.clear();
    body.vis = syn::Visibility::Inherited;
    for input in &mut body.sig.inputs {
        if let FnArg::Typed(argument) = input {
            argument.attrs.clear();
        }
    }
    let name = &body.sig.ident;
    function.sig.output =
        syn::parse_quote!(-> ::core::result::Result<#value, #of_crate::__private::JsValue>);
    function.block = syn::parse_quote!({
        #body
        match #of_crate::task(#name(#(#arguments),*)).await {
            ::core::result::Result::Ok(outcome) => #give,
            ::core::result::Result::Err(failed) => {
                ::core::result::Result::Err(::core::convert::Into::into(failed))
            }
        }
    });
    Ok(quote!(#function))
}

fn arguments(function: &ItemFn) -> Result<Vec<Ident>> {
    function
        .sig
        .inputs
        .iter()
        .map(|input| match input {
            FnArg::Receiver(receiver) => Err(Error::new_spanned(
                receiver,
                "A task may outlive the object that its method was called on. Take out of `self` what the task needs, \
                 and wait for `task(async move { … })` here, without `#[entrypoint]`.",
            )),
            FnArg::Typed(argument) => match &*argument.pat {
                Pat::Ident(pattern) => Ok(pattern.ident.clone()),
                other => Err(Error::new_spanned(other, "Give the argument a name.")),
            },
        })
        .collect()
}

/// The `T` of what is written as a `Result<T, …>`.
fn result_of(output: &ReturnType) -> Result<Option<&Type>> {
    let ReturnType::Type(_, ty) = output else {
        return Ok(None);
    };
    let Type::Path(path) = &**ty else {
        return Ok(None);
    };
    let Some(last) = path.path.segments.last() else {
        return Ok(None);
    };
    if last.ident != "Result" {
        return Ok(None);
    }
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return Err(Error::new_spanned(
            last,
            "Write out what it gives: `Result<T, E>`.",
        ));
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(value)) => Ok(Some(value)),
        _ => Err(Error::new_spanned(
            arguments,
            "Write out what it gives: `Result<T, E>`.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(item: &str) -> std::result::Result<String, String> {
        let expansion = task(
            TokenStream::new(),
            item.parse().unwrap(),
            &quote!(::wasm_revive),
        );
        expansion
            .map(|tokens| tokens.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn keeps_attributes_and_arguments() {
        let text =
            expanded("#[wasm_bindgen(js_name = later)] pub async fn f(mut a: u32, b: String) {}")
                .unwrap();
        assert!(
            text.starts_with(
                "# [wasm_bindgen (js_name = later)] pub async fn f (mut a : u32 , b : String)"
            ),
            "{text}"
        );
        assert!(
            text.contains("task (f (a , b)) . await") && text.matches("wasm_bindgen").count() == 1,
            "{text}"
        );
    }

    #[test]
    fn gives_a_result_that_can_say_that_the_task_failed() {
        let plain = expanded("async fn f() -> u32 { 4 }").unwrap();
        assert!(
            plain.contains(
                "-> :: core :: result :: Result < u32 , :: wasm_revive :: __private :: JsValue >"
            ),
            "{plain}"
        );
        let result = expanded("async fn f() -> std::result::Result<Vec<u8>, JsError> { g()? }");
        assert!(result.unwrap().contains(
            "-> :: core :: result :: Result < Vec < u8 > , :: wasm_revive :: __private :: JsValue >"
        ));
    }

    #[test]
    fn refuses_what_is_no_task_and_says_why() {
        assert!(expanded("fn f() {}")
            .unwrap_err()
            .contains("this one isn't"));
        assert!(expanded("async fn f(&self) {}")
            .unwrap_err()
            .contains("may outlive the object"));
        assert!(expanded("async fn f() -> Result { g()? }")
            .unwrap_err()
            .contains("Result<T, E>"));
    }
}
