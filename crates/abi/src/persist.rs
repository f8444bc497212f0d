//! How Rust asks JavaScript to keep bytes for the next instance.

use crate::record::Record;
use crate::{
    persist_answer as answer, persist_offset as offset, persist_request as request,
    persist_size as size, ABI_VERSION, PERSIST_MAGIC,
};

const WORDS: usize = size::TOTAL / 4;

const _: () = assert!(size::TOTAL == WORDS * 4 && offset::BYTES_LENGTH + 4 == size::TOTAL);

// Apart from the black box, whose layout is read by packages that don't know of this.
#[cfg_attr(target_arch = "wasm32", export_name = "__wasm_revive_persist")]
static REQUESTS: PersistRequests = PersistRequests(Record::new([
    PERSIST_MAGIC,
    ABI_VERSION,
    size::TOTAL as u32,
]));

/// The record by which this instance asks.
#[inline]
pub fn persist_requests() -> &'static PersistRequests {
    &REQUESTS
}

/// The record by which an instance asks.
pub struct PersistRequests(Record<WORDS>);

/// What Rust asks for: see [`persist_request`](crate::persist_request).
#[derive(Debug)]
pub enum PersistRequest<'a> {
    /// Whether something is saved.
    Find,
    /// The saved bytes, which are written into these. There have to be as many as were found.
    Load(&'a mut [u8]),
    /// Says that the value has been restored.
    Restored,
    /// Says why it was not.
    NotRestored(&'a str),
    /// To keep these bytes.
    Save(&'a [u8]),
    /// Says why they could not be made.
    NotSaved(&'a str),
}

/// What is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The version that the value had.
    pub version: u32,
    /// How many bytes it takes.
    pub length: usize,
}

impl PersistRequests {
    /// Asks, and has JavaScript look by `signal`. `None`: nobody answered, or the answer is no. Only the answer to
    /// [`PersistRequest::Find`] says anything else.
    pub fn ask(
        &self,
        name: &str,
        version: u32,
        request: PersistRequest<'_>,
        signal: impl FnOnce(),
    ) -> Option<Saved> {
        // An address that is made a number may be written through by whoever is called: the compiler can't know better.
        let (number, bytes, length) = match request {
            PersistRequest::Find => (request::FIND, 0, 0),
            PersistRequest::Load(to) => (request::LOAD, to.as_mut_ptr() as usize, to.len()),
            PersistRequest::Restored => (request::RESTORED, 0, 0),
            PersistRequest::NotRestored(why) => {
                (request::NOT_RESTORED, why.as_ptr() as usize, why.len())
            }
            PersistRequest::Save(from) => (request::SAVE, from.as_ptr() as usize, from.len()),
            PersistRequest::NotSaved(why) => (request::NOT_SAVED, why.as_ptr() as usize, why.len()),
        };
        // On wasm32, where it is read, addresses have 32 bits.
        self.0.put(offset::REQUEST, number);
        self.0.put(offset::ANSWER, 0);
        self.0.put(offset::NAME, name.as_ptr() as usize as u32);
        self.0.put(offset::NAME_LENGTH, name.len() as u32);
        self.0.put(offset::VERSION, version);
        self.0.put(offset::BYTES, bytes as u32);
        self.0.put(offset::BYTES_LENGTH, length as u32);
        signal();
        let answered = self.0.get(offset::ANSWER);
        // Whatever signals next, for another reason, asks for nothing of this.
        self.0.put(offset::REQUEST, 0);
        (answered == answer::YES).then(|| Saved {
            version: self.0.get(offset::VERSION),
            length: self.0.get(offset::BYTES_LENGTH) as usize,
        })
    }

    /// A copy, as JavaScript sees it.
    pub fn to_bytes(&self) -> [u8; size::TOTAL] {
        let mut bytes = [0; size::TOTAL];
        self.0.copy_to(&mut bytes);
        bytes
    }
}
