//! Reads a WebAssembly module and says what `wasm-revive` needs to know about it.
//!
//! [`inspect`] walks a whole module once: every section, every function body. It checks that the binary is
//! well formed and that its indices are in range. It doesn't type-check code: an engine does that, and proposals move
//! faster than validators, so modules with either encoding of exception handling are accepted.
//!
//! ```
//! let module = wat::parse_str(
//!     r#"(module
//!         (import "host" "tick" (func (param i32) (result externref)))
//!         (memory (export "memory") 17)
//!         (global $__stack_pointer (mut i32) (i32.const 1048576)))"#,
//! )
//! .unwrap();
//!
//! let info = wasm_revive_transform::inspect(&module).unwrap();
//! assert_eq!(info.imports[0].name, "tick");
//! assert_eq!(info.memories[0].limits.initial, 17);
//! assert_eq!(info.stack_pointer.unwrap().global, 0);
//!
//! let error = wasm_revive_transform::inspect(&module[..20]).unwrap_err();
//! assert_eq!(error.message(), "unexpected end-of-file");
//! assert!(error.offset() <= 20);
//! ```
#![deny(missing_docs)]

#[cfg(target_arch = "wasm32")]
mod binding;
mod code_map;
mod constants;
mod copyable;
mod custom;
mod debug_info;
mod error;
mod exceptions;
mod export_globals;
mod formatters;
mod identity;
mod info;
mod inspect;
mod move_imports;
mod panic_count;
mod prewarm;
mod sections;
mod stack_pointer;
mod types;
mod undo_log;

pub use code_map::{CodeMap, Piece};
pub use copyable::{copyable, GLOBAL};
pub use debug_info::DebugInfo;
pub use error::Error;
pub use export_globals::export_globals;
pub use identity::{
    debug_file, join_debug_info, split_debug_info, with_build_id, without_build_id, Split,
};
pub use info::{
    CodeSection, CrateRecord, CustomSection, Exceptions, Export, ExternType, Formatter, GlobalType,
    Import, Limits, Memory, ModuleInfo, MutableGlobal, Producer, Signature, StackPointer,
    StackPointerSource, Table, Tag,
};
pub use inspect::inspect;
pub use move_imports::move_imports;
pub use prewarm::{prewarm, State};
pub use undo_log::{
    undo_log, undoable, UndoLayout, Undoable, CANARY, CHANGED, COMMIT, LOAD, NOTE, REFERENCES,
    ROLLBACK, SAVE,
};
