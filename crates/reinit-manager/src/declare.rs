//! How a program declares what it persists.

/// Declares values that outlive their instance: each a `static` of the type [`Persisted`](crate::Persisted).
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use wasm_revive_reinit_manager::persist;
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Drafts(Vec<String>);
///
/// persist! {
///     /// What people are writing.
///     static DRAFTS: Drafts = Drafts::default(), version = 2;
///     static VISITS: u64 = 0, name = "visits";
/// }
///
/// pub fn write(text: &str) {
///     DRAFTS.with_borrow_mut(|drafts| drafts.0.push(text.to_owned()));
///     VISITS.with_borrow_mut(|visits| *visits += 1);
///     // The next instance has both, if this turn ends well.
///     DRAFTS.save();
///     VISITS.save();
/// }
/// # write("Dear");
/// # assert_eq!(DRAFTS.with_borrow(|drafts| drafts.0.len()), 1);
/// ```
///
/// Behind the value these may follow, in this order:
///
/// - `name`: what it is saved under, instead of `my_crate::module::DRAFTS`. Two values must not have one name. Give one that
///   stays where the bytes outlive the build, that is with an own store on the side of JavaScript.
/// - `version`: a `u32`, 0 without. Count it up whenever the type changes: what was saved with another version is not
///   restored.
/// - `encode` and `decode`, both: how bytes are made of the value and the value of bytes, `fn(&T) -> Vec<u8>` and
///   `fn(&[u8]) -> Result<T, impl Display>`. Without, that is done by serde in the format of `postcard` (feature `serde`).
///
/// ```
/// # use wasm_revive_reinit_manager::persist;
/// persist! {
///     static NAME: String = String::new(),
///         encode = |name: &String| name.clone().into_bytes(),
///         decode = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
/// }
/// # NAME.with_borrow_mut(|name| name.push('x'));
/// ```
#[macro_export]
macro_rules! persist {
    ($(
        $(#[$meta:meta])*
        $vis:vis static $NAME:ident: $T:ty = $initial:expr
            $(, name = $name:expr)?
            $(, version = $version:expr)?
            $(, encode = $encode:expr, decode = $decode:expr)?
            $(,)?;
    )*) => {$(
        $(#[$meta])*
        $vis static $NAME: $crate::Persisted<$T> = {
            $crate::__private::thread_local! {
                static PLACE: $crate::__private::Place<$T> = const { $crate::__private::Place::new() };
            }
            $crate::Persisted::__new(
                &PLACE,
                $crate::__persist_option!(
                    concat!(module_path!(), "::", stringify!($NAME)) $(, $name)?
                ),
                $crate::__persist_option!(0 $(, $version)?),
                || $initial,
                $crate::__persist_encode!($($encode)?),
                $crate::__persist_decode!($($decode)?),
            )
        };
    )*};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __persist_option {
    ($default:expr) => {
        $default
    };
    ($default:expr, $given:expr) => {
        $given
    };
}

#[cfg(feature = "serde")]
#[doc(hidden)]
#[macro_export]
macro_rules! __persist_encode {
    () => {
        $crate::__private::encode
    };
    ($encode:expr) => {
        |value| ::core::result::Result::Ok::<$crate::__private::Vec<u8>, _>(($encode)(value))
    };
}

#[cfg(not(feature = "serde"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __persist_encode {
    () => {
        compile_error!("`persist!` needs `encode = …, decode = …`, or the feature `serde`")
    };
    ($encode:expr) => {
        |value| ::core::result::Result::Ok::<$crate::__private::Vec<u8>, _>(($encode)(value))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __persist_decode {
    () => {
        $crate::__private::decode
    };
    ($decode:expr) => {
        |bytes| ($decode)(bytes).map_err(|error| $crate::__private::ToString::to_string(&error))
    };
}
