/** Options of `shim`. */
export interface ShimOptions {
  /**
   * Stands around every call, construction and accessor that runs the target's code. Must return what `call` returns, or throw.
   * An async function is a call that returns a promise, whatever kind of function it is. `path` is how the user reached it: `Counter.inc`.
   */
  readonly around?: <R>(call: () => R, path: string) => R;
}
