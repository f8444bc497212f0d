//! Catches Rust panics and says what they were: message, file, line, column.
//!
//! [`std::panic::catch_unwind`] gives the payload only; where it happened is known to the panic hook alone. [`catch`]
//! brings the two together. [`install`] makes the hook write every panic into the black box as well, where
//! `@wasm-revive/unwind-catcher` finds the location of panics that wasm-bindgen caught itself.
//!
//! ```
//! use wasm_revive_unwind_catcher::catch;
//!
//! let panic = catch(|| [1, 2, 3].iter().position(|&n| n == 4).expect("a four")).unwrap_err();
//! assert_eq!(panic.message(), "a four");
//! assert_eq!(panic.location().unwrap().column(), 61);
//! assert_eq!(catch(|| 4), Ok(4));
//! ```
//!
//! With the feature `imports`, `wasm_bindgen` is wasm-bindgen's attribute with imports that may unwind: what JavaScript
//! throws out of one runs destructors and is a panic, whose payload is the `JsValue` that was thrown.
//!
//! With the feature `raw`, for modules without wasm-bindgen, the package ends panics that left an `extern "C-unwind"` export,
//! so that nothing of them leaks.
//!
//! In a module built with panic=abort nothing can be caught: [`catch`] calls the function and a panic in it ends the
//! instance, told by the black box.
#![deny(missing_docs)]

mod catch;
#[cfg(feature = "imports")]
mod imports;
#[cfg(feature = "raw")]
mod raw;

pub use catch::{catch, install, Location, Panic};
#[cfg(all(feature = "imports", not(panic = "unwind")))]
pub use wasm_revive_unwind_catcher_macro::plain as wasm_bindgen;
#[cfg(all(feature = "imports", panic = "unwind"))]
pub use wasm_revive_unwind_catcher_macro::unwinding as wasm_bindgen;
