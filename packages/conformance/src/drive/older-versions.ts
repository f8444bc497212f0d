/** What older versions of wasm-bindgen make of the fixtures, as `older/make.mjs` has had them make it: see `older/README.md`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import type { Target } from '../hosts/node.ts';

/** The oldest version that is supported, and one in between. */
export const OLDER_VERSIONS = ['0.2.84', '0.2.100'] as const;

/** One of {@link OLDER_VERSIONS}. */
export type OlderVersion = (typeof OLDER_VERSIONS)[number];

/** The targets that there are of each, all of panic=abort: these versions know of no other. */
export const OLDER_TARGETS: readonly Target[] = ['web', 'nodejs', 'bundler'];

const KEPT = new URL('../../older/', import.meta.url);

/** Writes the packages of a version into a folder, one a target. */
export function unpackOlder(version: OlderVersion, folder: string): void {
  const text = brotliDecompressSync(readFileSync(fileURLToPath(new URL(`${version}.json.br`, KEPT)))).toString();
  // The bytes of each file, as latin1.
  for (const [name, bytes] of Object.entries(JSON.parse(text) as Record<string, string>)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes, 'latin1');
  }
  for (const target of OLDER_TARGETS) {
    // As wasm-pack writes it.
    writeFileSync(join(folder, target, 'package.json'), target === 'nodejs' ? '{}' : '{ "type": "module" }');
  }
}
