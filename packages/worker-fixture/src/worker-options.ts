import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { WorkerOptions } from 'miniflare';

/** The classes of Durable Objects; each is bound by its name in capitals. */
const CLASSES = ['Counter', 'Kept', 'Ledger', 'Loaded'];

/**
 * What miniflare has to know of a Worker to run it.
 *
 * @param dir what `buildWorker` made
 * @param scripts its JavaScript in that folder, the main module first
 */
export function workerOptions(dir: string, scripts: readonly string[] = ['index.js']): WorkerOptions {
  const files = scripts.map((name) => path.join(dir, name));
  const wasm = path.join(dir, 'index_bg.wasm');
  return {
    modulesRoot: dir,
    modules: [
      ...files.map((file) => ({ type: 'ESModule' as const, path: file, contents: readFileSync(file, 'utf8') })),
      { type: 'CompiledWasm', path: wasm, contents: new Uint8Array(readFileSync(wasm)) },
    ],
    compatibilityDate: '2026-01-01',
    durableObjects: Object.fromEntries(CLASSES.map((className) => [className.toUpperCase(), { className, useSQLite: true }])),
  };
}
