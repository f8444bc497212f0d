//! Where the undo log keeps what it keeps.
//!
//! ```text
//! | the program's initial memory | unused | table | first chunk | …what the program grows, and further chunks, in the order of their growth
//! ```

use crate::Error;

/// Bytes of a WebAssembly page.
pub(super) const PAGE: u32 = 65_536;

/// Binary logarithm of a granule's size in bytes. (Measured: to log one of 1 KiB costs 45 ns, of 4 KiB 170.)
pub(super) const GRANULE_BITS: u32 = 10;

/// Bytes of a granule.
pub(super) const GRANULE: u32 = 1 << GRANULE_BITS;

/// How many bytes before and behind a granule are logged with it, so that what is written close to a byte that was logged needs no look at the
/// table. Beside the program's pages, so many bytes are left unused.
pub(super) const REACH: u32 = 128;

/// What an entry of the log begins with: the address of what was copied, and how many bytes that are. Of the first granule that the program
/// was given in this turn only what is before it is copied; it was zero. As large as a cache line, so that what is copied lies in lines as it did before.
/// (Measured: a granule is copied in an eighth less time.)
pub(super) const ENTRY_HEAD: u32 = 64;

/// Bytes of an entry.
pub(super) const ENTRY: u32 = ENTRY_HEAD + REACH + GRANULE + REACH;

/// Pages of each chunk of the log. As long as a turn needs only the first, the memory does not grow for it: views of it that JavaScript has stay.
pub(super) const CHUNK_PAGES: u32 = 8;

/// Where in a chunk it is told which one is before it and which one behind (addresses, 0: none).
pub(super) const CHUNK_BEFORE: u32 = REACH;
pub(super) const CHUNK_BEHIND: u32 = REACH + 4;

/// Where the first chunk has a word that isn't 0 as soon as there is something to commit.
pub(super) const CHUNK_CHANGED: u32 = REACH + 8;

/// Where the first chunk has how many bytes there was no memory for when the log needed another chunk, so that the turn trapped; else 0.
pub(super) const CHUNK_MISSING: u32 = REACH + 12;

/// Where the entries of a chunk begin, and where they end.
pub(super) const CHUNK_START: u32 = REACH + 64;
pub(super) const CHUNK_END: u32 =
    CHUNK_START + (CHUNK_PAGES * PAGE - REACH - CHUNK_START) / ENTRY * ENTRY;

/// As much memory as a module can be made ready for, in mebibytes.
pub(super) const MOST_MEBIBYTES: u32 = 1_024;

/// Pages of a mebibyte.
const MEBIBYTE_PAGES: u32 = 16;

/// Where table and log are in the memory of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoLayout {
    /// Pages that the memory has initially besides the program's.
    pub pages: u32,
    /// Address of the table.
    pub(super) table: u32,
    /// Address of the first chunk of the log.
    pub(super) log: u32,
    /// Pages of the program's initial memory.
    pub(super) initial: u32,
    /// The memory may grow to so many pages.
    pub(super) most: u32,
}

impl UndoLayout {
    /// The address of the word that says whether there is something to commit.
    pub(super) fn changed(&self) -> u32 {
        self.log + CHUNK_CHANGED
    }

    /// For a memory of `initial` pages that may grow to `maximum`, and with the log to `mebibytes`.
    pub(super) fn new(
        initial: u64,
        maximum: Option<u64>,
        mebibytes: u32,
        offset: u64,
    ) -> Result<Self, Error> {
        let limit = mebibytes.min(MOST_MEBIBYTES) * MEBIBYTE_PAGES;
        // Whatever is declared: a turn may write to all of it, so that the log takes as much again.
        let most = maximum.map_or(limit.into(), |pages| pages * 2 + pages / 8 + 64);
        let most = most.min(limit.into()) as u32;
        let table = most * (PAGE / GRANULE);
        let before_log = (REACH + table).div_ceil(PAGE);
        let pages = before_log + CHUNK_PAGES;
        match u32::try_from(initial) {
            Ok(initial) if initial + pages <= most => Ok(UndoLayout {
                pages,
                table: initial * PAGE + REACH,
                log: (initial + before_log) * PAGE,
                initial,
                most,
            }),
            _ => Err(Error::new(
                format!(
                    "the memory begins with {initial} pages, with the log {}, and may have {most}",
                    initial.saturating_add(pages.into())
                ),
                offset,
            )),
        }
    }
}
