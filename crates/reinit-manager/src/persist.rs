//! State that outlives its instance: encoded by Rust, kept by JavaScript.

use std::boxed::Box;
use std::cell::{OnceCell, RefCell};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::string::String;
use std::thread::LocalKey;
use std::vec::Vec;
use std::{format, vec};

use wasm_revive_abi::{black_box, panic_hook, persist_requests, PersistRequest, Saved};

use crate::signal;

/// A value that outlives its instance, declared by [`persist!`](crate::persist!).
///
/// The first use in an instance restores what was saved last, and makes the initial value where nothing was. What can't be
/// restored, because it was saved with another version, or because decoding fails or panics, is reported on the side of
/// JavaScript (event `persistFailed`), and the value starts anew. Decoding that aborts costs the instance; the next one
/// starts with the initial value.
///
/// Each thread has a value of its own, as with `thread_local!`.
pub struct Persisted<T: 'static> {
    place: &'static LocalKey<Place<T>>,
    name: &'static str,
    version: u32,
    initial: fn() -> T,
    encode: fn(&T) -> Result<Vec<u8>, String>,
    decode: fn(&[u8]) -> Result<T, String>,
}

/// Where the value is, once it is.
#[doc(hidden)]
pub struct Place<T>(OnceCell<Held<T>>);

struct Held<T> {
    value: RefCell<T>,
    is_restored: bool,
}

impl<T> Place<T> {
    #[doc(hidden)]
    #[allow(clippy::new_without_default)] // Only for the macro.
    pub const fn new() -> Place<T> {
        Place(OnceCell::new())
    }
}

impl<T: 'static> Persisted<T> {
    #[doc(hidden)]
    pub const fn __new(
        place: &'static LocalKey<Place<T>>,
        name: &'static str,
        version: u32,
        initial: fn() -> T,
        encode: fn(&T) -> Result<Vec<u8>, String>,
        decode: fn(&[u8]) -> Result<T, String>,
    ) -> Persisted<T> {
        Persisted {
            place,
            name,
            version,
            initial,
            encode,
            decode,
        }
    }

    /// Borrows the value.
    ///
    /// # Panics
    ///
    /// Where it is mutably borrowed.
    pub fn with_borrow<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.with(|held| f(&held.value.borrow()))
    }

    /// Mutably borrows the value.
    ///
    /// # Panics
    ///
    /// Where it is borrowed.
    pub fn with_borrow_mut<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        self.with(|held| f(&mut held.value.borrow_mut()))
    }

    /// Whether the value began as what an instance before had saved.
    pub fn is_restored(&self) -> bool {
        self.with(|held| held.is_restored)
    }

    /// Saves the value as it is now: the next instance begins with it, unless another save follows.
    ///
    /// It counts when the turn ends, if it ends well. From a turn that fails nothing is kept of what was saved before it
    /// failed, also where the failure is a panic that is caught at the boundary and leaves the instance running. An error
    /// that Rust returns or throws on purpose is no failure.
    ///
    /// False: the value could not be encoded, there is no room for it (both is reported on the side of JavaScript, and
    /// what was saved before stays), or `@wasm-revive/reinit-manager` isn't there.
    ///
    /// # Panics
    ///
    /// Where the value is mutably borrowed.
    pub fn save(&self) -> bool {
        let encoded = self.with_borrow(self.encode);
        let request = match &encoded {
            Ok(bytes) => PersistRequest::Save(bytes),
            Err(why) => PersistRequest::NotSaved(why),
        };
        ask(self.name, self.version, request).is_some() && encoded.is_ok()
    }

    fn with<R>(&self, f: impl FnOnce(&Held<T>) -> R) -> R {
        self.place
            .with(|place| f(place.0.get_or_init(|| self.begin())))
    }

    /// The value as this instance begins with it.
    fn begin(&self) -> Held<T> {
        let restored = load(self.name, self.version).and_then(|saved| self.restore(saved));
        Held {
            is_restored: restored.is_some(),
            value: RefCell::new(restored.unwrap_or_else(self.initial)),
        }
    }

    fn restore(&self, saved: Result<Vec<u8>, String>) -> Option<T> {
        let restored = saved.and_then(|bytes| caught(|| (self.decode)(&bytes)));
        let request = match &restored {
            Ok(_) => PersistRequest::Restored,
            Err(why) => PersistRequest::NotRestored(why),
        };
        ask(self.name, self.version, request);
        restored.ok()
    }
}

