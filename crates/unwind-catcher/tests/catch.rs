//! `catch` natively; the same runs in Wasm through the fixtures.

use wasm_revive_unwind_catcher::catch;

#[test]
fn message_and_location_of_every_kind_of_panic() {
    let n = 3;
    let panic = catch(|| panic!("number {n}")).unwrap_err();
    let line = line!() - 1;
    assert_eq!(panic.message(), "number 3");
    let location = panic.location().unwrap();
    assert_eq!((location.file(), location.line()), (file!(), line));
    assert_eq!(
        panic.to_string(),
        format!("panicked at {}:{line}:26: number 3", file!())
    );

    assert_eq!(
        catch(|| panic!("literal")).unwrap_err().message(),
        "literal"
    );
    assert_eq!(
        catch(|| std::panic::panic_any(1)).unwrap_err().message(),
        "Box<dyn Any>"
    );
    assert_eq!(catch(|| 5), Ok(5));
}

/// A destructor that catches a panic of its own while another one unwinds.
#[test]
fn a_catch_inside_an_unwinding_destructor_keeps_the_two_apart() {
    struct CatchesInDrop;
    impl Drop for CatchesInDrop {
        fn drop(&mut self) {
            let inner = catch(|| panic!("inner")).unwrap_err();
            assert_eq!(inner.message(), "inner");
        }
    }
    let outer = catch(|| {
        let _guard = CatchesInDrop;
        panic!("outer")
    })
    .unwrap_err();
    let line = line!() - 3;
    assert_eq!(
        (outer.message(), outer.location().unwrap().line()),
        ("outer", line)
    );
}

#[test]
fn nested_and_repeated() {
    for n in 0..100 {
        let outer = catch(|| {
            let inner = catch(|| panic!("inner {n}")).unwrap_err();
            panic!("outer of {}", inner.message())
        });
        assert_eq!(outer.unwrap_err().message(), format!("outer of inner {n}"));
    }
}
