//! Gives the module a ceiling of 256 MiB of memory.
//!
//! A host has one (a Worker's isolate stops at 128 MiB); without it the out-of-memory requests of the demo
//! would first have to fill 4 GiB.

const MAX_MEMORY_BYTES: usize = 256 * 1024 * 1024;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo:rustc-cdylib-link-arg=--max-memory={MAX_MEMORY_BYTES}");
    }
}
