//! What `#[wasm_bindgen]` expanded to, its imports made to unwind.

use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use quote::quote;
use wasm_revive_abi::UNWINDING_SECTION;

/// Declares the imports of an expansion `extern "C-unwind"`, and adds a static with their names.
pub(crate) fn unwinding(expansion: TokenStream) -> TokenStream {
    let mut names = Vec::new();
    let mut tokens = rewrite(expansion, &mut names);
    tokens.extend(record(&names));
    tokens
}

fn rewrite(tokens: TokenStream, names: &mut Vec<String>) -> TokenStream {
    let mut trees: Vec<TokenTree> = tokens.into_iter().collect();
    for at in 0..trees.len() {
        if at > 0 && is_of_wasm_bindgen(&trees[at - 1]) && is_foreign_block(&trees[at..]) {
            let span = trees[at + 1].span();
            let mut abi = Literal::string("C-unwind");
            abi.set_span(span);
            trees[at + 1] = abi.into();
            if let TokenTree::Group(block) = &trees[at + 2] {
                names.extend(imports(block.stream()));
            }
        }
        if let TokenTree::Group(group) = &trees[at] {
            let mut rewritten = Group::new(group.delimiter(), rewrite(group.stream(), names));
            rewritten.set_span(group.span());
            trees[at] = rewritten.into();
        }
    }
    trees.into_iter().collect()
}

/// Whether it is what wasm-bindgen puts in front of its own: `[link(wasm_import_module = "__wbindgen_placeholder__")]`, the
/// `#` apart. A block in the body of a function is the user's, and stays as it is.
fn is_of_wasm_bindgen(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Group(attribute) if attribute.delimiter() == Delimiter::Bracket
        && attribute.to_string().contains("__wbindgen_placeholder__"))
}

/// Whether they begin with `extern "C" { … }`; not with `extern "C" fn`, which is a function of Rust's.
fn is_foreign_block(trees: &[TokenTree]) -> bool {
    let [TokenTree::Ident(word), TokenTree::Literal(abi), TokenTree::Group(block), ..] = trees
    else {
        return false;
    };
    word == "extern" && abi.to_string() == "\"C\"" && block.delimiter() == Delimiter::Brace
}

/// The names under which a foreign block imports: a function's own, or what its `#[link_name = "…"]` says.
fn imports(block: TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    let mut link_name = None;
    let mut after_fn = false;
    for tree in block {
        match &tree {
            TokenTree::Ident(word) if after_fn => {
                names.push(link_name.take().unwrap_or_else(|| word.to_string()));
            }
            TokenTree::Group(attribute) if attribute.delimiter() == Delimiter::Bracket => {
                link_name = link_name_of(attribute.stream()).or(link_name);
            }
            _ => {}
        }
        after_fn = matches!(&tree, TokenTree::Ident(word) if word == "fn");
    }
    names
}

fn link_name_of(attribute: TokenStream) -> Option<String> {
    let trees: Vec<TokenTree> = attribute.into_iter().collect();
    match trees.as_slice() {
        [TokenTree::Ident(word), TokenTree::Punct(_), TokenTree::Literal(name)]
            if word == "link_name" =>
        {
            Some(name.to_string().trim_matches('"').to_owned())
        }
        _ => None,
    }
}

/// On wasm a static with a link section becomes a custom section; it takes no memory at run time.
fn record(names: &[String]) -> TokenStream {
    if names.is_empty() {
        return TokenStream::new();
    }
    let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
    let bytes = Literal::byte_string(lines.as_bytes());
    let length = lines.len();
    quote! {
        #[cfg(all(target_arch = "wasm32", not(target_os = "wasi")))]
        const _: () = {
            #[used]
            #[unsafe(link_section = #UNWINDING_SECTION)]
            static NAMES: [u8; #length] = *#bytes;
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_unwind_and_are_named() {
        let expansion: TokenStream = r#"
            fn alert() {
                #[link(wasm_import_module = "__wbindgen_placeholder__")]
                extern "C" { fn __wbg_alert_1(); #[link_name = "__wbg_other_2"] fn other(a: u32) -> u32; }
                extern "C" fn of_rust() {}
                const _: () = {
                    #[link(wasm_import_module = "__wbindgen_placeholder__")]
                    extern "C" { fn __wbg_inner_3(); }
                };
                extern "C" { fn of_the_user(); }
            }
        "#
        .parse()
        .unwrap();
        let text = unwinding(expansion).to_string();
        assert_eq!(text.matches("extern \"C-unwind\"").count(), 2);
        assert!(text.contains("extern \"C\" fn of_rust"));
        assert!(text.contains("extern \"C\" { fn of_the_user"), "{text}");
        assert!(
            text.contains(r#"b"__wbg_alert_1\n__wbg_other_2\n__wbg_inner_3\n""#),
            "{text}"
        );
    }

    #[test]
    fn what_has_no_imports_stays_as_it_is() {
        let expansion: TokenStream = "pub fn f() -> u32 { 4 }".parse().unwrap();
        assert_eq!(
            unwinding(expansion.clone()).to_string(),
            expansion.to_string()
        );
    }
}
