//! The line that each linked crate leaves in the module.

/// The number of [`ABI_VERSION`](crate::ABI_VERSION) as a token, for `concat!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __abi_version {
    () => {
        1
    };
}

const _: () = assert!(__abi_version!() == crate::ABI_VERSION);

/// Leaves the line `<crate> <version> <abi>` of the crate that invokes it in the custom section `wasm_revive`.
///
/// Invoke it once, in a module with a function that is `#[inline(never)]` and that whatever users call ends in: the
/// linker takes the line only with the object file it is in, the compiler makes one of each module, and a function that
/// was inlined into its caller doesn't need it (*measured*: without this, five of seven ways to use one crate alone lose
/// the line in a release or a debug build). Elsewhere than on wasm32 it does nothing.
///
/// ```
/// wasm_revive_abi::crate_record!();
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! crate_record {
    () => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            const LINE: &str = concat!(
                env!("CARGO_PKG_NAME"),
                " ",
                env!("CARGO_PKG_VERSION"),
                " ",
                $crate::__abi_version!(),
                "\n"
            );
            // Note: on wasm32 a static with a link section becomes a custom section; it takes no memory at run time
            // and must not be referred to.
            #[used]
            #[link_section = "wasm_revive"]
            static RECORD: [u8; LINE.len()] = match LINE.as_bytes().first_chunk() {
                Some(bytes) => *bytes,
                None => unreachable!(),
            };
        };
    };
}
