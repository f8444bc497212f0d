import { fileURLToPath } from 'node:url';
import type { Options } from '@wasm-revive/unplugin/vite';
import { prewarmer } from '../transform.js';

/**
 * The runtime beside this file, unless another is asked for: a program need not list this package to import from it. And what runs start functions, where
 * they are to be run.
 */
export function withOwnRuntime(options: Options = {}): Options {
  // This module is bundled into dist/, where the runtime is.
  return { prewarmer, ...options, runtime: options.runtime ?? fileURLToPath(new URL('./runtime.js', import.meta.url)) };
}
