/**
 * wasm-bindgen packages that recover, in what Rollup bundles.
 * @module
 */

import type { Plugin } from 'rollup';
import { createRollupPlugin } from 'unplugin';
import type { Options } from './options.js';
import { rollupLike } from './rollup-like.js';

export type { Options } from './options.js';

/** The plugin. @throws TypeError for options that can't be */
export const wasmRevive: (options?: Options) => Plugin | Plugin[] = createRollupPlugin(rollupLike);
