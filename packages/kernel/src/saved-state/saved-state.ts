/**
 * An instance's state as bytes, which outlive the process.
 *
 * ```text
 * "wasmrevi"  version  length  checksum  | build (16)  end  record's address  parts  bytes of the values | record … values … parts …
 * ```
 *
 * Numbers have 32 bits, little endian. The checksum (CRC-32) is of all that follows. A part is its address, its length and its bytes; where there are
 * long runs of zeros, there is no part, and none reaches over a multiple of 16 KiB (`state-pages.ts`). The values are those of JavaScript that Rust
 * holds, as JSON (`carried-values.ts`), and what goes along with them.
 */

import { ReviveError } from '../errors.js';
import type { Image, Part } from '../rollback/image.js';
import type { CarriedValues } from './carried-values.js';
import type { SavedHandle } from './saved-handles.js';

const MAGIC = 'wasmrevi';
const VERSION = 3;
const HEAD = 20;

/** Where the last of the numbers is that say how long everything is. Behind it the record begins. */
export const STATE_BODY: number = HEAD + 16 + 16;

/** A part is of one page, so that what of a state has changed can be told by pages. */
export const STATE_PAGE = 16_384;

/** A run of zeros that is shorter is written down. */
const LEAST_RUN = 64;

/** JavaScript's values that Rust holds: those of its table, or of the glue's `heap` behind what that begins with. */
export interface SavedValues extends CarriedValues {
  /** Of a `heap`: the place that the next value goes to. */
  readonly next?: number;
  /** Of a `heap`: the place of the first of these. */
  readonly from?: number;
  /** Where objects of the module's classes point to that go along. */
  readonly handles?: readonly SavedHandle[];
}

/** What the bytes say. */
export interface SavedState {
  /** Without references: they are made of `values`. */
  readonly image: Image;
  readonly values: SavedValues;
}

/** Writes a state. @param build the id of the module's build */
export function encodeState({ image: { memory, record, end }, values: carried }: SavedState, build: string): Uint8Array<ArrayBuffer> {
  const values = new TextEncoder().encode(JSON.stringify(carried));
  const parts = memory.flatMap(withoutZeros);
  const size = parts.reduce((sum, { bytes }) => sum + 8 + bytes.length, STATE_BODY + 4 + record.bytes.length + values.length);
  const all = new Uint8Array(size);
  const view = new DataView(all.buffer);
  let at = 0;
  const word = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const bytes = (part: Uint8Array): void => {
    all.set(part, at);
    at += part.length;
  };
  const text = (part: string): void => bytes(new TextEncoder().encode(part));
  text(MAGIC);
  for (const value of [VERSION, size, 0]) word(value);
  text(build);
  for (const value of [end, record.at, parts.length, values.length, record.bytes.length]) word(value);
  bytes(record.bytes);
  bytes(values);
  for (const part of parts) {
    word(part.at);
    word(part.bytes.length);
    bytes(part.bytes);
  }
  view.setUint32(HEAD - 4, checksum(all.subarray(HEAD)), true);
  return all;
}

function withoutZeros({ at, bytes }: Part): Part[] {
  const parts: Part[] = [];
  const { length } = bytes;
  // Most of a memory is zero, so that it is looked at by words. Note: a copy begins at the beginning of its buffer.
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, length >> 2);
  let from = 0;
  while (from < length) {
    while (from < length && bytes[from] === 0) {
      if (from % 4 === 0) while (words[from >> 2] === 0) from += 4;
      if (from < length && bytes[from] === 0) from++;
    }
    if (from === length) break;
    let end = from;
    const last = Math.min(length, from + STATE_PAGE - ((at + from) % STATE_PAGE));
    for (let place = from; place < last && place - end < LEAST_RUN; place++) if (bytes[place] !== 0) end = place + 1;
    parts.push({ at: at + from, bytes: bytes.subarray(from, end) });
    from = end;
  }
  return parts;
}

/**
 * Reads it.
 * @param build the id of the module's build
 * @throws ReviveError `REVIVE_NOT_RESTORED` where they are anything else, or of another build
 */
export function decodeState(given: unknown, build: string): SavedState {
  if (!(given instanceof Uint8Array)) throw refused('what was given is no Uint8Array');
  const bytes = new Uint8Array(given);
  const view = new DataView(bytes.buffer);
  const word = (at: number): number => view.getUint32(at, true);
  const text = (at: number, length: number): string => String.fromCharCode(...bytes.subarray(at, at + length));
  if (bytes.length < STATE_BODY + 4) throw refused(`${bytes.length} bytes are too few`);
  if (text(0, 8) !== MAGIC) throw refused('they begin as no saved state does');
  if (word(8) !== VERSION) throw refused(`they are of version ${word(8)} of the format, and version ${VERSION} is supported`);
  if (word(12) !== bytes.length) throw refused(`they should be ${word(12)} bytes, and are ${bytes.length}`);
  if (word(16) !== checksum(bytes.subarray(HEAD))) throw refused('their checksum is wrong: they were damaged');
  if (text(HEAD, 16) !== build) throw refused(`they are of build ${text(HEAD, 16)} of the module, and this is build ${build}`);
  try {
    return decodeBody(bytes);
  } catch {
    throw refused('what they say of themselves does not fit together');
  }
}

/** Of bytes that are whole. */
function decodeBody(bytes: Uint8Array<ArrayBuffer>): SavedState {
  const view = new DataView(bytes.buffer);
  const word = (at: number): number => view.getUint32(at, true);
  const [end, recordAt, count, valuesLength, recordLength] = [0, 4, 8, 12, 16].map((offset) => word(HEAD + 16 + offset)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  let at = STATE_BODY + 4;
  const take = (length: number): Uint8Array<ArrayBuffer> => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const record = { at: recordAt, bytes: take(recordLength) };
  const values = JSON.parse(new TextDecoder().decode(take(valuesLength))) as SavedValues;
  const memory: Part[] = [];
  for (let nth = 0; nth < count; nth++) {
    const [address, size] = [word(at), word(at + 4)];
    at += 8;
    memory.push({ at: address, bytes: take(size) });
  }
  return { image: { memory, record, end, references: [], size: bytes.length }, values };
}

function refused(why: string): ReviveError {
  return new ReviveError(
    'REVIVE_NOT_RESTORED',
    `The state was not restored: ${why}. Nothing was changed. Give the bytes that \`checkpoint()\` of the same build of the module gave.`,
  );
}

/** CRC-32, as in zip files. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (let at = 0; at < bytes.length; at++) crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return (crc ^ 0xffff_ffff) >>> 0;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, nth) => {
  let crc = nth;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb8_8320 ^ (crc >>> 1) : crc >>> 1;
  return crc >>> 0;
});