/// What is saved, or why it can't be used.
fn load(name: &str, version: u32) -> Option<Result<Vec<u8>, String>> {
    let saved = ask(name, version, PersistRequest::Find)?;
    if saved.version != version {
        return Some(Err(format!(
            "it was saved as version {}, and the program has version {version}",
            saved.version
        )));
    }
    let mut bytes = vec![0; saved.length];
    ask(name, version, PersistRequest::Load(&mut bytes))?;
    Some(Ok(bytes))
}

// Ends in a function that isn't inlined beside the crate's record.
fn ask(name: &str, version: u32, request: PersistRequest<'_>) -> Option<Saved> {
    persist_requests().ask(name, version, request, signal)
}

/// Calls `decode`; that it panics is a reason like any other.
fn caught<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let panics = black_box().panic_count();
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|payload: Box<_>| {
        black_box().forget_panics_after(panics);
        Err(format!(
            "decoding panicked: {}",
            panic_hook::payload_text(&*payload)
        ))
    })
}

#[cfg(feature = "serde")]
pub mod serde {
    //! In the format of `postcard`, which is compact and specified.

    use std::format;
    use std::string::{String, ToString};
    use std::vec::Vec;

    use ::serde::de::DeserializeOwned;
    use ::serde::Serialize;

    /// Makes bytes of a value.
    pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, String> {
        postcard::to_allocvec(value).map_err(|error| error.to_string())
    }

    /// Makes a value of all of these bytes.
    pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
        match postcard::take_from_bytes(bytes) {
            Ok((value, [])) => Ok(value),
            Ok((_, rest)) => Err(format!("{} bytes are left over", rest.len())),
            Err(error) => Err(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    persist! {
        static TALLY: u32 = 7, version = 3,
            encode = |tally: &u32| tally.to_le_bytes().to_vec(),
            decode = |bytes: &[u8]| match bytes {
                [13] => panic!("an unlucky {}", "number"),
                _ => bytes.try_into().map(u32::from_le_bytes),
            };
    }

    #[test]
    fn a_value_begins_as_declared_where_nobody_keeps_anything() {
        assert_eq!(TALLY.with_borrow(|tally| *tally), 7);
        assert!(!TALLY.is_restored());
        TALLY.with_borrow_mut(|tally| *tally += 1);
        assert_eq!(TALLY.with_borrow(|tally| *tally), 8);
        assert!(!TALLY.save());
        assert_eq!(
            (TALLY.name, TALLY.version),
            (concat!(module_path!(), "::TALLY"), 3)
        );
    }

    #[test]
    fn a_value_is_restored_from_the_bytes_that_it_made() {
        let bytes = (TALLY.encode)(&258).unwrap();
        assert_eq!(bytes, [2, 1, 0, 0]);
        assert_eq!(TALLY.restore(Ok(bytes)), Some(258));
    }

    #[test]
    fn bytes_that_cannot_be_decoded_restore_nothing() {
        assert_eq!(TALLY.restore(Ok(vec![1])), None);
        assert_eq!(TALLY.restore(Err("it is gone".to_string())), None);
    }

    #[test]
    fn decoding_that_panics_restores_nothing_and_says_why() {
        assert_eq!(TALLY.restore(Ok(vec![13])), None);
        assert_eq!(
            caught(|| (TALLY.decode)(&[13])),
            Err("decoding panicked: an unlucky number".to_string())
        );
    }

    #[test]
    #[cfg(feature = "serde")]
    fn serde_refuses_bytes_of_another_shape() {
        let bytes = super::serde::encode(&("key", 300u16)).unwrap();
        assert_eq!(
            super::serde::decode(&bytes),
            Ok((std::string::String::from("key"), 300u16))
        );
        assert!(super::serde::decode::<(u8, std::string::String)>(&bytes).is_err());
        assert_eq!(
            super::serde::decode::<std::string::String>(&bytes),
            Err("2 bytes are left over".to_string())
        );
    }
}
