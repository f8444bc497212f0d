import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'wasm-revive/transform';
import { exportsOf, type WorkerExports } from './exports-of.js';
import { shimText } from './shim-text.js';
import { findOptions } from './staging.js';

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
}

/**
 * Makes of a folder with wasm-bindgen's output, called `index`, what can be bundled into a Worker, from its `shim.js`.
 * @throws TransformError of `@wasm-revive/bindgen`
 */
export function assemble(dir: string, { project, ownShim, runToCompletion, ...options }: AssembleOptions): Assembled {
  // The bundler target's entry exports all that its glue does.
  const glue = existsSync(join(dir, 'index_bg.js')) ? 'index_bg.js' : 'index.js';
  const exports = exportsOf(glue, readFileSync(join(dir, glue), 'utf8'));
  const { warnings } = transform({ dir, ...options, memoryLimitMiB: MEMORY_LIMIT_MIB });
  copyFileSync(fileURLToPath(new URL('./index.js', import.meta.url)), join(dir, 'wasm-revive-workers.js'));
  if (ownShim !== undefined) copyFileSync(ownShim, join(dir, 'shim.js'));
  else writeFileSync(join(dir, 'shim.js'), shimText(exports, findOptions(project), runToCompletion));
  return { exports, warnings };
}
