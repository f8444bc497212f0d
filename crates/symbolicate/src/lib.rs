//! Tells where in the Rust source the frames of a WebAssembly stack trace are.
//!
//! Engines name a frame by the index of its function and the offset of its instruction. [`Symbols`] reads a module that has
//! DWARF in it (`wasm-bindgen --keep-debug`) and turns these into functions, files, lines and columns; functions that were inlined are
//! told, too. Without DWARF it still knows the functions by name. [`excerpt`] shows a line of the source as rustc does.
//!
//! ```
//! let module = wat::parse_str(r#"(module (func $"_ZN3app3run17h0123456789abcdefE" unreachable))"#).unwrap();
//! let symbols = wasm_revive_symbolicate::Symbols::read(&module).unwrap();
//! let frame = symbols.frame(Some(0), None);
//! assert_eq!(frame.functions[0].name.as_deref(), Some("app::run"));
//! assert!(!symbols.has_debug_info());
//! ```
#![deny(missing_docs)]

#[cfg(target_arch = "wasm32")]
mod binding;
mod error;
mod excerpt;
mod module;
mod name;
mod symbols;

pub use error::Error;
pub use excerpt::{excerpt, Excerpt};
pub use name::demangle;
pub use symbols::{Fit, Function, Place, Symbolicated, Symbols};
