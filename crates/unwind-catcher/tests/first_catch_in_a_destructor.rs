//! The first `catch` of a program, in a destructor while a panic unwinds: hooks can't be set then.

use std::panic::{catch_unwind, AssertUnwindSafe};

use wasm_revive_unwind_catcher::catch;

struct Catches<'a>(&'a mut Vec<String>);

impl Drop for Catches<'_> {
    fn drop(&mut self) {
        let panic = catch(|| panic!("inner")).unwrap_err();
        self.0.push(panic.message().to_owned());
    }
}

#[test]
fn it_catches_and_later_ones_know_where_it_was() {
    let mut caught = Vec::new();
    let outer = catch_unwind(AssertUnwindSafe(|| {
        let _catches = Catches(&mut caught);
        panic!("outer");
    }));
    assert!(outer.is_err());
    assert_eq!(caught, ["inner"]);

    let later = catch(|| panic!("later")).unwrap_err();
    assert_eq!(later.location().map(|at| at.file()), Some(file!()));
}
