import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SavedValues } from '@wasm-revive/kernel';
// Made from `crates/transform` by `scripts/generate-wasm.mjs`.
import {
  exportGlobals as addGlobals,
  undoLog as addUndoLog,
  prewarm as beginIn,
  moveImports as changeImports,
  copyable as exportState,
  debugFile as findDebugFile,
  withBuildId as giveBuildId,
  initSync,
  inspect,
  joinDebugInfo as putBackDebugInfo,
  withoutBuildId as takeBuildId,
  splitDebugInfo as takeDebugInfo,
} from '../../generated/transform.js';
import { TransformError } from '../errors.js';
import { OWN_WASM } from '../own-wasm.js';

/** What a module is, as `crates/transform` reads it from its bytes. */
export interface WasmInfo {
  /** Length of the binary in bytes. */
  readonly size: number;
  /** How many functions there are, imported ones included. */
  readonly functions: number;
  /** In the order of the binary. */
  readonly imports: readonly WasmImport[];
  /** In the order of the binary. */
  readonly exports: readonly WasmExport[];
  /** Imported ones first. */
  readonly memories: readonly WasmMemory[];
  /** Imported ones first. */
  readonly tables: readonly WasmTable[];
  /** The globals that can change, in index order. */
  readonly mutableGlobals: readonly WasmMutableGlobal[];
  /** Exception tags, imported ones first. */
  readonly tags: readonly WasmTag[];
  /** Index of the start function. */
  readonly start: number | null;
  /** Encoding of exception handling; `none` when nothing is caught. */
  readonly exceptions: 'none' | 'legacy' | 'exnref';
  /** The `producers` section, flattened. */
  readonly producers: readonly WasmProducer[];
  /** Version of the wasm-bindgen CLI that processed the module, as it wrote it, e.g. `0.2.130` or `0.2.130 (1a2b3c4d5)`. */
  readonly wasmBindgen: string | null;
  /** Where the code section's contents are, in bytes: what DWARF's addresses count from. */
  readonly code: { readonly offset: number; readonly size: number } | null;
  /** In the order of the binary; `size` counts the bytes of the contents. */
  readonly customSections: readonly { readonly name: string; readonly size: number }[];
  /** The crates of wasm-revive that are linked into the module. */
  readonly wasmRevive: readonly WasmCrateRecord[];
  /** The imports out of which a JavaScript exception unwinds Rust, as the unwind-catcher crate's macro left their names. */
  readonly unwindingImports: readonly string[];
  /** The functions that write the arguments of messages, as far as they have names and their arguments can be read without them. */
  readonly formatters: readonly { readonly slot: number; readonly type: string; readonly debug: boolean }[];
  /** The address at which the standard library counts the panics that go on, if it can be told for certain. */
  readonly panicCount: number | null;
  /** The global that holds the shadow stack's pointer; `position`: unnamed, but where every linker version puts it. */
  readonly stackPointer: { readonly global: number; readonly source: 'name' | 'position' } | null;
}

/** `index` counts in the index space of its kind. */
export type WasmImport = {
  readonly module: string;
  readonly name: string;
  readonly index: number;
  /** Where a function comes from that is imported through the glue since it was moved; see `move-imports.ts`. */
  readonly from?: { readonly module: string; readonly name: string };
} & WasmExternType;

/** `index` counts in the index space of its kind. */
export type WasmExport = { readonly name: string; readonly index: number } & WasmExternType;

/** What an import or export is. */
export type WasmExternType =
  | ({ readonly kind: 'function' } & WasmSignature)
  | ({ readonly kind: 'table' } & WasmTable)
  | ({ readonly kind: 'memory' } & WasmMemory)
  | ({ readonly kind: 'global'; readonly mutable: boolean } & WasmTyped)
  | ({ readonly kind: 'tag' } & WasmTag);

/** Value types as in the text format: `i32`, `externref`. */
export interface WasmSignature {
  readonly params: readonly string[];
  readonly results: readonly string[];
}

/** Something with one value type. */
export interface WasmTyped {
  readonly type: string;
}

/** `initial` and `maximum` in pages of `pageSize` bytes. */
export interface WasmMemory {
  readonly initial: number;
  readonly maximum: number | null;
  readonly pageSize: number;
  readonly shared: boolean;
  readonly memory64: boolean;
  readonly imported: boolean;
}

