/**
 * The same where no turn is undone: without what does that, an eighth of the runtime.
 * @module
 */

export type { CrashReport, Factory, Host, ModuleDescription, ReviveErrorCode, Scope } from '@wasm-revive/kernel';
export { isReviveError, PanicError, ReviveError } from '@wasm-revive/kernel';
export type {
  DrainOptions,
  Events,
  OfInstance,
  PoolOptions,
  PoolRoute,
  RecycleOptions,
  RetryOptions,
  Revive,
  ReviveOptions,
  ReviveState,
  Stats,
} from '@wasm-revive/reinit-manager';
export { loadModule } from '@wasm-revive/reinit-manager';
export { defaultPlugins, type RevivedModule, type ReviveFactoryOptions, revive } from './revive.js';
