/**
 * wasm-bindgen's output in, a package that recovers out.
 * @module
 */

export { cacheDirAt, defaultCacheDir } from './cache/cache-dir.js';
export { type ChangedFiles, ChangedFilesCache, filesRead, type Making } from './cache/changed-files.js';
export { type CachedPackage, type CacheOptions, transformToCache } from './cache/whole-copy.js';
export { transformedBy } from './emit/banner.js';
export { TRANSFORM_ERROR_CODES, TransformError, type TransformErrorCode } from './errors.js';
export type { Target } from './read/glue.js';
export { runtimeImport } from './read/runtime-import.js';
export {
  isMemoryLimit,
  type RuntimeFile,
  type RuntimeFiles,
  type RuntimeFormats,
  type TransformedFiles,
  type TransformedModule,
  type TransformOptions,
  type TransformResult,
  transform,
  transformedFiles,
  wouldTransform,
} from './transform.js';
export { assertDebugFile } from './wasm/debug-file.js';
export {
  type HeldValues,
  inspectWasm,
  MalformedWasmError,
  type Prewarm,
  type Prewarmed,
  type Prewarming,
  type WasmInfo,
} from './wasm/wasm-info.js';
export { assertOutputFolder } from './write/output-folder.js';
export { openRunFolder, removeLeftFolders } from './write/run-folder.js';
