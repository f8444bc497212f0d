/**
 * wasm-bindgen packages that recover, in what Rspack bundles.
 * @module
 */
import { createRspackPlugin } from 'unplugin';
import type { Options } from './options.js';
import { webpackLike } from './webpack-like.js';

export type { Options } from './options.js';

/** The plugin. Options that can't be are refused (TypeError) when it is applied to a compiler. */
export const wasmRevive: ReturnType<typeof createRspackPlugin<Options | undefined>> = createRspackPlugin(
  (options: Options | undefined, meta) => {
    if (meta.framework !== 'rspack')
      throw new TypeError(`This is the plugin of wasm-revive for Rspack, and it was used in ${meta.framework}.`);
    return webpackLike(options, meta.rspack.compiler);
  },
);
