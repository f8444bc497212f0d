/**
 * wasm-bindgen packages that recover, in what Rolldown bundles.
 * @module
 */
import { createRolldownPlugin } from 'unplugin';
import type { Options } from './options.js';
import { rollupLike } from './rollup-like.js';

export type { Options } from './options.js';

/** The plugin. @throws TypeError for options that can't be */
export const wasmRevive: ReturnType<typeof createRolldownPlugin<Options | undefined>> = createRolldownPlugin(rollupLike);
