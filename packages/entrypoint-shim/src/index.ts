/**
 * One stable object in front of a target that may be replaced at any time.
 * @module
 */
export { matchedPackage } from './matched-package.js';
export type { ShimOptions } from './options.js';
export { shim } from './shim.js';
