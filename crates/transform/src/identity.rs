//! Custom sections by which the files of one build find each other.
//!
//! Why: a crash service, a debugger and `wasm-revive symbolicate` have a module as it was shipped, and look for the file that has its debug information. By
//! `build_id` they know that it is of the same build, by `external_debug_info` where it is (tool conventions, "Build ID section" and "DWARF for WebAssembly").
//!
//! Semantics: nothing that runs changes. What is added comes last; every other section is copied byte for byte.

use wasm_encoder::{CustomSection, Encode, Module};
use wasmparser::{BinaryReader, Parser, Payload};

use crate::debug_info::is_dwarf;
use crate::{inspect, sections, Error};

/// The custom section that says which build a module is.
const BUILD_ID: &str = "build_id";

/// The custom section that says where a module's debug information is.
pub(crate) const EXTERNAL_DEBUG_INFO: &str = "external_debug_info";

/// A module as it is shipped, and the file with its debug information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The module without debug information, but with where that is.
    pub module: Vec<u8>,
    /// The whole module: who reads debug information needs the code that it is about.
    pub debug: Vec<u8>,
}

/// Takes the `build_id` away that a module has. To be hashed: what a build is called can't depend on what it is called.
///
/// # Errors
///
/// As [`inspect`].
pub fn without_build_id(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    without(bytes, |name| name == BUILD_ID).map(|module| module.finish())
}

/// Gives a module a `build_id`, in place of one that it may have.
///
/// # Errors
///
/// As [`inspect`].
///
/// ```
/// let module = wat::parse_str("(module (func (export \"run\")))").unwrap();
/// let named = wasm_revive_transform::with_build_id(&module, &[1, 2, 3]).unwrap();
/// let info = wasm_revive_transform::inspect(&named).unwrap();
/// assert_eq!((&*info.custom_sections[0].name, info.custom_sections[0].size), ("build_id", 4));
/// assert_eq!(wasm_revive_transform::without_build_id(&named).unwrap(), module);
/// ```
pub fn with_build_id(bytes: &[u8], id: &[u8]) -> Result<Vec<u8>, Error> {
    let mut module = without(bytes, |name| name == BUILD_ID)?;
    add(&mut module, BUILD_ID, id);
    Ok(module.finish())
}

/// Takes debug information out of a module. None where it has none.
///
/// # Errors
///
/// As [`inspect`].
pub fn split_debug_info(bytes: &[u8], url: &str) -> Result<Option<Split>, Error> {
    let info = inspect(bytes)?;
    if !info
        .custom_sections
        .iter()
        .any(|section| is_dwarf(&section.name))
    {
        return Ok(None);
    }
    let debug = without(bytes, |name| name == EXTERNAL_DEBUG_INFO)?.finish();
    let mut module = without(bytes, |name| is_dwarf(name) || name == EXTERNAL_DEBUG_INFO)?;
    add(&mut module, EXTERNAL_DEBUG_INFO, url.as_bytes());
    Ok(Some(Split {
        module: module.finish(),
        debug,
    }))
}

/// Where a module says that its debug information is. None where it says nothing.
///
/// # Errors
///
/// As [`inspect`].
pub fn debug_file(bytes: &[u8]) -> Result<Option<String>, Error> {
    inspect(bytes)?;
    let mut url = None;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::CustomSection(section) if section.name() == EXTERNAL_DEBUG_INFO => {
                url = content(section.data(), section.data_offset());
            }
            _ => {}
        }
    }
    Ok(url.map(|url| String::from_utf8_lossy(url).into_owned()))
}

/// Puts the debug information of a debug file back into a module. None where the file has other code, or no debug information.
///
/// # Errors
///
/// As [`inspect`], of either.
pub fn join_debug_info(bytes: &[u8], debug: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let mut module = without(bytes, |name| is_dwarf(name) || name == EXTERNAL_DEBUG_INFO)?;
    inspect(debug)?;
    let mut has_debug_info = false;
    for payload in Parser::new(0).parse_all(debug) {
        match payload? {
            Payload::CustomSection(section) if is_dwarf(section.name()) => {
                has_debug_info = true;
                sections::copy(&mut module, &Payload::CustomSection(section), debug);
            }
            _ => {}
        }
    }
    Ok((has_debug_info && code(bytes)? == code(debug)?).then(|| module.finish()))
}

