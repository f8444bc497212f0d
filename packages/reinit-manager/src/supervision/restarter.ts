import { ReviveError } from '@wasm-revive/kernel';
import { SYSTEM_CLOCK } from '../clock.js';
import { RestartCounter, type RestartIntensity } from './restart-intensity.js';

/** Options of {@link createRestarter}. */
export interface RestarterOptions<T> extends RestartIntensity {
  /** Makes a fresh one. Called when one is needed, never ahead of time. */
  readonly create: () => T;
}

/** Keeps one of something that may die. */
export interface Restarter<T> {
  /** The present one; makes it when there is none. Throws what `create` throws, or `REVIVE_CRASH_LOOP`. */
  current(): T;
  /** The present one has died: the next {@link current} makes another. Ignored when `dead` is no longer the present one. */
  failed(dead: T): void;
  /** Counted up by every one made. */
  readonly generation: number;
}

/**
 * The reinit manager's heart, alone: for packages that aren't transformed, and for anything else that can be made anew
 * (a worker, a connection). At most `maxRestarts` in `withinMs`, then `REVIVE_CRASH_LOOP` until the window has passed.
 */
export function createRestarter<T>(options: RestarterOptions<T>): Restarter<T> {
  const counter = new RestartCounter(options);
  let present: { readonly value: T } | undefined;
  let generation = 0;
  return {
    get generation() {
      return generation;
    },
    current() {
      if (present !== undefined) return present.value;
      const wait = generation > 0 ? counter.waitMs(SYSTEM_CLOCK.now()) : 0;
      if (wait > 0) throw crashLoopError('It', wait, undefined, 'It is not tried again: `maxRestarts` is 0.');
      // What can't be made is asked for again: that is the caller's to decide.
      present = { value: options.create() };
      if (generation++ > 0) counter.restarted(SYSTEM_CLOCK.now());
      return present.value;
    },
    failed(dead) {
      if (present === undefined || present.value !== dead) return;
      present = undefined;
    },
  };
}

/** The error of something that failed too often. @param advice what to do where it is not tried again */
export function crashLoopError(what: string, waitMs: number, cause: unknown, advice: string): ReviveError {
  const retryAfter = Number.isFinite(waitMs) ? Math.ceil(waitMs) : undefined;
  const when = retryAfter === undefined ? advice : `It is tried again in ${retryAfter} ms.`;
  return new ReviveError('REVIVE_CRASH_LOOP', `${what} failed too often and is not started again for now. ${when}`, {
    cause,
    retryable: retryAfter !== undefined,
    retryAfter,
  });
}
