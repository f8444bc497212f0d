//! The breadcrumbs as JavaScript reads them. One test: there are one instance's of them a process.

use std::fmt;

use wasm_revive_abi::{breadcrumbs, breadcrumbs_offset as offset, breadcrumbs_size as size};

fn left() -> Vec<String> {
    let bytes = breadcrumbs().to_bytes();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let started = word(offset::STARTED);
    (started.saturating_sub(size::COUNT)..started)
        .map(|number| offset::FIRST + number % size::COUNT * size::EACH)
        .filter(|&at| word(at) > 0)
        .map(|at| String::from_utf8(bytes[at + 4..at + 4 + word(at)].to_vec()).unwrap())
        .collect()
}

struct Panics;

impl fmt::Display for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        breadcrumbs().leave(format_args!("within"));
        f.write_str("never seen")?;
        panic!("in Display");
    }
}

#[test]
fn the_last_ones_are_kept() {
    assert_eq!(&breadcrumbs().to_bytes()[..4], b"RVBC");
    assert_eq!(left(), Vec::<String>::new());
    for n in 0..20 {
        breadcrumbs().leave(format_args!("step {n}"));
    }
    assert_eq!(
        left(),
        (4..20).map(|n| format!("step {n}")).collect::<Vec<_>>()
    );

    // A character of three bytes stands across the end of the field: it is left out whole, and so is what follows.
    breadcrumbs().leave(format_args!("{}€{}", "x".repeat(size::TEXT - 1), "more"));
    assert_eq!(left().last().unwrap(), &"x".repeat(size::TEXT - 1));

    // One whose text fails is none, and those left meanwhile are.
    std::panic::catch_unwind(|| breadcrumbs().leave(format_args!("{Panics}"))).unwrap_err();
    assert_eq!(left().last().unwrap(), "within");
    assert_eq!(left().len(), size::COUNT - 1);
}
