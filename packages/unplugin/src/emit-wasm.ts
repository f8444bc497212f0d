import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Context } from './hooks.js';

/** Has Rollup, or what is like it, take a wasm file along. Gives the reference, which `import.meta.ROLLUP_FILE_URL_<reference>` makes an address of. */
export function emitWasm(context: Context, wasm: string): string {
  // `UnpluginBuildContext` doesn't say that there is one: not all bundlers have them.
  return context.emitFile({ type: 'asset', name: basename(wasm), source: readFileSync(wasm) }) as unknown as string;
}
