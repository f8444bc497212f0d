import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'wasm-revive/transform';
import { exportsOf, type WorkerExports } from './exports-of.js';
import { shimText } from './shim-text.js';
import { findOptions } from './staging.js';
import { unusedParts } from './unused-parts.js';

/** Isolates have 128 MiB, and what is asked for beyond that need not be counted. Each object's instance has an undo log of its own. */
const MEMORY_LIMIT_MIB = 256;

/** How a Worker is put together. */
export interface AssembleOptions {
  readonly recovery: 'fresh' | 'rollback';
  /** With `rollback`, how the state is kept that a turn is undone to. */
  readonly commit: 'log' | 'copy';
  /** Whether the start function runs once, now. */
  readonly prewarm: boolean;
  /** A folder of the crate, from which its `wasm-revive.workers.js` is looked for. */
  readonly project: string;
  /** A main module of the program's own, in place of ours. */
  readonly ownShim?: string | undefined;
  readonly runToCompletion: boolean;
}

/** What was put together. */
export interface Assembled {
  readonly exports: WorkerExports;
  /** What of it isn't as without recovery, in sentences. */
  readonly warnings: readonly string[];
  /** What esbuild has to be told to leave out what the Worker has no use for. */
  readonly args: readonly string[];
}

/** The runtime, as the glue imports it, and a main module of the program's own. */
const RUNTIME = 'wasm-revive-workers.js';

/**
 * Makes of a folder with wasm-bindgen's output, called `index`, what can be bundled into a Worker, from its `shim.js`.
 * @throws TransformError of `@wasm-revive/bindgen`
 */
export function assemble(dir: string, { project, ownShim, runToCompletion, ...chosen }: AssembleOptions): Assembled {
  // The bundler target's entry exports all that its glue does.
  const glue = existsSync(join(dir, 'index_bg.js')) ? 'index_bg.js' : 'index.js';
  const exports = exportsOf(glue, readFileSync(join(dir, glue), 'utf8'));
  const wasm = readFileSync(join(dir, 'index_bg.wasm'));
  const { modules, warnings } = transform({ dir, ...chosen, memoryLimitMiB: MEMORY_LIMIT_MIB, runtime: `./${RUNTIME}` });
  copyFileSync(fileURLToPath(new URL('./worker-runtime.js', import.meta.url)), join(dir, RUNTIME));
  if (ownShim !== undefined) {
    copyFileSync(ownShim, join(dir, 'shim.js'));
    return { exports, warnings, args: [] };
  }
  const options = findOptions(project);
  writeFileSync(join(dir, 'shim.js'), shimText(exports, options, runToCompletion));
  const unused = unusedParts({ dir, exports, modules, wasm, options });
  return { exports, warnings, args: unused.map((part) => `--define:WASM_REVIVE_${part}=false`) };
}
