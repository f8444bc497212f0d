/**
 * What makes a recovering Worker of the output of worker-build.
 * @module
 */
export { type Bundled, bundle } from './bundle.js';
export { main } from './cli.js';
export { WorkersBuildError } from './errors.js';
export type { WorkerExports } from './exports-of.js';
export { type Bytes, type MadeWorker, type MakeWorkerOptions, makeWorker } from './make-worker.js';
