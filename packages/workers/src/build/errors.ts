/** What is wrong with what worker-build, or the person who runs it, has given: said without a stack. */
export class WorkersBuildError extends Error {
  override readonly name = 'WorkersBuildError';
}
