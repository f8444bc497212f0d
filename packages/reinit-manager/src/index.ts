/**
 * Which instance serves, what becomes of it after a failure, and who is told.
 * @module
 */

export type { Application } from './application.js';
export { Breaker, type BreakerOptions, type BreakerState } from './breaker.js';
export { type Clock, SYSTEM_CLOCK } from './clock.js';
export type { ForeignExceptions, Revive, ReviveOptions, ReviveState, Stats } from './control.js';
export type { EventName, Events } from './events.js';
export { loadModule } from './load-module.js';
export { createManager, type ManagerOptions } from './manager.js';
export type { RestartIntensity } from './restart-intensity.js';
export { createRestarter, type Restarter, type RestarterOptions } from './restarter.js';
export type { StandbyOptions } from './standby.js';
