/**
 * Rust in WebAssembly that survives its own failures: the default composition, and what programs need to handle its errors.
 * @module
 */
export { abortDetector } from '@wasm-revive/abort-detector';
export { type CoredumpOptions, coredump } from '@wasm-revive/abort-detector/coredump';
export {
  type Capsule,
  type Crashed,
  decodeArguments,
  type Quarantine,
  type QuarantineOptions,
  quarantine,
  shim,
} from '@wasm-revive/entrypoint-shim';
export {
  type AbortCause,
  type CrashReport,
  ERROR_CODES,
  type Factory,
  type Failure,
  isReviveError,
  type ModuleDescription,
  PanicError,
  type Plugin,
  type Recovery,
  ReviveError,
  type ReviveErrorCode,
} from '@wasm-revive/kernel';
export type {
  DrainOptions,
  Events,
  OfInstance,
  PersistStore,
  RecycleOptions,
  Revive,
  ReviveOptions,
  ReviveState,
  Saved,
  Stats,
} from '@wasm-revive/reinit-manager';
export { unwindCatcher } from '@wasm-revive/unwind-catcher';
export { type PlainModule, plainModule } from './plain-module.js';
export { defaultPlugins, type RevivedModule, type ReviveFactoryOptions, revive } from './revive.js';
