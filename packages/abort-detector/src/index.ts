/**
 * Tells aborts from everything else, and says why.
 * @module
 */

export { abortCause, isAbort } from './cause.js';
export { type GuardExportsOptions, type GuardedInstance, guardExports } from './guard-exports.js';
export { abortDetector } from './plugin.js';
