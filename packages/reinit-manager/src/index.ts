/**
 * Which instance serves, what becomes of it after a failure, and who is told.
 * @module
 */

export type { Application } from './application.js';
export { Breaker, type BreakerOptions, type BreakerState } from './breaker.js';
export { type Clock, SYSTEM_CLOCK } from './clock.js';
export type { DrainOptions } from './closing.js';
export type { ForeignExceptions, Revive, ReviveOptions, ReviveState, Stats } from './control.js';
export type { EventName, Events, PersistedValue } from './events.js';
export type { DisposeReason } from './held-value.js';
export { loadModule } from './load-module.js';
export { createManager, type ManagerOptions } from './manager.js';
export type { PersistStore, Saved } from './persisted.js';
export type { PoolOptions, PoolRoute } from './pool.js';
export type { RecycleOptions, RecycleReason } from './recycling.js';
export { createReinitManager, type ReinitManager, type ReinitManagerOptions, type UseOptions } from './reinit-manager.js';
export type { RestartIntensity } from './restart-intensity.js';
export { createRestarter, type Restarter, type RestarterOptions } from './restarter.js';
export type { RetryOptions } from './retry.js';
export type { StandbyOptions } from './standby.js';
export type { ValueEvents, ValueRecycleReason } from './value-events.js';
export type { ValueRecycleOptions } from './value-seat.js';