/** `initial` and `maximum` in entries. */
export interface WasmTable {
  readonly initial: number;
  readonly maximum: number | null;
  /** `funcref`, `externref` */
  readonly element: string;
  readonly imported: boolean;
}

/** A global that can change. */
export interface WasmMutableGlobal extends WasmTyped {
  readonly index: number;
  /** From the `name` section, or its import. */
  readonly name: string | null;
  readonly exportedAs: string | null;
  readonly imported: boolean;
}

/** `params` are the types of what an exception with this tag carries. */
export interface WasmTag {
  readonly params: readonly string[];
  readonly imported: boolean;
}

/** One entry of the `producers` section. */
export interface WasmProducer {
  readonly field: 'language' | 'processed-by' | 'sdk';
  readonly name: string;
  readonly version: string;
}

/** What a linked crate says of itself. */
export interface WasmCrateRecord {
  /** As published: `wasm-revive-abort-detector`. */
  readonly crate: string;
  readonly version: string;
  readonly abi: number;
}

/** The bytes are not a well-formed module. */
export class MalformedWasmError extends Error {
  /** The byte at which it was noticed. */
  readonly offset: number;

  constructor(message: string, offset: number, options?: ErrorOptions) {
    super(`${message} (at byte 0x${offset.toString(16)})`, options);
    this.name = 'MalformedWasmError';
    this.offset = offset;
  }
}

/** That a file of ours can't be used, which no change to the package mends. */
function brokenInstallation(file: URL, cause: unknown): TransformError {
  return new TransformError(
    'REVIVE_BROKEN_INSTALLATION',
    `${fileURLToPath(file)}, a file of wasm-revive itself, is missing or broken: ${cause instanceof Error ? cause.message : String(cause)}. ` +
      'Install wasm-revive again; in a checkout of it, run `npm run setup` and `npm run build`.',
    { cause },
  );
}

let ready = false;

/**
 * Reads a whole module: its sections and every function body. Well-formedness is checked, code is not type-checked.
 *
 * @throws {MalformedWasmError} when the bytes are cut short, are not Wasm, are a component, or contradict themselves
 */
export function inspectWasm(bytes: Uint8Array): WasmInfo {
  // The shape is `ModuleInfo` of `crates/transform/src/info.rs`.
  return JSON.parse(call(() => inspect(bytes))) as WasmInfo;
}

/**
 * Exports the mutable globals that a module keeps to itself, as `prefix` followed by their index. Nothing that runs changes.
 *
 * @returns undefined when there is nothing to add
 * @throws {MalformedWasmError} as {@link inspectWasm}
 */
export function exportGlobals(bytes: Uint8Array, prefix: string): Uint8Array | undefined {
  return call(() => addGlobals(bytes, prefix));
}

/**
 * Has each function that a module imports from another module than `module` imported from that one, as `prefix` followed by its index.
 *
 * @returns undefined when there is none
 * @throws {MalformedWasmError} as {@link inspectWasm}
 */
export function moveImports(bytes: Uint8Array, module: string, prefix: string): Uint8Array | undefined {
  return call(() => changeImports(bytes, module, prefix));
}

/**
 * Exports what the host has to copy so that it has all of an instance's state: the globals that can change, and the table of JavaScript's values. Nothing
 * that runs changes.
 *
 * @returns undefined when there is nothing to add
 * @throws {MalformedWasmError} as {@link inspectWasm}, and for what can't be copied
 */
export function copyable(bytes: Uint8Array): Uint8Array | undefined {
  return call(() => exportState(bytes));
}

/** A state that a module can begin in: all in which it is more than what is compiled. */
export interface Prewarmed {
  /** The whole memory. */
  readonly memory: Uint8Array;
  /** The globals that can change, in order, each in 8 bytes, little endian: an `i64` as it is, all others as an `f64`. */
  readonly globals: Uint8Array;
  /** How many places the table of JavaScript's values has; 0 where there is none. */
  readonly references: number;
  /** What Rust holds of JavaScript's values, beside those that the glue gives each instance. Default: nothing. */
  readonly held?: HeldValues | undefined;
}

