/**
 * Rust Workers and Durable Objects that survive panics and aborts: what stands between workerd and a transformed package.
 * @module
 */
export type {
  DurableObjectOptions,
  KeepFailedLine,
  QuarantineStore,
  RequestQuarantine,
  ServeOptions,
  StatelessQuarantine,
  WorkerApp,
  WorkerPackage,
} from './options.js';
export { serve } from './serve.js';
