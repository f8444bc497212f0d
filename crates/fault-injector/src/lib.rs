//! Makes a module that has an undo log fail wherever a test wants, and leave out whichever barrier it names.
//!
//! [`inject`] takes a module after the undo log was added to it, so that barriers are what users get: an analysis that runs on a module
//! with counters in it would see other functions. What is added here is a global that no commit and no rollback knows, so the count is not part of
//! the image. The log's own functions don't count and don't fail.
//!
//! The k-th store, call, or call of an import traps, where the global [`STORES`], [`CALLS`] or [`IMPORTS`] was set to k before. Each of them is counted
//! down: when nothing has failed, what was done is the difference. The same calls of the same instance count the same.
//!
//! Where [`THROWS`] isn't 0, a call throws in place of trapping, as an import does in which JavaScript throws. Compilers take it of most calls that nothing is thrown
//! there, so that what cleans up further out finds anything in its locals: whatever that does is to be undone, too.
//!
//! A barrier is where the module calls a function of the log that takes numbers and gives nothing. The one whose number is in the global [`OMITTED`] is left
//! out: the granule isn't logged. `-1 - kind` leaves out all barriers that call the same function. [`OMISSIONS`] counts how often that happened, so that a test
//! tells a barrier that was left out from one that was not reached. What is written below [`FLOOR`] is logged in any case: where a test sets it to where the stack
//! pointer rests, barriers are left out only where that can be seen, for what is below is of no use once no frame is left. [`BARRIERS`] and [`KINDS`] say how many there are.
#![deny(missing_docs)]

mod barriers;
#[cfg(target_arch = "wasm32")]
mod binding;
mod inject;
mod module;
mod places;

pub use inject::{inject, Error};

/// Export, a mutable `i32`: so many instructions that write to memory or to a table until one traps in their place.
pub const STORES: &str = "__fault_stores";

/// Export, a mutable `i32`: so many calls of the module's own functions until one traps in their place.
pub const CALLS: &str = "__fault_calls";

/// Export, a mutable `i32`: so many calls of imports until one traps in their place.
pub const IMPORTS: &str = "__fault_imports";

/// Export, a mutable `i32`: whether calls throw null by an imported tag of one `externref`, in place of trapping. Of no effect in a module without such a tag.
pub const THROWS: &str = "__fault_throws";

/// Export, a mutable `i32`: the number of the barrier that is left out.
pub const OMITTED: &str = "__fault_omitted";

/// Export, a mutable `i32`: how often it was.
pub const OMISSIONS: &str = "__fault_omissions";

/// Export, a mutable `i32`: [`NEXT`] is to be higher.
pub const AFTER: &str = "__fault_after";

/// Export, a mutable `i32`: the lowest number of a barrier that logged something, or what was in the global before. So a test finds all that a turn reaches.
pub const NEXT: &str = "__fault_next";

/// Export, a mutable `i32`: how many granules, and places of tables, were logged.
pub const LOGGED: &str = "__fault_logged";

/// Export, a mutable `i32`: what the last one that was left out was to log: an address, or a place of a table.
pub const OMITTED_AT: &str = "__fault_omitted_at";

/// Export, a mutable `i32`: the address below which nothing is left out.
pub const FLOOR: &str = "__fault_floor";

/// Export, an `i32`: how many barriers there are. They are counted from 0.
pub const BARRIERS: &str = "__fault_barriers";

/// Export, an `i32`: how many kinds of barriers there are. They are counted from 0, in the order of the functions that they call.
pub const KINDS: &str = "__fault_kinds";