/**
 * Values of JavaScript that Rust holds in a state, by their places in its table of them. Of a `heap`, all from a place on: those that are free have the
 * next free one. Where nothing is said of a place, it holds null.
 */
export type HeldValues = Omit<SavedValues, 'handles'>;

/** Runs the start functions of a package's modules, once. */
export type Prewarm = (dir: string, name: string | readonly string[] | undefined) => Prewarming;

/** What start functions have done. */
export interface Prewarming {
  /** The states in which modules begin, by their names. */
  readonly prewarmed: ReadonlyMap<string, Prewarmed>;
  /** What is not done again in each instance, in sentences. */
  readonly warnings: readonly string[];
}

/**
 * Makes a module begin in a state that an instance of it has had after its start function, and not run that.
 *
 * @throws {MalformedWasmError} as {@link copyable}, and for a module without a start function
 */
export function prewarm(bytes: Uint8Array, { memory, globals, references }: Prewarmed): Uint8Array {
  return call(() => beginIn(bytes, memory, globals, references));
}

/** A module with an undo log. */
export interface UndoLogged {
  readonly module: Uint8Array;
  /** Why its debug information is left out, as the end of a sentence. Undefined where it was rewritten, or there is none. */
  readonly debugInfoLeftOut: string | undefined;
}

/**
 * Adds an undo log to a module: by the exports of `UNDO_EXPORTS`, what has been done to its memory, globals and references since the last commit is undone.
 *
 * @param mebibytes to which the memory may grow, with the log in it; for each of them the log takes 1 KiB from the beginning
 * @throws {MalformedWasmError} as {@link inspectWasm}, and for what can't be undone
 */
export function undoLog(bytes: Uint8Array, mebibytes: number): UndoLogged {
  const [module, debugInfoLeftOut] = call(() => addUndoLog(bytes, mebibytes)) as [Uint8Array, string | undefined];
  return { module, debugInfoLeftOut };
}

/**
 * Takes the section `build_id` away that a module has.
 *
 * @throws {MalformedWasmError} as {@link inspectWasm}
 */
export function withoutBuildId(bytes: Uint8Array): Uint8Array {
  return call(() => takeBuildId(bytes));
}

/**
 * Gives a module a section `build_id`, in place of one that it may have.
 *
 * @throws {MalformedWasmError} as {@link inspectWasm}
 */
export function withBuildId(bytes: Uint8Array, id: Uint8Array): Uint8Array {
  return call(() => giveBuildId(bytes, id));
}

/**
 * Takes debug information out of a module.
 *
 * @param url where it will be, from the module's own URL on
 * @returns the module, which says that, and the debug file; undefined when the module has no debug information
 * @throws {MalformedWasmError} as {@link inspectWasm}
 */
export function splitDebugInfo(bytes: Uint8Array, url: string): { readonly module: Uint8Array; readonly debug: Uint8Array } | undefined {
  const split = call(() => takeDebugInfo(bytes, url)) as [Uint8Array, Uint8Array] | undefined;
  return split && { module: split[0], debug: split[1] };
}

/**
 * Where a module says that its debug information is, from its own URL on; undefined where it says nothing.
 *
 * @throws {MalformedWasmError} as {@link inspectWasm}
 */
export function debugFileOf(bytes: Uint8Array): string | undefined {
  return call(() => findDebugFile(bytes));
}

/**
 * Puts the debug information of a debug file back into a module.
 *
 * @returns undefined where the file has other code than the module, or no debug information
 * @throws {MalformedWasmError} as {@link inspectWasm}, of either
 */
export function joinDebugInfo(bytes: Uint8Array, debug: Uint8Array): Uint8Array | undefined {
  return call(() => putBackDebugInfo(bytes, debug));
}

function load(): void {
  if (ready) return;
  try {
    initSync({ module: readFileSync(OWN_WASM) });
  } catch (cause) {
    throw brokenInstallation(OWN_WASM, cause);
  }
  ready = true;
}

function call<R>(run: () => R): R {
  load();
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && 'offset' in error && typeof error.offset === 'number') {
      throw new MalformedWasmError(error.message, error.offset, { cause: error });
    }
    throw error;
  }
}
