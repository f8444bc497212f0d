//! `catch` and the hook that it needs.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{catch_unwind, set_hook, take_hook, UnwindSafe};
use std::sync::Once;

use wasm_revive_abi::panic_hook;

// Beside `install`, which every `catch` calls.
wasm_revive_abi::crate_record!();

thread_local! {
    /// How many `catch` are on the stack. With none, the hook has nobody to keep a location for.
    static CATCHING: Cell<u32> = const { Cell::new(0) };
    /// Where the panic that is unwinding started.
    static LOCATION: RefCell<Option<Location>> = const { RefCell::new(None) };
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

/// Installs the panic hooks of this crate: every panic is written into the black box, and [`catch`] learns locations.
/// The hook that was there is called after them. Further calls do nothing; [`catch`] calls this itself.
#[inline(never)]
pub fn install() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        panic_hook::install();
        let previous = take_hook();
        set_hook(Box::new(move |info| {
            if CATCHING.get() > 0 {
                let location = info.location().map(|location| Location {
                    file: location.file().to_owned(),
                    line: location.line(),
                    column: location.column(),
                });
                LOCATION.set(location);
            }
            previous(info);
        }));
    });
}

/// Calls `f` and catches its panic.
///
/// # Errors
///
/// The panic, if there was one. Exceptions of JavaScript aren't panics and pass through.
pub fn catch<T>(f: impl FnOnce() -> T + UnwindSafe) -> Result<T, Panic> {
    install();
    // A destructor may call this while another panic unwinds: what is known of that one is put back.
    let outer = LOCATION.take();
    CATCHING.set(CATCHING.get() + 1);
    let result = catch_unwind(f);
    CATCHING.set(CATCHING.get() - 1);
    let location = LOCATION.replace(outer);
    result.map_err(|payload| Panic {
        message: panic_hook::payload_text(&*payload).to_owned(),
        location,
    })
}
