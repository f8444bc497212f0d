/**
 * wasm-bindgen packages that recover, in what Rolldown bundles.
 * @module
 */

import type { Plugin } from 'rolldown';
import { createRolldownPlugin } from 'unplugin';
import type { Options } from './options.js';
import { rollupLike } from './rollup-like.js';

export type { Options } from './options.js';

/** The plugin. @throws TypeError for options that can't be */
export const wasmRevive: (options?: Options) => Plugin | Plugin[] = createRolldownPlugin(rollupLike);
