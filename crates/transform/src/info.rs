//! What [`inspect`](crate::inspect) tells about a module. Plain data; serialised in camel case.

use serde::Serialize;

/// Everything `wasm-revive` asks of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModuleInfo {
    /// Length of the binary in bytes.
    pub size: usize,
    /// How many functions there are, imported ones included.
    pub functions: usize,
    /// Imports, in the order of the binary.
    pub imports: Vec<Import>,
    /// Exports, in the order of the binary.
    pub exports: Vec<Export>,
    /// Memories, imported ones first.
    pub memories: Vec<Memory>,
    /// Tables, imported ones first.
    pub tables: Vec<Table>,
    /// The globals that can change, in index order. Together with memories and tables they are an instance's state.
    pub mutable_globals: Vec<MutableGlobal>,
    /// Exception tags, imported ones first.
    pub tags: Vec<Tag>,
    /// Index of the start function, which the engine runs inside instantiation.
    pub start: Option<u32>,
    /// Which encoding of exception handling the code uses.
    pub exceptions: Exceptions,
    /// The `producers` section, flattened.
    pub producers: Vec<Producer>,
    /// The version of the wasm-bindgen CLI that processed the module, as it wrote it: `0.2.130` or `0.2.130 (1a2b3c4d5)`.
    pub wasm_bindgen: Option<String>,
    /// Where the code section's contents are: what DWARF's addresses count from.
    pub code: Option<CodeSection>,
    /// Every custom section, in the order of the binary.
    pub custom_sections: Vec<CustomSection>,
    /// The matched crates that are linked into the module.
    pub wasm_revive: Vec<CrateRecord>,
    /// The imports out of which a JavaScript exception unwinds Rust, as the unwind-catcher's macro left their names.
    pub unwinding_imports: Vec<String>,
    /// The global that holds the shadow stack's pointer, if it can be told.
    pub stack_pointer: Option<StackPointer>,
    /// The functions that write the arguments of messages, as far as they have names and their arguments can be read without them.
    pub formatters: Vec<Formatter>,
    /// The address at which the standard library counts the panics that go on, if it can be told for certain.
    pub panic_count: Option<u32>,
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// Where it is imported from, such as `./app_bg.js`.
    pub module: String,
    /// Its name there.
    pub name: String,
    /// Its index in the index space of its kind.
    pub index: u32,
    /// What it is.
    #[serde(flatten)]
    pub ty: ExternType,
}

/// One export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Export {
    /// The name it is exported under.
    pub name: String,
    /// Its index in the index space of its kind.
    pub index: u32,
    /// What it is.
    #[serde(flatten)]
    pub ty: ExternType,
}

/// What an import or export is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum ExternType {
    /// A function.
    Function(Signature),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(GlobalType),
    /// An exception tag.
    Tag(Tag),
}

/// The type of a function, its value types written as in the text format: `i32`, `externref`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// Types of the parameters.
    pub params: Vec<String>,
    /// Types of the results.
    pub results: Vec<String>,
}

/// A size and how far it may grow: pages of a memory, entries of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// The size an instance starts with.
    pub initial: u64,
    /// The most it may grow to, if the module says.
    pub maximum: Option<u64>,
}

/// A memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// Size, in pages of [`Memory::page_size`] bytes.
    #[serde(flatten)]
    pub limits: Limits,
    /// Bytes a page: 65536 unless the custom-page-sizes proposal is used.
    pub page_size: u64,
    /// Whether threads can share it.
    pub shared: bool,
    /// Whether its addresses are 64 bits wide.
    pub memory64: bool,
    /// Whether it is imported.
    pub imported: bool,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// Size, in entries.
    #[serde(flatten)]
    pub limits: Limits,
    /// Type of the entries: `funcref`, `externref`.
    pub element: String,
    /// Whether it is imported.
    pub imported: bool,
}

/// The type of a global.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GlobalType {
    /// Its value type.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether it can change.
    pub mutable: bool,
}

/// A global that can change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MutableGlobal {
    /// Its index.
    pub index: u32,
    /// Its value type.
    #[serde(rename = "type")]
    pub ty: String,
    /// Its name in the `name` section.
    pub name: Option<String>,
    /// The name it is exported under, if it is.
    pub exported_as: Option<String>,
    /// Whether it is imported.
    pub imported: bool,
}

/// An exception tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tag {
    /// Types of the values an exception with this tag carries.
    pub params: Vec<String>,
    /// Whether it is imported.
    pub imported: bool,
}

/// The encoding of exception handling that a module's code uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Exceptions {
    /// No exception is caught.
    #[default]
    None,
    /// `try`/`catch`/`rethrow`: what engines shipped first and Node 20 and later run.
    Legacy,
    /// `try_table`/`throw_ref` and the `exnref` type: the standard; newer engines only.
    Exnref,
}

/// One entry of the `producers` section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Producer {
    /// `language`, `processed-by` or `sdk`.
    pub field: String,
    /// Which one.
    pub name: String,
    /// Its version, as it wrote it.
    pub version: String,
}

/// The contents of the code section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeSection {
    /// Where they begin, in bytes from the start of the binary.
    pub offset: usize,
    /// How many bytes they are.
    pub size: usize,
}

/// A custom section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomSection {
    /// Its name.
    pub name: String,
    /// Bytes of its contents.
    pub size: usize,
}

/// A crate of `wasm-revive` that is linked into the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CrateRecord {
    /// Name of the crate as published.
    #[serde(rename = "crate")]
    pub name: String,
    /// Its version.
    pub version: String,
    /// The ABI number it was built with.
    pub abi: u32,
}

/// A function of the standard library that writes an argument of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Formatter {
    /// Where it is in the function table.
    pub slot: u32,
    /// Of what type the argument is: `u32`, `&str`, `String`, `&dyn`, `Arguments`; with one `&` for each reference.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether it is `Debug`, not `Display`.
    pub debug: bool,
}

/// The shadow stack's pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StackPointer {
    /// Index of the global.
    pub global: u32,
    /// How it was found.
    pub source: StackPointerSource,
}

/// How the shadow stack's pointer was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StackPointerSource {
    /// The `name` section, or an import or export, calls it `__stack_pointer`.
    Name,
    /// It is the first mutable `i32` global that the module defines and doesn't export: what every version of the
    /// linker makes of it.
    Position,
}
