/**
 * What happens to a module, told to OpenTelemetry: failures as span events, failures and recoveries as metrics.
 * @module
 */
export { failureAttributes } from './failure-attributes.js';
export { type InstrumentedModule, type InstrumentOptions, instrument } from './instrument.js';
