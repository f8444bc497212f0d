/**
 * wasm-bindgen packages that recover, in what webpack bundles.
 * @module
 */
import { createWebpackPlugin } from 'unplugin';
import type { WebpackPluginInstance } from 'webpack';
import type { Options } from './options.js';
import { webpackLike } from './webpack-like.js';

export type { Options } from './options.js';

/** The plugin. Options that can't be are refused (TypeError) when it is applied to a compiler. */
export const wasmRevive: (options?: Options) => WebpackPluginInstance = createWebpackPlugin((options: Options | undefined, meta) => {
  if (meta.framework !== 'webpack')
    throw new TypeError(`This is the plugin of wasm-revive for webpack, and it was used in ${meta.framework}.`);
  return webpackLike(options, meta.webpack.compiler);
});
