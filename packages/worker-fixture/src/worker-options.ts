import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { WorkerOptions } from 'miniflare';

/** The classes of Durable Objects; each is bound by its name in capitals. */
const CLASSES = ['Counter', 'Kept', 'Ledger', 'Loaded'];

/**
 * What miniflare has to know of a Worker to run it.
 *
 * @param dir what `buildWorker` made
 * @param main its main module, where that is another one beside `index.js`
 */
export function workerOptions(dir: string, main = 'index.js'): WorkerOptions {
  const scripts = [...new Set([main, 'index.js'])].map((name) => path.join(dir, name)).filter((file) => existsSync(file));
  const wasm = path.join(dir, 'index_bg.wasm');
  return {
    modulesRoot: dir,
    modules: [
      ...scripts.map((file) => ({ type: 'ESModule' as const, path: file, contents: readFileSync(file, 'utf8') })),
      { type: 'CompiledWasm', path: wasm, contents: new Uint8Array(readFileSync(wasm)) },
    ],
    compatibilityDate: '2026-01-01',
    durableObjects: Object.fromEntries(CLASSES.map((className) => [className.toUpperCase(), { className, useSQLite: true }])),
  };
}
