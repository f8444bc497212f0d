//#region src/build/exports-of.d.ts
/** What a Worker's package exports, as far as the shim has to know. */
interface WorkerExports {
  /** Handlers of events, and methods that others call. */
  readonly functions: readonly string[];
  /** Classes that can be constructed as workerd constructs Durable Objects and entrypoints: of a state, and of `env`. */
  readonly classes: readonly string[];
}
//#endregion
//#region src/build/bundle.d.ts
/** What `bundle` did. */
interface Bundled {
  readonly exports: WorkerExports;
  /** The exit code of esbuild. */
  readonly code: number;
}
/**
* Stands in for esbuild in worker-build: transforms what it would bundle, and bundles that, with the same arguments. Where anything fails the
* folder is as it was.
*
* @param dir the folder in which worker-build runs esbuild
* @param args esbuild's
* @throws WorkersBuildError, and TransformError of `@wasm-revive/bindgen`
*/
declare function bundle(dir: string, args: readonly string[], env?: NodeJS.ProcessEnv): Bundled;
//#endregion
//#region src/build/cli.d.ts
/** Does what worker-build asks of esbuild. Gives the exit code. */
declare function main(args: readonly string[]): number;
//#endregion
//#region src/build/errors.d.ts
/** What is wrong with what worker-build, or the person who runs it, has given: said without a stack. */
declare class WorkersBuildError extends Error {
  override readonly name = "WorkersBuildError";
}
//#endregion
export { type Bundled, type WorkerExports, WorkersBuildError, bundle, main };