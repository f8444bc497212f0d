import { createRequire } from 'node:module';

/** The exports of `crates/bench-fixture`, as every variant has them. */
export interface Fixture {
  empty(): void;
  echo(text: string): string;
  ticks(count: number): number;
  increment(): (x: number) => number;
  abort(): void;
  panic(text: string): number;
  fill(mebibytes: number): void;
  readonly Counter: new (start: number) => { inc(): number; free(): void };
  /** With the crates. */
  readonly marked?: () => void;
  readonly breadcrumb?: () => void;
  readonly unwinding_ticks?: (count: number) => number;
  /** In ours. */
  readonly __revive?: {
    readonly generation: number;
    readonly stats: { readonly recoveries: number };
    instance(key: unknown): Fixture;
    evict(key: unknown): boolean;
    configure(options: object): void;
  };
  /** In upstream's `-reset` outputs. */
  readonly __wbg_reset_state?: () => void;
}

/** Loads a variant into this process, with the JavaScript function that its Rust code calls. */
export function loadFixture(file: string): Fixture {
  Object.assign(globalThis, { host: { tick: (x: number) => x + 1 } });
  return createRequire(import.meta.url)(file) as Fixture;
}

/** The exports of an instance of its own. */
export function siblingOf({ __revive }: Fixture, key: unknown = 'sibling'): Fixture {
  if (__revive === undefined) throw new Error('Only of wasm-revive there are siblings.');
  return __revive.instance(key);
}

/**
 * Aborts the instance and, where the program has to do that itself, resets it.
 * Under panic=abort, upstream notices no abort (its guide: "the abort machinery is not emitted"), so the program resets when it
 * sees a trap, as workers-rs does.
 */
export function abortInstance(fixture: Fixture, byHand: boolean): void {
  try {
    fixture.abort();
  } catch {
    if (byHand) fixture.__wbg_reset_state?.();
    return;
  }
  throw new Error('abort() returned.');
}
