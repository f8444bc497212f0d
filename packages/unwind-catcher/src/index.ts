/**
 * Panics under panic=unwind: told in Rust's words, the instance kept.
 * @module
 */
export { catchExports } from './catch-exports.js';
export { type CatchUnwindOptions, catchUnwind } from './catch-unwind.js';
export { isPanic, toPanicError } from './panic.js';
export { unwindCatcher } from './plugin.js';
export { rawImports } from './raw-panic.js';
