/**
 * What can be left out of a bundle: whoever makes it defines these names as `false` where the module has no use for a part. See `left-out.ts` of the
 * reinit-manager.
 */

declare const WASM_REVIVE_CRATES: boolean | undefined;

/** Whether the module may have been built with a crate of this project, which writes down what it knows, and has to match the package. */
export const WITH_CRATES: boolean = typeof WASM_REVIVE_CRATES === 'undefined' || WASM_REVIVE_CRATES;
