//! An async function, made a task.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    parse2, Attribute, Block, Error, FnArg, GenericArgument, ItemFn, PathArguments, Result,
    ReturnType, Type,
};

/// What the attribute was given.
struct Options {
    /// `unsafe(borrows)`: whoever wrote it has seen to it that what the function borrows lives as long as its future.
    may_borrow: bool,
}

/// The function, with a body that starts the former body as a task and waits for it.
pub(crate) fn task(
    attributes: TokenStream,
    item: TokenStream,
    of_crate: &TokenStream,
) -> Result<TokenStream> {
    let options = options(attributes)?;
    let mut function: ItemFn = parse2(item)?;
    // wasm-bindgen repeats a method's attributes on the function that it exports for it.
    if function.sig.abi.is_some() {
        return Ok(quote!(#function));
    }
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        return Err(Error::new_spanned(
            signature.fn_token,
            "`#[entrypoint]` makes a task of an async function, and this one isn't. A call that isn't async is undone as it is.",
        ));
    }
    if !options.may_borrow {
        refuse_borrowed(&function)?;
    }
    refuse_unnamed(&function.sig.output)?;
    let is_exported = function.attrs.iter().any(is_wasm_bindgen);
    let outcome = Outcome::of(&signature.output, is_exported)?;
    let (given, span) = (outcome.given(), outcome.span());
    let future = typed(&given, &function.block);
    let start = if options.may_borrow {
        // What is asked for is in the attribute, which says `unsafe`.
        quote!(unsafe { #of_crate::scoped(future) })
    } else {
        quote!(#of_crate::task(future))
    };
    let (ok, error) = match outcome {
        Outcome::Plain(_) => (
            quote!(::core::result::Result::Ok(outcome)),
            quote!(#of_crate::__private::JsValue::from(failed)),
        ),
        Outcome::Result(_) if is_exported => (
            quote!(outcome.map_err(::core::convert::Into::into)),
            quote!(#of_crate::__private::JsValue::from(failed)),
        ),
        Outcome::Result(_) => (
            quote!(outcome),
            quote_spanned!(span=> ::core::convert::From::<#of_crate::__private::JsValue>::from(failed.into())),
        ),
    };
    if is_exported {
        let value = outcome.value();
        function.sig.output =
            syn::parse_quote!(-> ::core::result::Result<#value, #of_crate::__private::JsValue>);
    }
    function.block = syn::parse_quote!({
        // Outside of what says `unsafe`: the body is the user's.
        let future = #future;
        match #start.await {
            ::core::result::Result::Ok(outcome) => #ok,
            ::core::result::Result::Err(failed) => ::core::result::Result::Err(#error),
        }
    });
    Ok(quote!(#function))
}

fn options(attributes: TokenStream) -> Result<Options> {
    match attributes.to_string().replace(' ', "").as_str() {
        "" => Ok(Options { may_borrow: false }),
        "unsafe(borrows)" => Ok(Options { may_borrow: true }),
        _ => Err(Error::new_spanned(
            attributes,
            "`#[entrypoint]` knows one option, `unsafe(borrows)`.",
        )),
    }
}

/// What borrows can't be told by its type alone, and the compiler says the rest.
fn refuse_borrowed(function: &ItemFn) -> Result<()> {
    for input in &function.sig.inputs {
        let is_borrowed = match input {
            FnArg::Receiver(receiver) => receiver.reference.is_some(),
            FnArg::Typed(argument) => matches!(*argument.ty, Type::Reference(_)),
        };
        if is_borrowed {
            return Err(Error::new_spanned(
                input,
                "A task may outlive what it borrows, where its function's future is leaked, or dropped by the task itself. Nobody \
                 does that to the methods that JavaScript calls (`#[wasm_bindgen]`, `#[durable_object]`): say so by \
                 `#[entrypoint(unsafe(borrows))]`. Otherwise take what the task needs by value.",
            ));
        }
    }
    Ok(())
}

/// What the body gives has to be written down once more, in it.
fn refuse_unnamed(output: &ReturnType) -> Result<()> {
    let ReturnType::Type(_, ty) = output else {
        return Ok(());
    };
    let is_unnamed = |token: TokenTree| matches!(token, TokenTree::Ident(word) if word == "impl");
    if flat(quote!(#ty)).into_iter().any(is_unnamed) {
        return Err(Error::new_spanned(
            ty,
            "Name what it gives: a task's result can't be an `impl Trait`.",
        ));
    }
    Ok(())
}

fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => flat(group.stream()),
            other => vec![other],
        })
        .collect()
}

fn is_wasm_bindgen(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| segment.ident == "wasm_bindgen")
}

/// The body as a future that is known to give `ty`, so that `?` in it knows what it makes of errors.
fn typed(ty: &TokenStream, body: &Block) -> TokenStream {
    quote!(async move {
        if let ::core::option::Option::Some(never) = ::core::option::Option::None::<#ty> {
            return never;
        }
        let outcome: #ty = #body;
        #[allow(unreachable_code)]
        outcome
    })
}

/// What a function gives.
enum Outcome<'a> {
    /// Something that can't say that the task has failed.
    Plain(&'a ReturnType),
    /// A `Result`, by whatever name.
    Result(&'a Type),
}

impl Outcome<'_> {
    fn of(output: &ReturnType, is_exported: bool) -> Result<Outcome<'_>> {
        match result(output) {
            Some(ty) if is_exported => first_argument(ty).map(|_| Outcome::Result(ty)),
            Some(ty) => Ok(Outcome::Result(ty)),
            None if is_exported => Ok(Outcome::Plain(output)),
            None => Err(Error::new(
                match output {
                    ReturnType::Default => Span::call_site(),
                    ReturnType::Type(_, ty) => ty.span(),
                },
                "A task can fail, and this can't say so. Give a `Result` whose error can be made of a `JsValue`, such as \
                 `Result<(), JsValue>` or `worker::Result<()>`.",
            )),
        }
    }

    fn given(&self) -> TokenStream {
        match self {
            Outcome::Plain(ReturnType::Default) => quote!(()),
            Outcome::Plain(ReturnType::Type(_, ty)) => quote!(#ty),
            Outcome::Result(ty) => quote!(#ty),
        }
    }

    /// What JavaScript gets where all goes well.
    fn value(&self) -> TokenStream {
        match self {
            Outcome::Result(ty) => {
                first_argument(ty).map_or_else(|_| quote!(()), |value| quote!(#value))
            }
            Outcome::Plain(_) => self.given(),
        }
    }

    fn span(&self) -> Span {
        match self {
            Outcome::Result(ty) => ty.span(),
            Outcome::Plain(_) => Span::call_site(),
        }
    }
}

/// The type where it is written as `Result`, `Result<T>` or `Result<T, …>`.
fn result(output: &ReturnType) -> Option<&Type> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    let Type::Path(path) = &**ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    (last.ident == "Result").then_some(ty)
}

/// The `T` of what is written as a `Result<T, …>`.
fn first_argument(ty: &Type) -> Result<&Type> {
    let Type::Path(path) = ty else {
        unreachable!("a result is a path");
    };
    let last = path.path.segments.last();
    if let Some(PathArguments::AngleBracketed(arguments)) = last.map(|segment| &segment.arguments) {
        if let Some(GenericArgument::Type(value)) = arguments.args.first() {
            return Ok(value);
        }
    }
    Err(Error::new_spanned(
        ty,
        "Write out what it gives: `Result<T, E>`.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(item: &str) -> std::result::Result<String, String> {
        expanded_with("", item)
    }

    fn expanded_with(attributes: &str, item: &str) -> std::result::Result<String, String> {
        let expansion = task(
            attributes.parse().unwrap(),
            item.parse().unwrap(),
            &quote!(::wasm_revive),
        );
        expansion
            .map(|tokens| tokens.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn keeps_attributes_and_arguments() {
        let text = expanded(
            "#[wasm_bindgen(js_name = later)] pub async fn f(mut a: u32, (b, c): (String, u8)) {}",
        )
        .unwrap();
        assert!(
            text.starts_with(
                "# [wasm_bindgen (js_name = later)] pub async fn f (mut a : u32 , (b , c) : (String , u8))"
            ),
            "{text}"
        );
        assert!(
            text.contains("let future = async move")
                && text.contains(":: wasm_revive :: task (future)")
                && text.matches("wasm_bindgen").count() == 1,
            "{text}"
        );
    }

    #[test]
    fn gives_a_result_that_can_say_that_the_task_failed() {
        let plain = expanded("#[wasm_bindgen] async fn f() -> u32 { 4 }").unwrap();
        assert!(
            plain.contains(
                "-> :: core :: result :: Result < u32 , :: wasm_revive :: __private :: JsValue >"
            ),
            "{plain}"
        );
        let result = expanded(
            "#[wasm_bindgen::prelude::wasm_bindgen] async fn f() -> std::result::Result<Vec<u8>, JsError> { g()? }",
        );
        assert!(result.unwrap().contains(
            "-> :: core :: result :: Result < Vec < u8 > , :: wasm_revive :: __private :: JsValue >"
        ));
    }

    #[test]
    fn leaves_the_signature_of_what_is_not_exported_by_itself() {
        let text = expanded_with(
            "unsafe(borrows)",
            "async fn fetch(&self, req: Request) -> Result<Response> { g()? }",
        )
        .unwrap();
        assert!(
            text.starts_with("async fn fetch (& self , req : Request) -> Result < Response > {"),
            "{text}"
        );
        assert!(
            text.contains("unsafe { :: wasm_revive :: scoped (future) }"),
            "{text}"
        );
    }

    #[test]
    fn leaves_alone_what_is_exported_for_a_method() {
        let exported = "pub unsafe extern \"C-unwind\" fn __wasm_bindgen_generated_Counter_inc (this : u32) -> u32 { 4 }";
        assert_eq!(expanded(exported).unwrap(), exported);
    }

    #[test]
    fn refuses_what_is_no_task_and_says_why() {
        assert!(expanded("fn f() {}")
            .unwrap_err()
            .contains("this one isn't"));
        assert!(expanded("async fn f(&self) -> Result<()> {}")
            .unwrap_err()
            .contains("unsafe(borrows)"));
        assert!(expanded("async fn f(text: &str) -> Result<()> {}")
            .unwrap_err()
            .contains("unsafe(borrows)"));
        assert!(expanded("#[wasm_bindgen] async fn f() -> Result { g()? }")
            .unwrap_err()
            .contains("Result<T, E>"));
        assert!(expanded("async fn f() -> u32 { 1 }")
            .unwrap_err()
            .contains("can't say so"));
        assert!(
            expanded("async fn f() -> Result<impl Into<JsValue>> { g()? }")
                .unwrap_err()
                .contains("impl Trait")
        );
        assert!(expanded_with("borrows", "async fn f() {}")
            .unwrap_err()
            .contains("one option"));
    }
}
