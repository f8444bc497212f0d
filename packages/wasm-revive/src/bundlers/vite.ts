/**
 * The plugin for Vite: wasm-bindgen packages recover in what it bundles.
 * @module
 */
import { wasmRevive as plugin } from '@wasm-revive/unplugin/vite';
import { withOwnRuntime } from './with-own-runtime.js';

export type { Options } from '@wasm-revive/unplugin/vite';

/** The plugin. Protected packages import the runtime of this package, wherever it is installed. */
export const wasmRevive: typeof plugin = (options) => plugin(withOwnRuntime(options));
