/**
 * wasm-bindgen packages that recover, in what Rspack bundles.
 * @module
 */

import type { RspackPluginInstance } from '@rspack/core';
import { createRspackPlugin } from 'unplugin';
import type { Options } from './options.js';
import { webpackLike } from './webpack-like.js';

export type { Options } from './options.js';

/** The plugin. Options that can't be are refused (TypeError) when it is applied to a compiler. */
export const wasmRevive: (options?: Options) => RspackPluginInstance = createRspackPlugin((options: Options | undefined, meta) => {
  if (meta.framework !== 'rspack')
    throw new TypeError(`This is the plugin of wasm-revive for Rspack, and it was used in ${meta.framework}.`);
  return webpackLike(options, meta.rspack.compiler);
});
