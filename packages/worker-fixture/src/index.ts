export { type BuildOptions, buildWorker, canBuild, type PanicMode, upstreamMainOf, type WorkerKind } from './build-worker.ts';
export { workerOptions } from './worker-options.ts';
