/**
 * The file format of WebAssembly coredumps: WebAssembly/tool-conventions, `Coredump.md`, as of May 2023 (with instances).
 */

import { type Bytes, customSection, float64, name, section, signed, unsigned, vector } from './wasm-encoding.js';

/** One frame of the stack. */
export interface CoredumpFrame {
  /** Of the function, in the module. */
  readonly index: number;
  /** Of the instruction, in bytes from where the function's body begins; 0 where that isn't known. */
  readonly codeOffset: number;
}

/** One instance, as it was. */
export interface Coredump {
  /** The name of the process. */
  readonly process: string;
  /** Which module it is. */
  readonly module: string;
  /** Innermost first. */
  readonly frames: readonly CoredumpFrame[];
  /** The whole memory; undefined where none can be had. */
  readonly memory: Uint8Array | undefined;
  /** By their index in the module; undefined for those that can't be had. Integers that an `i32` can hold are taken for one. */
  readonly globals: readonly (number | bigint | undefined)[];
}

/** A page of memory, the unit in which it is left out when it is empty. */
const PAGE = 0x10000;

const I32 = 0x7f;
const I64 = 0x7e;
const F64 = 0x7c;
const END = 0x0b;

/** Writes a coredump: one instance with at most one memory, one thread. Pages of zeros are left out, as the format allows. */
export function encodeCoredump({ process, module, frames, memory, globals }: Coredump): Uint8Array<ArrayBuffer> {
  const instance = [0, 0, ...vector(memory ? [[0]] : []), ...vector(globals.map((_, index) => unsigned(index)))];
  return concat([
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    customSection('core', [0, ...name(process)]),
    customSection('coremodules', vector([[0, ...name(module)]])),
    customSection('coreinstances', vector([instance])),
    customSection('corestack', [0, ...name('main'), ...vector(frames.map(encodeFrame))]),
    ...(memory ? [section(5, vector([[0, ...unsigned(memory.length / PAGE)]]))] : []),
    section(6, vector(globals.map(encodeGlobal))),
    ...(memory ? dataSection(memory) : []),
  ]);
}

/** Without locals and operands: engines don't tell them. */
function encodeFrame({ index, codeOffset }: CoredumpFrame): Bytes {
  return [0, 0, ...unsigned(index), ...unsigned(codeOffset), ...vector([]), ...vector([])];
}

/** A global that isn't known is told as an `f64` that is no number: there must be one for each index, and tools know of numbers only. */
function encodeGlobal(value: number | bigint | undefined): Bytes {
  if (typeof value === 'bigint') return [I64, 0, 0x42, ...signed(value), END];
  if (value !== undefined && (value | 0) === value) return [I32, 0, ...i32Const(value), END];
  return [F64, 0, 0x44, ...float64(value ?? Number.NaN), END];
}

function i32Const(value: number): number[] {
  return [0x41, ...signed(BigInt(value | 0))];
}

/** The parts of the data section; those of the memory are the memory itself, not copies. */
function dataSection(memory: Uint8Array): (Bytes | Uint8Array)[] {
  const runs = usedRuns(memory);
  const segments = runs.flatMap(([from, to]) => [[0, ...i32Const(from), END, ...unsigned(to - from)], memory.subarray(from, to)]);
  const count = unsigned(runs.length);
  return [[11, ...unsigned(count.length + lengthOf(segments))], count, ...segments];
}

/** From where to where memory has pages that are not all zeros, in bytes. */
function usedRuns(memory: Uint8Array): [from: number, to: number][] {
  const runs: [number, number][] = [];
  for (let from = 0; from < memory.length; from += PAGE) {
    const to = from + PAGE;
    if (isEmpty(memory, from)) continue;
    const last = runs.at(-1);
    if (last?.[1] === from) last[1] = to;
    else runs.push([from, to]);
  }
  return runs;
}

function isEmpty(memory: Uint8Array, page: number): boolean {
  const words = new Int32Array(memory.buffer, memory.byteOffset + page, PAGE / Int32Array.BYTES_PER_ELEMENT);
  // Note: `every` takes many times as long (measured in V8: 20 ms, and 250, for 64 MiB).
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return true;
}

function concat(parts: readonly (Bytes | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function lengthOf(parts: readonly (Bytes | Uint8Array)[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
