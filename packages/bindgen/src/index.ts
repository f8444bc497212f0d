/**
 * wasm-bindgen's output in, a package that recovers out.
 * @module
 */

export { transformedBy } from './banner.js';
export { type CachedPackage, type CacheOptions, defaultCacheDir, transformToCache } from './cache.js';
export { TRANSFORM_ERROR_CODES, TransformError, type TransformErrorCode } from './errors.js';
export type { Target } from './glue.js';
export {
  type RuntimeFile,
  type RuntimeFiles,
  type TransformedFiles,
  type TransformedModule,
  type TransformOptions,
  type TransformResult,
  transform,
  transformedFiles,
} from './transform.js';
export { inspectWasm, MalformedWasmError, type WasmInfo } from './wasm-info.js';
