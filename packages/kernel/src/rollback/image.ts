/**
 * The whole state of an instance whose turns can be undone, copied while no frame of it is on the stack: its memory, and what the undo log's
 * `save` writes down beside that (`images.rs` in `crates/transform`, which says where what is).
 */
import { UNDO_EXPORTS } from '../module/undo-exports.js';

/** Bytes of a page of memory. */
const PAGE = 65_536;

/** Where in what `save` writes down there is what is needed here, and where its globals begin. */
const WORDS = { initial: 0, grown: 4, end: 8, dead: 16, references: 20, chunks: 24, globals: 28, chunk: 32 } as const;
const GLOBALS = 48;
const BYTES_OF_GLOBAL = 16;

/** A part of the memory. */
export interface Part {
  /** Its address. */
  readonly at: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A copy of the state. */
export interface Image {
  /** The program's memory: not what the log has in it, nor what lies below where Rust's stack rests. */
  readonly memory: readonly Part[];
  /** What `save` has written down. */
  readonly record: Part;
  /** Where the program's memory ends, as an address. */
  readonly end: number;
  /** JavaScript's values that Rust holds, by their places; empty where there is no table of them. */
  readonly references: readonly unknown[];
  /** Bytes of it all, but for those values. */
  readonly size: number;
}

/** Copies the state. Undefined where it has a part that can't be copied. @param exports the raw ones, of an instance that has just committed */
export function takeImage(exports: WebAssembly.Exports): Image | undefined {
  return imageOf(exports, (buffer, at, end) => new Uint8Array(buffer.slice(at, end)));
}

/** The same without a copy: good until anything of the instance runs. */
export function viewImage(exports: WebAssembly.Exports): Image | undefined {
  return imageOf(exports, (buffer, at, end) => new Uint8Array(buffer, at, end - at));
}

function imageOf(
  exports: WebAssembly.Exports,
  bytesOf: (buffer: ArrayBuffer, at: number, end: number) => Uint8Array<ArrayBuffer>,
): Image | undefined {
  const save = exports[UNDO_EXPORTS.save] as () => number;
  const address = save() >>> 0;
  if (address === 0) return undefined;
  const { buffer } = exports.memory as WebAssembly.Memory;
  const view = new DataView(buffer);
  const word = (at: number): number => view.getUint32(address + at, true);
  const copy = (at: number, end: number): Part => ({ at, bytes: bytesOf(buffer, at, end) });
  const [count, globals, end] = [word(WORDS.chunks), word(WORDS.globals), word(WORDS.end)];
  const chunks = GLOBALS + globals * BYTES_OF_GLOBAL;
  const memory = [copy(word(WORDS.dead), word(WORDS.initial))];
  let from = word(WORDS.grown);
  for (let nth = 0; nth < count; nth++) {
    const chunk = word(chunks + nth * 4);
    if (chunk > from) memory.push(copy(from, chunk));
    from = chunk + word(WORDS.chunk);
  }
  if (end > from) memory.push(copy(from, end));
  const table = exports[UNDO_EXPORTS.references] as WebAssembly.Table | undefined;
  const references = table === undefined ? [] : Array.from({ length: word(WORDS.references) }, (_, place) => table.get(place) as unknown);
  const record = copy(address, address + chunks + count * 4);
  const size = memory.reduce((sum, { bytes }) => sum + bytes.length, record.bytes.length);
  return { memory, record, end, references, size };
}

/**
 * Where the memory ends that the state needs, as an address; where the memory itself ends where that can't be told.
 * @param exports the raw ones, of an instance that has just committed
 */
export function endOfState(exports: WebAssembly.Exports): number {
  const { buffer } = exports.memory as WebAssembly.Memory;
  const address = (exports[UNDO_EXPORTS.save] as () => number)() >>> 0;
  if (address === 0) return buffer.byteLength;
  const word = (at: number): number => new DataView(buffer).getUint32(address + at, true);
  return Math.max(word(WORDS.end), word(WORDS.grown));
}

/**
 * Makes an instance that has never run ready for the state of another one.
 * @throws RangeError where its module lays out memory otherwise, or where the engine has no memory for it
 */
export function makeRoom(exports: WebAssembly.Exports, { record, end, memory }: Image): void {
  const own = takeImage(exports);
  const theirs = new DataView(record.bytes.buffer, record.bytes.byteOffset, record.bytes.length);
  const constant = [WORDS.initial, WORDS.grown, WORDS.dead, WORDS.globals, WORDS.chunk];
  const isSame =
    own !== undefined &&
    own.record.at === record.at &&
    record.bytes.length >= GLOBALS &&
    constant.every((word) => new DataView(own.record.bytes.buffer).getUint32(word, true) === theirs.getUint32(word, true)) &&
    memory.every(({ at, bytes }) => at + bytes.length <= end);
  if (!isSame) throw new RangeError('the memory of this module is laid out otherwise');
  const { memory: room } = exports as { memory: WebAssembly.Memory };
  const missing = end - room.buffer.byteLength;
  if (missing > 0) room.grow(missing / PAGE);
}

/**
 * Puts a state back, into the instance that it is of, or into another one of the same module. The state is also the one that a turn goes back to.
 * @throws what the engine throws where it has no memory for it; then nothing has changed but how much memory the instance has
 */
export function putImage(exports: WebAssembly.Exports, { memory, record, end, references }: Image): void {
  const own = exports.memory as WebAssembly.Memory;
  const missing = end - own.buffer.byteLength;
  if (missing > 0) own.grow(missing / PAGE);
  const table = exports[UNDO_EXPORTS.references] as WebAssembly.Table | undefined;
  if (table !== undefined && table.length < references.length) table.grow(references.length - table.length);
  const bytes = new Uint8Array(own.buffer);
  const words = new DataView(record.bytes.buffer, record.bytes.byteOffset, record.bytes.length);
  const word = (at: number): number => words.getUint32(at, true);
  // What no part says anything of is zero.
  bytes.fill(0, word(WORDS.dead), word(WORDS.initial)).fill(0, word(WORDS.grown), Math.max(word(WORDS.grown), end));
  for (const part of [...memory, record]) bytes.set(part.bytes, part.at);
  if (table !== undefined) {
    for (let place = 0; place < table.length; place++) table.set(place, place < references.length ? references[place] : null);
  }
  (exports[UNDO_EXPORTS.load] as () => void)();
}
