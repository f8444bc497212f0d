/**
 * Crash reports, made readable: files and lines from DWARF, and a rendering for terminals.
 * @module
 */
export { debugFileOnDisk } from './debug-file.js';
export { SYMBOLICATE_ERROR_CODES, SymbolicateError, type SymbolicateErrorCode } from './errors.js';
export { readReport } from './read-report.js';
export { type RenderOptions, renderReport } from './render-report.js';
export { type FindSource, type SourceFile, sourcesOnDisk } from './sources.js';
export { type SymbolicatedFrame, type SymbolicateOptions, symbolicate } from './symbolicate.js';
export type { SourceFunction } from './wasm.js';
