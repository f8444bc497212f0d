import { isAbort, isReviveError, lookAt, ReviveError } from '@wasm-revive/kernel';
import { type Clock, LONGEST_TIMER, SYSTEM_CLOCK } from '../clock.js';
import { tell } from '../events.js';
import type { DrainOptions } from '../leaving/closing.js';
import { DRAIN_MS } from '../leaving/draining.js';
import { type Checks, check, checkDrainOptions, OPTIONS } from '../options.js';
import { keyText } from '../siblings/key-text.js';
import type { BreakerOptions } from '../supervision/breaker.js';
import type { DisposeReason, HeldValue } from './held-value.js';
import { ValueEmitter, type ValueEvents } from './value-events.js';
import { type ValueRecycleOptions, ValueSeat } from './value-seat.js';

/** Options of {@link createReinitManager}. */
export interface ReinitManagerOptions<T> extends BreakerOptions {
  /** Makes one. Called when one is needed, and for `standby`. @param key of the call that needs it; undefined without one */
  readonly create: (key: unknown) => T | Promise<T>;
  /** Ends one that is not needed any more. What it throws is logged. */
  readonly dispose?: (value: T, reason: DisposeReason) => unknown;
  /** Whether an error that left a call means that the value can't be trusted any more. Default: a trap, or an exhausted stack. */
  readonly isFatal?: (error: unknown, value: T) => boolean;
  /** What it is called in messages. */
  readonly name?: string;
  /** How many keyed values there may be at once. Default 64. */
  readonly maxInstances?: number;
  /** Keyed values that nobody has used for so long, in milliseconds, and that have no call in flight, are evicted. Default: never. */
  readonly idleMs?: number;
  readonly recycle?: ValueRecycleOptions<T>;
  /** How long calls in flight may take on a value that is replaced or ended, and not lost, in milliseconds. Default 30,000. */
  readonly drainMs?: number;
  /** How many are made ahead for calls without a key, once one serves. Default 0. */
  readonly standby?: number;
  /** How often a call that is declared idempotent is run again at most; once where it has cost the value itself. Default 1. */
  readonly retry?: { readonly attempts?: number };
  /** For tests. */
  readonly clock?: Clock;
}

/** Options of one call. */
export interface UseOptions {
  /** Calls of one key share a value of their own, by identity, as in a `Map`. */
  readonly key?: unknown;
  /** It may run twice without harm: it is run again where its value was lost. */
  readonly idempotent?: boolean;
}

