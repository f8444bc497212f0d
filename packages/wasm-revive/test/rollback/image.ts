/** What an instance is, taken while nothing of it is on the stack: the oracle of every rollback. */
import { readFileSync } from 'node:fs';
import { inspectWasm } from '@wasm-revive/bindgen';
import type { InstanceView } from '@wasm-revive/kernel';
import { wasmFileOf } from '../fixtures.js';

const PAGE = 65_536;

/** Memory, globals and references. */
export interface Image {
  readonly memory: Uint8Array;
  readonly globals: readonly unknown[];
  readonly references: readonly unknown[];
}

/** Where in an instance's memory the undo log is: behind the pages that the program begins with. See `layout.rs` of the transform. */
export interface Layout {
  /** Bytes of the program's initial memory. */
  readonly initial: number;
  /** Where the first chunk of the log begins, and where the pages end that the log has from the beginning. */
  readonly log: number;
  readonly end: number;
}

const CHUNK = 16 * PAGE;
/** Where in a chunk the address of the next one is. */
const CHUNK_BEHIND = 128 + 4;

/** Reads it off a package and the package that was made of it. */
export function layoutOf(original: string, transformed: string): Layout {
  const [initial, end] = [original, transformed].map(
    (dir) => Number(inspectWasm(readFileSync(wasmFileOf(dir))).memories[0]?.initial) * PAGE,
  ) as [number, number];
  return { initial, log: end - CHUNK, end };
}

/** Takes it. What is below where the stack pointer rests is of no use any more, and not in it; nor is the log. */
export function imageOf({ exports = {} }: InstanceView, { initial, log, end }: Layout): Image {
  const globals = Object.entries(exports)
    .filter(([name]) => name.startsWith('__wasm_revive_global_'))
    .map(([, global]) => (global as WebAssembly.Global).value as unknown);
  const table = exports.__wbindgen_externrefs as WebAssembly.Table | undefined;
  const memory = new Uint8Array((exports.memory as WebAssembly.Memory).buffer).slice();
  const view = new DataView(memory.buffer);
  const rest = Number(globals[0]);
  for (let chunk = view.getUint32(log + CHUNK_BEHIND, true); chunk !== 0; ) {
    const next = view.getUint32(chunk + CHUNK_BEHIND, true);
    memory.fill(0, chunk, chunk + CHUNK);
    chunk = next;
  }
  memory.fill(0, 0, rest).fill(0, initial, end);
  return {
    memory,
    globals,
    // Those that Rust has given back may be anything.
    references: table === undefined ? [] : Array.from({ length: table.length }, (_, place) => table.get(place) as unknown),
  };
}

/** The first address that differs, and how many do. */
export function difference(before: Image, after: Image): string | undefined {
  if (String(before.globals) !== String(after.globals)) return `globals: ${String(before.globals)} became ${String(after.globals)}`;
  // The memory does not shrink. What is behind it, nobody has.
  const isSame = Buffer.compare(before.memory, after.memory.subarray(0, before.memory.length)) === 0;
  const differing = isSame ? [] : [...before.memory.keys()].filter((at) => before.memory[at] !== after.memory[at]);
  if (differing.length > 0) return `${differing.length} bytes of memory, the first at ${differing[0]}`;
  const place = before.references.findIndex((value, index) => value !== undefined && value !== null && after.references[index] !== value);
  return place < 0 ? undefined : `the reference ${place}`;
}
