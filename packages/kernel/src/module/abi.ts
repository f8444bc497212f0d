/**
 * What the crates and the packages agree on, mirrored from `crates/abi/src/lib.rs`; `test/abi.test.ts` compares the two.
 */

/** The version of this agreement. A module that carries another one is refused (`REVIVE_VERSION_MISMATCH`). */
export const ABI_VERSION = 1;

/** The custom section in which each crate says its name, its version and its ABI, one line of UTF-8 a crate. */
export const CRATE_SECTION = 'wasm_revive';

/** The custom section with the names of the imports out of which a JavaScript exception unwinds Rust, one a line. */
export const UNWINDING_SECTION = 'wasm_revive_unwinding';

/** The exported function that takes a value of JavaScript, by its index in the table of them, and unwinds Rust with it. */
export const UNWIND_EXPORT = '__wasm_revive_unwind';

/** The exported function that says whether Rust believes that it is panicking. */
export const PANICKING_EXPORT = '__wasm_revive_panicking';

/** The exported function that runs what the program has registered for where its state was restored from bytes. */
export const RESTORED_EXPORT = '__wasm_revive_restored';

/** What reports call it. */
export const RESTORED_ENTRY = 'a hook of on_restore';

/** The exported function that ends a panic which left an export as a Wasm exception; only of modules without wasm-bindgen. */
export const CATCH_EXPORT = '__wasm_revive_catch';

/** The exported function that installs the panic hook; only of modules without wasm-bindgen. */
export const INSTALL_EXPORT = '__wasm_revive_install';

/** The module from which {@link RETHROW_IMPORT}, {@link PANICKED_IMPORT} and {@link SIGNAL_IMPORT} are imported. */
export const IMPORT_MODULE = 'wasm_revive';

/** The imported function that throws once more what JavaScript has caught, for {@link CATCH_EXPORT}. */
export const RETHROW_IMPORT = 'rethrow';

/** By which a module without wasm-bindgen says that Rust has panicked, while all that led to it is on the stack. */
export const PANICKED_IMPORT = 'panicked';

/** By which a module without wasm-bindgen says that Rust has asked for something. */
export const SIGNAL_IMPORT = 'signal';

/** The exported Wasm global whose value is the address of the black box. */
export const BLACK_BOX_EXPORT = '__wasm_revive_black_box';

/** What the names begin with under which the transform exports a module's mutable globals; its index follows. */
export const GLOBAL_EXPORT_PREFIX = '__wasm_revive_global_';

/** `"RVBB"`, the first word of a black box. */
export const BLACK_BOX_MAGIC = 0x42425652;

/** The exported Wasm global whose value is the address of the breadcrumbs; only of modules that leave any. */
export const BREADCRUMBS_EXPORT = '__wasm_revive_breadcrumbs';

/** `"RVBC"`, the first word of the breadcrumbs. */
export const BREADCRUMBS_MAGIC = 0x43425652;

/** Byte offsets in the black box. Every field is a little-endian `u32` unless its capacity is given in {@link BlackBoxSize}. */
export const BlackBoxOffset = {
  magic: 0,
  abi: 4,
  size: 8,
  panicCount: 12,
  panicMessageLength: 16,
  panicFileLength: 20,
  panicLine: 24,
  panicColumn: 28,
  failedAllocationSize: 32,
  failedAllocationAlign: 36,
  entrypointLength: 40,
  taskId: 44,
  reinitRequested: 48,
  panicTaskId: 52,
  panicEntrypointLength: 56,
  entrypoint: 60,
  panicEntrypoint: 64,
  generation: 68,
  panicMessage: 72,
  panicFile: 1096,
} as const;

/** Sizes in bytes of the black box and of the text fields in it. */
export const BlackBoxSize = { panicMessage: 1024, panicFile: 256, total: 1352 } as const;

/** Byte offsets in the breadcrumbs, a ring of slots. Every field is a little-endian `u32`. */
export const BreadcrumbsOffset = { magic: 0, abi: 4, size: 8, started: 12, first: 16 } as const;

/** Sizes of the breadcrumbs in bytes, but for their count. A slot is the length of a text, 0 for none, and the text. */
export const BreadcrumbsSize = { count: 16, each: 128, text: 124, total: 2064 } as const;

/** The exported Wasm global whose value is the address of the requests about what the program persists. */
export const PERSIST_EXPORT = '__wasm_revive_persist';

/** `"RVPS"`, the first word of these requests. */
export const PERSIST_MAGIC = 0x53505652;

/** Byte offsets in the record of requests. Every field is a little-endian `u32`. */
export const PersistOffset = {
  magic: 0,
  abi: 4,
  size: 8,
  request: 12,
  answer: 16,
  name: 20,
  nameLength: 24,
  version: 28,
  bytes: 32,
  bytesLength: 36,
} as const;

/** Sizes of the record of requests in bytes. */
export const PersistSize = { total: 40 } as const;

/** What Rust asks for; `crates/abi` says what each means. */
export const PersistRequest = { find: 1, load: 2, restored: 3, notRestored: 4, save: 5, notSaved: 6 } as const;

/** What JavaScript answers; 0 where nobody does. */
export const PersistAnswer = { yes: 1, no: 2 } as const;
