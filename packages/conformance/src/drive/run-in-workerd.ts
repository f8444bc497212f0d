/** Runs the suite in workerd, through miniflare: no code from strings, no Wasm from bytes, every module known beforehand. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';
import { moduleName } from '../hosts/node.ts';
import type { PanicMode } from '../runner/kinds.ts';
import type { RowResult } from '../runner/run.ts';
import { programs } from './paths.ts';

/** Uploads a package as a worker's modules and runs it. @param ids rows and scenarios to run; all when not given */
export async function runInWorkerd(dir: string, panic: PanicMode, ids?: readonly string[]): Promise<RowResult[]> {
  const main = [
    'import { serve } from "./worker.js";',
    `import * as ns from "./package/${moduleName(dir)}.js";`,
    `export default serve(ns, ${JSON.stringify(panic)});`,
  ].join('\n');
  const miniflare = new Miniflare({
    modulesRoot: '/',
    modules: [
      { type: 'ESModule', path: '/main.js', contents: main },
      { type: 'ESModule', path: '/worker.js', contents: readFileSync(join(programs, 'worker.js'), 'utf8') },
      ...packageModules(dir),
    ],
    compatibilityDate: '2026-01-01',
  });
  try {
    const response = await miniflare.dispatchFetch('http://suite/', { method: 'POST', body: JSON.stringify(ids ?? null) });
    const text = await response.text();
    if (!response.ok) throw new Error(`workerd answered ${response.status}: ${text.slice(0, 2000)}`);
    return JSON.parse(text) as RowResult[];
  } finally {
    await miniflare.dispose();
  }
}

type Module = { readonly type: 'ESModule' | 'CompiledWasm'; readonly path: string; readonly contents: string | Uint8Array<ArrayBuffer> };

function packageModules(dir: string): Module[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).flatMap((file): Module[] => {
    const path = `/package/${file}`;
    if (file.endsWith('.js')) return [{ type: 'ESModule', path, contents: readFileSync(join(dir, file), 'utf8') }];
    if (file.endsWith('.wasm')) return [{ type: 'CompiledWasm', path, contents: new Uint8Array(readFileSync(join(dir, file))) }];
    return [];
  });
}
