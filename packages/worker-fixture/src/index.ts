export { type BuildOptions, buildWorker, canBuild, type PanicMode, type WorkerKind } from './build-worker.ts';
export { workerOptions } from './worker-options.ts';