/** Keeps values that may fail, and makes others in their place. */
export interface ReinitManager<T> {
  /** Of the value for calls without a key. `open`: they are refused with `REVIVE_CRASH_LOOP` for a while; `retired`: until `reset()`. */
  readonly state: 'idle' | 'running' | 'recovering' | 'open' | 'retired' | 'draining' | 'disposed';
  /** Of the value for calls without a key, counted from 1; 0 while there was none. */
  readonly generation: number;
  readonly stats: { readonly failures: number; readonly recoveries: number; readonly inFlight: number };
  /**
   * Calls `fn` with the value, now, and gives what it gives. An error that `isFatal` takes for one costs the value; the caller gets the error as it
   * is. What is in flight on the value then is rejected with `REVIVE_INSTANCE_LOST`.
   * @throws ReviveError `REVIVE_RECOVERING` while the value is being made asynchronously (`ready` says when it is there), `REVIVE_NO_INSTANCE`,
   * `REVIVE_CRASH_LOOP`, `REVIVE_TOO_MANY_INSTANCES`, `REVIVE_DRAINING`, `REVIVE_DISPOSED`
   */
  run<R>(fn: (value: T) => R, options?: Omit<UseOptions, 'idempotent'>): R;
  /** The same, but waits for the value, and runs idempotent calls again. */
  use<R>(fn: (value: T) => R, options?: UseOptions): Promise<Awaited<R>>;
  on<E extends keyof ValueEvents>(name: E, listener: (event: ValueEvents[E]) => void): () => void;
  /** Ends the value of a key: its calls in flight are rejected, or have time. Says whether there was one. */
  evict(key: unknown): boolean;
  evict(key: unknown, options: DrainOptions & { readonly drain: true }): Promise<boolean>;
  /** Ends all values, forgets all failures, and admits calls again. */
  reset(): void;
  /** Admits no new calls. Resolves when those in flight have settled. */
  drain(): Promise<void>;
  /** Drains, and ends all values. Resolves when that is done, and the promises that the option `dispose` has given are settled. */
  dispose(options?: DrainOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The reinit manager around anything that can be made anew: a WebAssembly instance with glue of its own, a worker, a connection.
 * Throws a `TypeError` for options that nothing would come of.
 */
export function createReinitManager<T>(options: ReinitManagerOptions<T>): ReinitManager<T> {
  checkManagerOptions(options);
  const {
    create,
    isFatal = isAbort,
    name = 'The value',
    maxInstances = 64,
    idleMs = Number.POSITIVE_INFINITY,
    clock = SYSTEM_CLOCK,
  } = options;
  const emitter = new ValueEmitter();
  const counts = { failures: 0, recoveries: 0 };
  const keyed = new Map<unknown, ValueSeat<T>>();
  /** Whose key was evicted while calls were in flight. */
  const leaving = new Set<ValueSeat<T>>();
  /** What the program's `dispose` has still to finish. */
  const ending = new Set<Promise<void>>();
  let closed: { is: 'draining' | 'disposed' } | undefined;
  let isSweeping = false;

  const seatOf = (key: unknown): ValueSeat<T> => {
    const text = key === undefined ? undefined : keyText(key);
    return new ValueSeat<T>({
      clock,
      emitter,
      options: key === undefined ? options : { ...options, standby: 0 },
      name: text === undefined ? name : `${name}, instance ${JSON.stringify(text)},`,
      where: text === undefined ? {} : { instance: text },
      counts,
      create: () => create(key),
      // Where nothing is known of an error, the value is not trusted.
      isFatal: (error, value) => lookAt(() => isFatal(error, value), true),
      dispose: (value, reason) => tell('dispose', () => follow(options.dispose?.(value, reason))),
    });
  };
  const follow = (given: unknown): unknown => {
    if (!(given instanceof Promise)) return given;
    const done = (): void => void ending.delete(settled);
    const settled: Promise<void> = given.then(done, done);
    ending.add(settled);
    return given;
  };
  const own = seatOf(undefined);
  const seats = (): ValueSeat<T>[] => [own, ...keyed.values(), ...leaving];

  const sweep = (): void => {
    const now = clock.now();
    for (const [key, seat] of keyed) {
      // One that is refusing is kept for what it knows, until it is idle.
      if (seat.callsInFlight > 0 || now - seat.lastUsed < idleMs) continue;
      keyed.delete(key);
      void seat.endAll('evicted');
    }
  };
  const sweepLater = (): void => {
    if (isSweeping || keyed.size === 0 || idleMs === Number.POSITIVE_INFINITY) return;
    isSweeping = true;
    clock.later(() => {
      isSweeping = false;
      sweep();
      sweepLater();
    }, idleMs / 2);
  };
  const find = (key: unknown): ValueSeat<T> => {
    if (closed !== undefined) throw refusal(name, closed.is);
    if (key === undefined) return own;
    const found = keyed.get(key);
    if (found !== undefined) return found;
    if (keyed.size >= maxInstances) {
      sweep();
      // Those that have no value any more make room.
      for (const [other, seat] of keyed) if (keyed.size >= maxInstances && !seat.isUsed && seat.retryAfter === 0) keyed.delete(other);
    }
    if (keyed.size >= maxInstances) throw tooMany(name, keyed.size, keyText(key));
    const seat = seatOf(key);
    keyed.set(key, seat);
    sweepLater();
    return seat;
  };

  async function use<R>(fn: (value: T) => R, { key, idempotent = false }: UseOptions = {}): Promise<Awaited<R>> {
    const { attempts = 1 } = options.retry ?? {};
    for (let attempt = 1, hasFailed = false; ; attempt++) {
      const call = {};
      let held: HeldValue<T> | undefined;
      try {
        held = await find(key).take();
        return await held.run(fn, idempotent, call);
      } catch (error) {
        if (!idempotent || attempt > attempts || held?.isGone !== true) throw error;
        const isItself = held.isLostThrough(call);
        if (isItself ? hasFailed : !isReviveError(error, 'REVIVE_INSTANCE_LOST')) throw error;
        hasFailed ||= isItself;
        emitter.emit('retried', { attempt, error, ...(key !== undefined && { instance: keyText(key) }) });
      }
    }
  }

  function run<R>(fn: (value: T) => R, { key }: Omit<UseOptions, 'idempotent'> = {}): R {
    const held = find(key).take();
    if (!(held instanceof Promise)) return held.run(fn, false);
    throw new ReviveError(
      'REVIVE_RECOVERING',
      `${name} is being made, asynchronously. This call did nothing: repeat it when \`ready\` is settled, or call \`use\`.`,
      {
        retryable: true,
        ready: held.then(
          () => {},
          () => {},
        ),
      },
    );
  }

  const settled = async (): Promise<void> => {
    // Calls wait for those, and were admitted.
    await Promise.allSettled(seats().map(({ making }) => making));
    const values = seats().flatMap((seat) => seat.values);
    await Promise.all(values.map((held) => new Promise<void>((resolve) => held.whenIdle(resolve))));
  };
  const dispose = async (how: DrainOptions = {}): Promise<void> => {
    checkDrainOptions(how);
    const { drainMs = options.drainMs ?? DRAIN_MS } = how;
    const mine: { is: 'draining' | 'disposed' } = { is: 'draining' };
    closed = mine;
    await keepingProcess(Promise.all(seats().map((seat) => seat.endAll('disposed', drainMs))));
    await Promise.all(ending);
    // After a reset that came in between, it is open again.
    mine.is = 'disposed';
    if (closed === mine) keyed.clear();
  };
  function evict(key: unknown, options: DrainOptions & { readonly drain: true }): Promise<boolean>;
  function evict(key: unknown): boolean;
  function evict(key: unknown, { drain, ...how }: DrainOptions & { readonly drain?: true } = {}): boolean | Promise<boolean> {
    checkDrainOptions(how);
    const seat = keyed.get(key);
    const isUsed = seat?.isUsed === true;
    keyed.delete(key);
    if (drain !== true || seat === undefined) {
      void seat?.endAll('evicted');
      return drain === true ? Promise.resolve(isUsed) : isUsed;
    }
    leaving.add(seat);
    return keepingProcess(seat.endAll('evicted', how.drainMs ?? options.drainMs ?? DRAIN_MS)).then(() => {
      leaving.delete(seat);
      return isUsed;
    });
  }

  return {
    get state() {
      if (closed !== undefined) return closed.is;
      if (own.current !== undefined) return 'running';
      if (own.retryAfter > 0) return own.retryAfter === Number.POSITIVE_INFINITY ? 'retired' : 'open';
      return own.generation === 0 ? 'idle' : 'recovering';
    },
    get generation() {
      return own.generation;
    },
    get stats() {
      return { ...counts, inFlight: seats().reduce((sum, { callsInFlight }) => sum + callsInFlight, 0) };
    },
    run,
    use,
    on: (event, listener) => emitter.on(event, listener),
    evict,
    reset() {
      closed = undefined;
      const all = seats();
      // Before the program's `dispose` is called, which may make values anew.
      keyed.clear();
      for (const seat of all) {
        seat.forgive();
        void seat.endAll('reset');
      }
    },
    drain() {
      closed ??= { is: 'draining' };
      return settled();
    },
    dispose,
    ...((Symbol.asyncDispose && { [Symbol.asyncDispose]: () => dispose() }) as Pick<ReinitManager<T>, typeof Symbol.asyncDispose>),
  };
}

function refusal(name: string, state: 'draining' | 'disposed'): ReviveError {
  return state === 'disposed'
    ? new ReviveError('REVIVE_DISPOSED', `${name} was disposed of. This call did nothing. \`reset()\` brings it back.`)
    : new ReviveError(
        'REVIVE_DRAINING',
        `${name} is being drained: calls in flight finish, and new ones are not admitted. This call did nothing.`,
        {
          retryable: true,
        },
      );
}

function tooMany(name: string, there: number, key: string): ReviveError {
  return new ReviveError(
    'REVIVE_TOO_MANY_INSTANCES',
    `${name} has ${there} keyed instances, which is as many as there may be, so that ${JSON.stringify(key)} was not made. This call did nothing. ` +
      'Evict one that is not needed any more (`evict(key)`), have idle ones evicted (`idleMs`), or allow more (`maxInstances`).',
    { retryable: true },
  );
}

/** For what somebody awaits: the timers of the clock keep no Node.js process, which would end before that. */
async function keepingProcess<R>(promise: Promise<R>): Promise<R> {
  let timer: ReturnType<typeof setInterval> | undefined;
  try {
    timer = setInterval(() => {}, LONGEST_TIMER);
  } catch {
    // Workers have no timers outside of requests.
  }
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}

function checkManagerOptions<T>(options: ReinitManagerOptions<T>): void {
  const { recycle, retry } = options;
  check('', MANAGER_OPTIONS, options);
  if (recycle !== undefined) check('recycle.', RECYCLE_OPTIONS, recycle);
  if (retry !== undefined) check('retry.', { attempts: OPTIONS.maxRestarts }, retry);
  if (options.create === undefined) throw new TypeError('wasm-revive: create has to be a function.');
}

const FUNCTION = OPTIONS.onFailure;
const OBJECT = OPTIONS.recycle;

const MANAGER_OPTIONS: Checks<ReinitManagerOptions<never>> = {
  create: FUNCTION,
  dispose: FUNCTION,
  isFatal: FUNCTION,
  name: ['a string', (value) => typeof value === 'string'],
  maxRestarts: OPTIONS.maxRestarts,
  withinMs: OPTIONS.withinMs,
  consecutiveFailures: OPTIONS.consecutiveFailures,
  backoffMs: OPTIONS.backoffMs,
  maxBackoffMs: OPTIONS.maxBackoffMs,
  maxInstances: OPTIONS.maxInstances,
  idleMs: OPTIONS.idleMs,
  drainMs: OPTIONS.drainMs,
  standby: ['a whole number from 0', (value) => Number.isInteger(value) && Number(value) >= 0],
  recycle: OBJECT,
  retry: OBJECT,
  clock: OBJECT,
};

const RECYCLE_OPTIONS: Checks<ValueRecycleOptions<never>> = {
  uses: OPTIONS.consecutiveFailures,
  ageMs: OPTIONS.idleMs,
  when: FUNCTION,
};
