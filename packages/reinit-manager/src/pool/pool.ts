import type { Option } from '../options.js';
import type { CallSite } from './calls.js';

/**
 * Where a pooled call goes: to the instance that owes the fewest promises, or to the instance of a key, which the function gives. It is given the
 * name of what is called (`greet`, `new Counter`, `Counter.of`), and the arguments.
 */
export type PoolRoute = 'least-in-flight' | ((entry: string, args: readonly unknown[]) => unknown);

/** Several instances that serve the module's own exports. */
export interface PoolOptions {
  /** How many are made ahead, and kept when they are idle; the default instance is one of them. Default 1. Not with a function as {@link route}. */
  readonly min?: number;
  /** How many there are at most, the default instance among them. From 1 to 1,000, default 4. In V8 each takes 10 GB of addresses, not of memory. */
  readonly max?: number;
  /** Default `least-in-flight`. */
  readonly route?: PoolRoute;
}

/** A pool with all that is left out. */
export interface PoolPlan {
  readonly min: number;
  readonly max: number;
  readonly route: ((entry: string, args: readonly unknown[]) => unknown) | undefined;
}

/** What {@link PoolOptions.max} is by default, and may be at most. */
const MOST = 4;
const LIMIT = 1_000;

/** Where no pool is: the default instance alone. */
export const ALONE: PoolPlan = { min: 1, max: 1, route: undefined };

/** Fills in what is left out. */
export function planOf(pool: PoolOptions | undefined): PoolPlan {
  if (pool === undefined) return ALONE;
  const { min = 1, max = Math.max(min, MOST), route = 'least-in-flight' } = pool;
  return { min, max, route: typeof route === 'function' ? route : undefined };
}

/** What may be given for each. Note: no templates, which would keep it in every bundle. */
export const POOL_OPTIONS: Readonly<Record<keyof PoolOptions, Option>> = {
  min: ['a whole number from 1 to 1000', isSize],
  max: ['a whole number from 1 to 1000', isSize],
  route: ["'least-in-flight' or a function (entry, args) => key", (value) => value === 'least-in-flight' || typeof value === 'function'],
};

function isSize(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= LIMIT;
}

/** Refuses a pool that can't be. @throws TypeError */
export function checkPool(pool: PoolOptions, calls: readonly CallSite[]): void {
  const { min, max, route } = planOf(pool);
  const refuse = (why: string): void => {
    throw new TypeError(`wasm-revive: ${why}`);
  };
  if (min > max) refuse(`pool.min is ${min}, which is more than pool.max, ${max}.`);
  if (min > 1 && route !== undefined) {
    refuse(`pool.min is ${min}, but route is a function: which keys there will be is not known, so nothing is made ahead.`);
  }
  if (calls.length === 0)
    refuse('there is nothing for a pool to serve: the module was not transformed, so that its calls go to its one instance.');
}
