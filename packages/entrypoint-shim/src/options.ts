/** Options of `shim`. */
export interface ShimOptions {
  /**
   * Stands around every call, construction and accessor that runs the target's code. Must return what `call` returns, or throw.
   * An async function is a call that returns a promise, whatever kind of function it is. `path` is how the user reached it: `Counter.inc`.
   * `args` is what the user gave; none where an accessor is read. `on` is the object that it is a method or an accessor of, undefined for what the target has
   * itself: functions, constructors and static methods.
   */
  readonly around?: <R>(call: () => R, path: string, args: readonly unknown[], on?: unknown) => R;
}
