/**
 * One stable object in front of a target that may be replaced at any time.
 * @module
 */
export { matchedPackage } from './matched-package.js';
export type { ShimOptions } from './options.js';
export type { Capsule } from './quarantine/capsule.js';
export { type Crashed, Crashes } from './quarantine/crashes.js';
export { decodeArguments } from './quarantine/decode-data.js';
export { type Quarantine, type QuarantineOptions, quarantine } from './quarantine/quarantine.js';
export { shim } from './shim.js';
