import { fileURLToPath } from 'node:url';
import type { Options } from '@wasm-revive/unplugin/vite';

/** The runtime beside this file, unless another is asked for: a program need not list this package to import from it. */
export function withOwnRuntime(options: Options = {}): Options {
  // This module is bundled into dist/, where the runtime is.
  return { ...options, runtime: options.runtime ?? fileURLToPath(new URL('./runtime.js', import.meta.url)) };
}
