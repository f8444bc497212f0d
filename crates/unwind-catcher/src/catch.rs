//! `catch` and the hook that it needs.

use std::cell::Cell;
use std::fmt;
use std::panic::{catch_unwind, PanicHookInfo, UnwindSafe};

use wasm_revive_abi::{black_box, panic_hook};

// Beside `install`, which every `catch` calls.
wasm_revive_abi::crate_record!();

thread_local! {
    /// Where the panic that is unwinding started.
    static LOCATION: Cell<Option<Location>> = const { Cell::new(None) };
}

/// A panic that was caught. Every destructor between it and the [`catch`] has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panic {
    message: String,
    location: Option<Location>,
}

impl Panic {
    /// What the panic said; `Box<dyn Any>` when its payload is not text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it happened; unknown when a hook installed later doesn't call this crate's.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(location) => write!(f, "panicked at {location}: {}", self.message),
            None => write!(f, "panicked: {}", self.message),
        }
    }
}

impl std::error::Error for Panic {}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    file: String,
    line: u32,
    column: u32,
}

impl Location {
    /// The file as the compiler was given it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, counted from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column, counted from 1.
    pub fn column(&self) -> u32 {
        self.column
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Installs the panic hook: every panic is written into the black box, and [`catch`] learns locations. The hook that was
/// there is called after it. Further calls do nothing; [`catch`] calls this itself.
#[inline(never)]
pub fn install() {
    panic_hook::install();
    #[cfg(all(feature = "imports", target_arch = "wasm32", panic = "unwind"))]
    panic_hook::announce_by(crate::imports::announce);
}

/// Calls `f` and catches its panic.
///
/// # Errors
///
/// The panic, if there was one. Exceptions of JavaScript aren't panics and pass through, but for those that unwound out of
/// an import.
pub fn catch<T>(f: impl FnOnce() -> T + UnwindSafe) -> Result<T, Panic> {
    install();
    // A destructor may call this while another panic unwinds: what is known of that one is put back.
    let outer = LOCATION.take();
    let panics = black_box().panic_count();
    let before = panic_hook::witness(Some(remember_location));
    let result = catch_unwind(f);
    panic_hook::witness(before);
    black_box().forget_panics_after(panics);
    let location = LOCATION.replace(outer);
    result.map_err(|payload| Panic {
        message: panic_hook::payload_text(&*payload).to_owned(),
        location,
    })
}

fn remember_location(info: &PanicHookInfo<'_>) {
    let location = info.location().map(|location| Location {
        file: location.file().to_owned(),
        line: location.line(),
        column: location.column(),
    });
    LOCATION.set(location);
}

/// Whether a panic goes on that nobody will catch. With no Rust on the stack there is none, unless a destructor panicked while
/// another panic unwound: on wasm the second then takes the place of the first, which stays counted for ever (*measured*,
/// Rust 1.95), where other targets abort.
#[cfg(all(target_arch = "wasm32", panic = "unwind"))]
#[export_name = "__wasm_revive_panicking"]
extern "C" fn panicking() -> u32 {
    std::thread::panicking().into()
}
