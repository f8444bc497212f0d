/**
 * All that a Worker has of this project, in one file beside its glue: `serve`, and what the transformed glue imports as its runtime. Each part is there once,
 * and what a Worker has no use for can be left out (`left-out.ts`).
 * @module
 */
export { copySupport, loadModule, undoSupport } from '@wasm-revive/reinit-manager';
export { revive } from 'wasm-revive';
export { serve } from './serve.js';