/// The contents of the code section.
fn code(bytes: &[u8]) -> Result<&[u8], Error> {
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CodeSectionStart {
            unchecked_range: range,
            ..
        } = payload?
        {
            return Ok(&bytes[range.start as usize..range.end as usize]);
        }
    }
    Ok(&[])
}

/// The text or the bytes that one of these sections holds: a length, and as many bytes.
pub(crate) fn content(data: &[u8], offset: u64) -> Option<&[u8]> {
    let mut reader = BinaryReader::new(data, offset);
    let length = reader.read_var_u32().ok()?;
    reader.read_bytes(length as usize).ok()
}

fn add(module: &mut Module, name: &str, content: &[u8]) {
    let mut data = Vec::new();
    content.encode(&mut data);
    module.section(&CustomSection {
        name: name.into(),
        data: data.into(),
    });
}

/// The module without some of its custom sections.
fn without(bytes: &[u8], leaves_out: impl Fn(&str) -> bool) -> Result<Module, Error> {
    inspect(bytes)?;
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::CustomSection(section) if leaves_out(section.name()) => {}
            other => sections::copy(&mut module, &other, bytes),
        }
    }
    Ok(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with sections by these names, in this order.
    fn module(names: &[&str]) -> Vec<u8> {
        let mut module = wat::parse_str("(module (func (export \"run\")))").unwrap();
        for name in names {
            let section = CustomSection {
                name: (*name).into(),
                data: (&[1, 7][..]).into(),
            };
            module.push(0);
            section.encode(&mut module);
        }
        module
    }

    fn names(bytes: &[u8]) -> Vec<String> {
        let sections = inspect(bytes).unwrap().custom_sections;
        sections.into_iter().map(|section| section.name).collect()
    }

    #[test]
    fn a_build_id_takes_the_place_of_the_one_before() {
        let named = with_build_id(&module(&["name", BUILD_ID, "x"]), &[9]).unwrap();
        assert_eq!(names(&named), ["name", "x", BUILD_ID]);
        assert_eq!(without_build_id(&named).unwrap(), module(&["name", "x"]));
        assert_eq!(with_build_id(&named, &[9]).unwrap(), named);
    }

    #[test]
    fn debug_information_is_in_the_debug_file_alone_and_the_module_says_where() {
        let whole = module(&["name", ".debug_info", BUILD_ID, ".debug_line"]);
        let split = split_debug_info(&whole, "app.debug.wasm").unwrap().unwrap();
        assert_eq!(split.debug, whole);
        assert_eq!(
            names(&split.module),
            ["name", BUILD_ID, EXTERNAL_DEBUG_INFO]
        );
        assert!(split
            .module
            .ends_with(b"\x13external_debug_info\x0eapp.debug.wasm"));
        assert_eq!(split_debug_info(&split.module, "x").unwrap(), None);
        assert_eq!(
            debug_file(&split.module).unwrap().as_deref(),
            Some("app.debug.wasm")
        );
        assert_eq!(debug_file(&whole).unwrap(), None);
    }

    #[test]
    fn a_module_gets_back_its_debug_information_but_never_that_of_other_code() {
        let whole = module(&["name", BUILD_ID, ".debug_info", ".debug_line"]);
        let split = split_debug_info(&whole, "a.wasm").unwrap().unwrap();
        let joined = join_debug_info(&split.module, &split.debug).unwrap();
        assert_eq!(joined, Some(whole));
        let mut other = wat::parse_str("(module (func (export \"run\") nop))").unwrap();
        other.extend(b"\0\x0c\x0b.debug_info");
        assert_eq!(join_debug_info(&split.module, &other).unwrap(), None);
        assert_eq!(join_debug_info(&split.module, &split.module).unwrap(), None);
    }
}
