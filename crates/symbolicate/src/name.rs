//! What functions are called.

/// A function's name as its author wrote it, as `rustc-demangle` has it, without what tells one build from another: not the hash of a
/// mangled name, nor that of each crate in one that another tool has demangled (`app[598e58a17f1c0027]::run`). What isn't mangled stays as
/// it is.
pub fn demangle(name: &str) -> String {
    without_hashes(&format!("{:#}", rustc_demangle::demangle(name)))
}

fn without_hashes(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find('[') {
        let (before, bracket) = rest.split_at(at);
        shown.push_str(before);
        let hash = bracket[1..].split(']').next().unwrap_or_default();
        // The brackets of arrays and slices are not behind a name.
        let is_hash = before.ends_with(|char: char| char.is_alphanumeric() || char == '_')
            && (1..=16).contains(&hash.len())
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            && bracket[1 + hash.len()..].starts_with(']');
        rest = if is_hash {
            &bracket[hash.len() + 2..]
        } else {
            shown.push('[');
            &bracket[1..]
        };
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::demangle;

    #[test]
    fn names_are_as_their_authors_wrote_them() {
        for (name, shown) in [
            (
                "_ZN3app5shelf5third17h0123456789abcdefE",
                "app::shelf::third",
            ),
            ("_RNvNtCs1234_3app5shelf5third", "app::shelf::third"),
            ("app[598e58a17f1c0027]::run", "app::run"),
            // Hashes aren't padded.
            (
                "<app[1543458ff2a8604]::A as core[1]::B>::c",
                "<app::A as core::B>::c",
            ),
            (
                "<[u8] as app[ab]::B<[ad; 4]>>::c",
                "<[u8] as app::B<[ad; 4]>>::c",
            ),
            ("plain", "plain"),
            ("a[", "a["),
            ("a[12", "a[12"),
            ("a[]", "a[]"),
            ("ü[1]", "ü"),
            ("", ""),
        ] {
            assert_eq!(demangle(name), shown);
        }
    }
}
