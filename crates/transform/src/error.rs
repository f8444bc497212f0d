//! The one error of this crate.

use std::fmt;

/// Why a module could not be read, and where.
///
/// The [`Display`](fmt::Display) form is the message followed by the byte offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    message: String,
    offset: u64,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>, offset: u64) -> Self {
        Error {
            message: message.into(),
            offset,
        }
    }

    /// What is wrong, without the offset.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The byte of the input at which it was noticed.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {:#x})", self.message, self.offset)
    }
}

impl std::error::Error for Error {}

impl From<wasmparser::Error> for Error {
    fn from(error: wasmparser::Error) -> Self {
        Error::new(error.message(), error.offset())
    }
}
