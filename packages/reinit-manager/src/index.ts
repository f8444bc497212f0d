/**
 * Which instance serves, what becomes of it after a failure, and who is told.
 * @module
 */

export { type CheckpointPolicy, copySupport, type GivenUp, undoSupport } from '@wasm-revive/kernel';
export type { Application } from './application.js';
export { type Clock, SYSTEM_CLOCK } from './clock.js';
export type {
  ForeignExceptions,
  OfInstance,
  RecoveryChoice,
  RestoreOptions,
  Revive,
  ReviveOptions,
  ReviveState,
  SaveOptions,
  Stats,
} from './control.js';
export type { EventName, Events, PersistedValue } from './events.js';
export type { DrainOptions } from './leaving/closing.js';
export type { RecycleOptions, RecycleReason } from './leaving/recycling.js';
export { loadModule } from './load-module.js';
export { createManager, type ManagerOptions } from './manager.js';
export type { PersistStore, Saved } from './place/persisted.js';
export type { StandbyOptions } from './place/standby.js';
export type { PoolOptions, PoolRoute } from './pool/pool.js';
export type { RetryOptions } from './pool/retry.js';
export { Breaker, type BreakerOptions, type BreakerState } from './supervision/breaker.js';
export type { RestartIntensity } from './supervision/restart-intensity.js';
export { createRestarter, type Restarter, type RestarterOptions } from './supervision/restarter.js';
export type { DisposeReason } from './values/held-value.js';
export { createReinitManager, type ReinitManager, type ReinitManagerOptions, type UseOptions } from './values/reinit-manager.js';
export type { ValueEvents, ValueRecycleReason } from './values/value-events.js';
export type { ValueRecycleOptions } from './values/value-seat.js';
