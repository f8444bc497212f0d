/** What an instance is, taken while nothing of it is on the stack: the oracle of every rollback. */
import { readFileSync } from 'node:fs';
import { inspectWasm } from '@wasm-revive/bindgen';
import type { InstanceView } from '@wasm-revive/kernel';
import { wasmFileOf } from '../fixtures.js';

const PAGE = 65_536;

/** What it is taken of. */
type View = Pick<InstanceView, 'exports'>;

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

const CHUNK = 8 * PAGE;
const ZEROS = new Uint8Array(CHUNK);
/** Where in a chunk the address of the next one is. */
const CHUNK_BEHIND = 128 + 4;

/** Reads it off a package and the package that was made of it. */
export function layoutOf(original: string, transformed: string): Layout {
  const [initial, end] = [original, transformed].map(
    (dir) => Number(inspectWasm(readFileSync(wasmFileOf(dir))).memories[0]?.initial) * PAGE,
  ) as [number, number];
  return { initial, log: end - CHUNK, end };
}

/** The layout of a package without a log: all of the memory is the program's. */
export const NO_LOG: Layout = { initial: 0, log: 0, end: 0 };

/** Takes it. What is below where the stack pointer rests is of no use any more, and not in it; nor is the log. Without a log, all is in it. */
export function imageOf({ exports = {} }: View, layout: Layout): Image {
  const globals = globalsOf(exports).map(({ value }) => value as unknown);
  const table = exports.__wbindgen_externrefs as WebAssembly.Table | undefined;
  const now = bytesOf(exports);
  const memory = new Uint8Array(now.length);
  for (const [from, to] of programs(now, Number(globals[0]), layout)) memory.set(now.subarray(from, to), from);
  return {
    memory,
    globals,
    // Those that Rust has given back may be anything.
    references: table === undefined ? [] : Array.from({ length: table.length }, (_, place) => table.get(place) as unknown),
  };
}

/** What isn't as it was, as {@link difference} says it. What the memory has grown by is zero besides: nobody has it. */
export function changeSince(before: Image, view: View, layout: Layout): string | undefined {
  if (!hasChanged(before, view, layout)) return undefined;
  return difference(before, imageOf(view, layout)) ?? 'what the memory has grown by is not zero';
}

/** Whether {@link changeSince} finds something, without another image. */
export function hasChanged(before: Image, { exports = {} }: View, layout: Layout): boolean {
  const now = bytesOf(exports);
  const { length } = before.memory;
  for (const [from, to] of programs(now, Number(before.globals[0]), layout)) {
    const old = Math.max(from, Math.min(to, length));
    if (Buffer.compare(before.memory.subarray(from, old), now.subarray(from, old)) !== 0) return true;
    for (let at = old; at < to; at += ZEROS.length) {
      const piece = now.subarray(at, Math.min(to, at + ZEROS.length));
      if (Buffer.compare(piece, ZEROS.subarray(0, piece.length)) !== 0) return true;
    }
  }
  return globalsOf(exports).some(({ value }, index) => value !== before.globals[index]) || changedReference(before, exports) !== undefined;
}

/** Makes an instance again what an image says. It is for those that were damaged on purpose. */
export function putBack(image: Image, { exports = {} }: View, layout: Layout): void {
  const now = bytesOf(exports);
  const { length } = image.memory;
  for (const [from, to] of programs(now, Number(image.globals[0]), layout)) {
    const old = Math.max(from, Math.min(to, length));
    now.set(image.memory.subarray(from, old), from);
    now.fill(0, old, to);
  }
  globalsOf(exports).forEach((global, index) => {
    global.value = image.globals[index];
  });
  const table = exports.__wbindgen_externrefs as WebAssembly.Table;
  image.references.forEach((value, place) => {
    table.set(place, value);
  });
}

function bytesOf(exports: WebAssembly.Exports): Uint8Array {
  return new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
}

function globalsOf(exports: WebAssembly.Exports): WebAssembly.Global[] {
  const all = Object.entries(exports).filter(([name]) => name.startsWith('__wasm_revive_global_'));
  return all.map(([, global]) => global as WebAssembly.Global);
}

/** Where in the memory the program is. @param rest where its stack pointer rests */
function programs(memory: Uint8Array, rest: number, { initial, log, end }: Layout): [from: number, to: number][] {
  if (end === 0) return [[0, memory.length]];
  const view = new DataView(memory.buffer);
  const ranges: [number, number][] = [[rest, initial]];
  let from = end;
  // Chunks are behind each other in the order in which the log has got them.
  for (let chunk = view.getUint32(log + CHUNK_BEHIND, true); chunk !== 0; chunk = view.getUint32(chunk + CHUNK_BEHIND, true)) {
    ranges.push([from, chunk]);
    from = chunk + CHUNK;
  }
  return [...ranges, [from, memory.length]];
}

/** Which reference isn't there any more. Those that Rust has given back may be anything. */
function changedReference(before: Image, exports: WebAssembly.Exports): number | undefined {
  const table = exports.__wbindgen_externrefs as WebAssembly.Table | undefined;
  const place = before.references.findIndex((value, index) => value !== undefined && value !== null && table?.get(index) !== value);
  return place < 0 ? undefined : place;
}

/** The first address that differs, and how many do. */
export function difference(before: Image, after: Image): string | undefined {
  if (String(before.globals) !== String(after.globals)) return `globals: ${String(before.globals)} became ${String(after.globals)}`;
  // What is behind the program's memory, nobody has: it may be more afterwards, or less, and of what is less all was zero.
  const common = Math.min(before.memory.length, after.memory.length);
  const isSame = Buffer.compare(before.memory.subarray(0, common), after.memory.subarray(0, common)) === 0;
  if (!isSame || before.memory.subarray(common).some((byte) => byte !== 0)) {
    const isOther = (byte: number, at: number): boolean => byte !== (after.memory[at] ?? 0);
    const first = before.memory.findIndex(isOther);
    const differing = before.memory.reduce((count, byte, at) => count + Number(isOther(byte, at)), 0);
    return `${differing} bytes of memory, the first at ${first}`;
  }
  const place = before.references.findIndex((value, index) => value !== undefined && value !== null && after.references[index] !== value);
  return place < 0 ? undefined : `the reference ${place}`;
}
