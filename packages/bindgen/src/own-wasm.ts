/**
 * The wasm file of `crates/transform`.
 *
 * Note: the folders `src/`, in which this file is, and `dist/`, in which it is bundled, both lie next to `generated/`.
 */
export const OWN_WASM: URL = new URL('../generated/transform.wasm', import.meta.url);
