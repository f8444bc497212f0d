/**
 * wasm-bindgen's output in, a package that recovers out.
 * @module
 */

export { type CachedPackage, type CacheOptions, cacheDirAt, defaultCacheDir, transformToCache } from './cache.js';
export { transformedBy } from './emit/banner.js';
export { TRANSFORM_ERROR_CODES, TransformError, type TransformErrorCode } from './errors.js';
export type { Target } from './read/glue.js';
export {
  isMemoryLimit,
  type RuntimeFile,
  type RuntimeFiles,
  type TransformedFiles,
  type TransformedModule,
  type TransformOptions,
  type TransformResult,
  transform,
  transformedFiles,
} from './transform.js';
export { inspectWasm, MalformedWasmError, type Prewarmed, type WasmInfo } from './wasm/wasm-info.js';
