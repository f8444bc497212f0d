/**
 * All that a transformed package needs at run time, in one file without dependencies.
 * @module
 */

export { undoSupport } from '@wasm-revive/reinit-manager';
export * from './runtime-fresh.js';
