import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Packages } from './prepare.ts';

/** A file's size, in bytes. */
export interface Size {
  readonly what: string;
  readonly bytes: number;
  readonly gzip: number;
}

/** How much there is to load. */
export function measureSizes({ plain, upstream, revive }: Packages): Size[] {
  return [
    size('runtime, once a package', path.join(path.dirname(revive.abort), 'wasm-revive.cjs')),
    size('plain glue, panic=abort', plain.abort),
    size("upstream's reset, panic=abort", upstream.abort),
    size('wasm-revive, panic=abort', revive.abort),
    size("upstream's guards, panic=unwind", plain.unwind),
    size("upstream's guards and reset, panic=unwind", upstream.unwind),
    size('wasm-revive, panic=unwind', revive.unwind),
  ];
}

function size(what: string, file: string): Size {
  const content = readFileSync(file);
  return { what, bytes: content.length, gzip: gzipSync(content, { level: 9 }).length };
}
