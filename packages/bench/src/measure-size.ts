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
    difference(`all crates, added to the module, panic=${panic}`, module(crates[panic]), module(revive[panic]));
  return [
    size('runtime, once a package', path.join(path.dirname(revive.abort), 'wasm-revive.cjs')),
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
  const content = readFileSync(file);
  return { what, bytes: content.length, gzip: gzipSync(content, { level: 9 }).length };
}

function module(glue: string): string {
  return glue.replace(/\.js$/, '_bg.wasm');
}

function difference(what: string, larger: string, smaller: string): Size {
  const [a, b] = [size(what, larger), size(what, smaller)];
  return { what, bytes: a.bytes - b.bytes, gzip: a.gzip - b.gzip };
}
