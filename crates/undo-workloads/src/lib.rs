//! What `--recovery rollback` is tested with and measured by: turns on published crates, as programs make them.
//!
//! Each workload is one export, `(seed, size) -> checksum`. Its state lives from one call to the next, and each call changes it, so that a byte
//! that a rollback forgets is seen by the next one. The same calls give the same checksums, in each instance. What a workload holds is bounded by the
//! size, so that tests can take small ones and compare whole memories, and benchmarks large ones.
//!
//! With the feature `panics`, each random number asks JavaScript first whether to panic there.
#![deny(missing_docs)]

mod random;
mod state;

mod btree;
mod database;
mod deflate;
mod document;
mod format;
mod growth;
mod image;
mod json;
mod lz4;
mod maps;
mod markdown;
mod matrix;
#[cfg(feature = "panics")]
mod panics;
mod references;
mod regexes;
mod request;
mod sha;
mod sort;
mod sql;
