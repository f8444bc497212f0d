/** Counts what is registered for finalization and still there: what a module leaves in registries must not grow (I6). */

/** Takes the place of `FinalizationRegistry`. Once a process, before any module is loaded. Gives the count. */
export function countRegistrations(): () => number {
  let alive = 0;
  const Real = FinalizationRegistry;
  class CountingRegistry<T> extends Real<T> {
    constructor(callback: (held: T) => void) {
      super((held) => {
        alive--;
        callback(held);
      });
    }

    override register(target: WeakKey, held: T, token?: WeakKey): void {
      alive++;
      super.register(target, held, token);
    }

    override unregister(token: WeakKey): boolean {
      const was = super.unregister(token);
      if (was) alive--;
      return was;
    }
  }
  Object.assign(globalThis, { FinalizationRegistry: CountingRegistry });
  return () => alive;
}
