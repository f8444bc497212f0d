import { bare } from '@wasm-revive/kernel';

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

/** A copy that the program can't change any more. @throws TypeError where it says nothing that can be done */
export function checkedPool(value: PoolOptions): PoolOptions {
  const pool: PoolOptions = bare({ ...value });
  for (const name of Object.keys(pool)) {
    if (!['min', 'max', 'route'].includes(name)) {
      throw new TypeError(`wasm-revive: there is no option "pool.${name}". The options of a pool are: min, max, route.`);
    }
  }
  const { min = 1, max = Math.max(min, MOST), route = 'least-in-flight' } = pool;
  if (!isBetween(min, LIMIT)) throw refusal('pool.min', `a whole number from 1 to ${LIMIT}`, min);
  if (!isBetween(max, LIMIT)) throw refusal('pool.max', `a whole number from 1 to ${LIMIT}`, max);
  if (min > max) throw new TypeError(`wasm-revive: pool.min is ${min}, which is more than pool.max, ${max}.`);
  if (route !== 'least-in-flight' && typeof route !== 'function') {
    throw refusal('pool.route', "'least-in-flight' or a function (entry, args) => key", route);
  }
  if (typeof route === 'function' && min > 1) {
    throw new TypeError(
      `wasm-revive: pool.min is ${min}, but route is a function: which keys there will be is not known, so nothing is made ahead.`,
    );
  }
  return pool;
}

function isBetween(value: unknown, most: number): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most;
}

function refusal(name: string, what: string, value: unknown): TypeError {
  const shown = typeof value === 'string' ? `"${value}"` : typeof value === 'object' && value !== null ? 'an object' : String(value);
  return new TypeError(`wasm-revive: ${name} has to be ${what}, not ${shown}.`);
}
