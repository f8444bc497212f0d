//! The functions of the standard library that write the arguments of messages, by where they are in the function table.
//!
//! A panic leaves its message's arguments on the stack as pairs of an address and such a function. What these are called
//! is gone when a release is stripped, but is there when it is transformed.

use std::collections::BTreeMap;

use wasmparser::{Element, ElementItems, ElementKind, Operator};

use crate::Formatter;

/// Those of the functions in table 0 whose argument can be read without them.
#[derive(Default)]
pub(crate) struct Formatters {
    /// Where in the table, and which function.
    slots: Vec<(u32, u32)>,
}

impl Formatters {
    /// Notes what an element segment puts into the table, as far as its functions and its offset are plain.
    pub(crate) fn note(&mut self, element: &Element<'_>) {
        let ElementKind::Active {
            table_index,
            offset_expr,
        } = &element.kind
        else {
            return;
        };
        let offset = match offset_expr.get_operators_reader().read() {
            Ok(Operator::I32Const { value }) => value as u32,
            _ => return,
        };
        if let (None | Some(0), ElementItems::Functions(functions)) = (table_index, &element.items)
        {
            // Past the last slot there is none.
            self.slots
                .extend((offset..=u32::MAX).zip(functions.clone().into_iter().flatten()));
        }
    }

    pub(crate) fn named(&self, names: &BTreeMap<u32, String>) -> Vec<Formatter> {
        let named = |&(slot, function): &(u32, u32)| {
            let (ty, debug) = formatted(names.get(&function)?)?;
            Some(Formatter { slot, ty, debug })
        };
        self.slots.iter().filter_map(named).collect()
    }
}

/// What a function formats, if it is `<T as Display>::fmt` or `<T as Debug>::fmt` of a type whose values are read: references are told
/// by an `&` each.
fn formatted(name: &str) -> Option<(String, bool)> {
    let name = without_hashes(name);
    // `<impl core::fmt::Display for u32>::fmt` is what compilers wrote before the v0 mangling.
    let (ty, of) = match name.rsplit_once("<impl ") {
        Some((_, rest)) => rest.split_once(" for ").map(|(of, ty)| (ty, of))?,
        None => name.strip_prefix('<')?.rsplit_once(" as ")?,
    };
    let (ty, of) = (
        ty.split_once(">::fmt").map_or(ty, |(ty, _)| ty),
        of.split_once(">::fmt").map_or(of, |(of, _)| of),
    );
    let debug = match of {
        "core::fmt::Display" => false,
        "core::fmt::Debug" => true,
        _ => return None,
    };
    let references = ty.len() - ty.trim_start_matches('&').len();
    let target = match &ty[references..] {
        "alloc::string::String" => "String",
        "core::fmt::Arguments" => "Arguments",
        "core::cell::BorrowError" => "BorrowError",
        "core::cell::BorrowMutError" => "BorrowMutError",
        "dyn core::fmt::Display" | "dyn core::fmt::Debug" if references > 0 => "dyn",
        "str" if references > 0 => "str",
        plain @ ("bool" | "char" | "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16"
        | "i32" | "i64" | "isize") => plain,
        _ => return None,
    };
    Some((format!("{}{target}", &ty[..references]), debug))
}

/// `<u32 as core[598e58a17f1c0027]::fmt::Display>::fmt[1]` without what tells one build from another.
fn without_hashes(name: &str) -> String {
    let mut depth = 0;
    name.chars()
        .filter(|&char| {
            depth += i32::from(char == '[');
            let kept = depth == 0;
            depth -= i32::from(char == ']');
            kept
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::formatted;

    #[test]
    fn types_are_told_by_either_mangling() {
        let told = |name| formatted(name).map(|(ty, debug)| format!("{ty} {debug}"));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            told("<u32 as core[132a09007f6e6bcf]::fmt::Display>::fmt"),
            some("u32 false")
        );
        assert_eq!(
            told("<&&str as core[132a09007f6e6bcf]::fmt::Debug>::fmt[1]"),
            some("&&str true")
        );
        assert_eq!(
            told("<alloc[3b22a0cee210e075]::string::String as core[1]::fmt::Display>::fmt"),
            some("String false")
        );
        assert_eq!(
            told("<&dyn core[1]::fmt::Debug as core[1]::fmt::Debug>::fmt"),
            some("&dyn true")
        );
        assert_eq!(
            told(
                "core::fmt::num::imp::<impl core::fmt::Display for usize>::fmt::h0123456789abcdef"
            ),
            some("usize false")
        );
        assert_eq!(
            told("<str as core::fmt::Display>::fmt::h0123456789abcdef"),
            None
        );
        assert_eq!(told("<app::Name as core::fmt::Display>::fmt"), None);
        assert_eq!(told("<u32 as core::fmt::LowerHex>::fmt"), None);
        assert_eq!(told("main"), None);
    }
}
