//! A Worker with Durable Objects that can be made to fail in every way: what `@wasm-revive/workers` is tested with.
//!
//! The path of a request says what it does, one step a segment: `/inc/wait-50/abort` counts, waits for 50 ms and aborts.
#![deny(missing_docs)]

mod entrypoint;
mod fail;
mod flow;
mod kept;
mod ledger;
mod loaded;
mod object;
mod stateless;

pub use entrypoint::Admin;
pub use flow::Flow;
pub use kept::Kept;
pub use ledger::Ledger;
pub use loaded::Loaded;
pub use object::Counter;
pub use stateless::{add, fail_later};
