/**
 * One stable object in front of a target that may be replaced at any time.
 * @module
 */
export { type ShimOptions, shim } from './shim.js';
