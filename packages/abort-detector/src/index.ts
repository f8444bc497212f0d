/**
 * Tells aborts from everything else, and says why.
 * @module
 */

export { abortCause, isAbort } from './cause.js';
export { type GuardInstanceOptions, guardInstance, type InstanceGuard } from './guard-instance.js';
export { abortDetector } from './plugin.js';
