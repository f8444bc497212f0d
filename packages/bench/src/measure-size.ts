import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Packages } from './prepare.ts';
import type { PanicMode } from './variants.ts';

/** A file's size, in bytes. */
export interface Size {
  readonly what: string;
  readonly bytes: number;
  readonly gzip: number;
}

/** How much there is to load. */
export function measureSizes({ bare, guarded, upstream, revive, crates }: Packages): Size[] {
  const added = (panic: PanicMode): Size =>
    difference(`all crates, added to a release module, panic=${panic}`, stripped(crates[panic]), stripped(revive[panic]));
  return [
    size('runtime, once a package, fresh', path.join(path.dirname(revive.abort), 'wasm-revive.cjs')),
    size('glue, panic=abort: plain', bare.abort),
    size("glue, panic=abort: upstream's reset", upstream.abort),
    size('glue, panic=abort: wasm-revive', revive.abort),
    size("glue, panic=unwind: upstream's guards", guarded.unwind),
    size("glue, panic=unwind: upstream's guards and reset", upstream.unwind),
    size('glue, panic=unwind: wasm-revive', revive.unwind),
    added('abort'),
    added('unwind'),
  ];
}

function size(what: string, file: string): Size {
  return sizeOf(what, readFileSync(file));
}

/** What a release has of it: names and other custom sections are stripped. */
export function stripped(glue: string): Buffer {
  const wasm = readFileSync(glue.replace(/\.js$/, '_bg.wasm'));
  const kept = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length; ) {
    const [size, contents] = leb128(wasm, at + 1);
    if (wasm[at] !== CUSTOM_SECTION) kept.push(wasm.subarray(at, contents + size));
    at = contents + size;
  }
  return Buffer.concat(kept);
}

const CUSTOM_SECTION = 0;

/** An unsigned number, and where it ends. */
function leb128(bytes: Uint8Array, start: number): [value: number, end: number] {
  let value = 0;
  for (let at = start; ; at++) {
    const byte = bytes[at] ?? 0;
    value |= (byte & 0x7f) << (7 * (at - start));
    if (byte < 0x80) return [value >>> 0, at + 1];
  }
}

function sizeOf(what: string, content: Buffer): Size {
  return { what, bytes: content.length, gzip: gzipSync(content, { level: 9 }).length };
}

function difference(what: string, larger: Buffer, smaller: Buffer): Size {
  const [a, b] = [sizeOf(what, larger), sizeOf(what, smaller)];
  return { what, bytes: a.bytes - b.bytes, gzip: a.gzip - b.gzip };
}
