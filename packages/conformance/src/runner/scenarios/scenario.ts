import type { InvariantId } from '../../invariants.ts';
import type { Checks } from '../checks.ts';
import type { Report } from '../fixtures.ts';
import type { Need } from '../needs.ts';
import type { Ground } from '../row.ts';

/** Something that is no product of kinds and ways: one story, told once per target, panic mode and runtime. */
export interface Scenario {
  readonly id: string;
  readonly invariants: readonly InvariantId[];
  /** What it can't be run without. */
  readonly needs?: readonly Need[];
  /** Takes long: run once for each runtime, target and variant of the fixtures in each panic mode, and not in every run that these make. */
  readonly isLong?: boolean;
  run(ground: Ground, checks: Checks): Promise<void> | void;
}

/** What a call throws; undefined when it throws nothing. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Listens for failures until `stop`. */
export function listen({ ns }: Ground): { readonly failures: Report[]; stop(): void } {
  const failures: Report[] = [];
  const stop = ns.__revive.on('failure', (report) => failures.push(report));
  return { failures, stop };
}

/** What was given to `console.error`, a line each. */
export type Logged = readonly (readonly unknown[])[];

/** Runs with `console.error` silent, and shows what is logged meanwhile. The console is put back, whatever happens. */
export async function catchLog(run: (logged: Logged) => void | Promise<void>): Promise<void> {
  const { error } = console;
  const logged: (readonly unknown[])[] = [];
  console.error = (...line: unknown[]) => void logged.push(line);
  try {
    await run(logged);
  } finally {
    console.error = error;
  }
}

/** Collects what can be collected, and lets finalizers run. */
export async function collect({ runtime }: Pick<Ground, 'runtime'>): Promise<void> {
  for (let n = 0; n < 6; n++) {
    await runtime.turn();
    runtime.gc?.();
  }
  for (let n = 0; n < 20; n++) await runtime.turn();
}
