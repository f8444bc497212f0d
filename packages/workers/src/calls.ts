import { type CrashReport, isReviveError } from '@wasm-revive/kernel';
import { isThenable } from './thenable.js';

/** A call of an entrypoint that has not settled. */
interface Call {
  /** The entrypoint, as the module exports it. */
  readonly path: string;
  /** The instance of its own that it runs on, as reports name it. */
  readonly instance: string | undefined;
  /** Whether the code that runs now belongs to the same event. */
  readonly isHere: () => boolean;
  /** What is known of a failure of the instance: another call caused it, this one did, or one of several of which this is one. */
  failure: 'of-another' | 'own' | 'perhaps-own';
}

/**
 * For how long a request stays open that waits for a call, though it waits for nothing else, in milliseconds. What it waits for may have been
 * rejected from another request's event; until workerd has carried that over, it would take the request for hung, and cancel it.
 */
const KEEPS_OPEN_MS = 10_000;

/**
 * The calls in flight. An abort that the event loop ran into rejects all calls in flight on the instance alike, because nothing in the instance
 * says whose task was running. The runtime knows whose event it was.
 */
export class Calls {
  readonly #inFlight = new Set<Call>();
  /** Errors of calls that were lost through another one. */
  readonly #innocent = new WeakSet<object>();

  /**
   * An instance has failed, and the event in which that happened is still the current one: says which calls may have caused it, and remembers it
   * where the instance is lost.
   */
  failed({ instance, recovery }: CrashReport): readonly string[] {
    // Several instances may serve what has none of its own.
    const here = [...this.#inFlight].filter((call) => (call.instance === undefined || call.instance === instance) && call.isHere());
    const isLost = recovery !== 'keep' && recovery !== 'rollback';
    if (isLost) for (const call of here) call.failure = here.length === 1 ? 'own' : 'perhaps-own';
    return [...new Set(here.map(({ path }) => path))];
  }

  /** Whether an error is that of a call which was lost through another one. */
  isInnocent(error: unknown): error is object {
    return typeof error === 'object' && error !== null && this.#innocent.has(error);
  }

  /** Runs the code of an entrypoint, which is asynchronous where it gives a thenable. @param instance one of its own, as reports name it */
  run<R>(call: () => R, path: string, instance: string | undefined): R {
    const own: Call = { path, instance, isHere: eventProbe(), failure: 'of-another' };
    this.#inFlight.add(own);
    let result: R | undefined;
    try {
      result = call();
      if (!isThenable(result)) return result;
      // All events of an object with an instance of its own are one to workerd.
      const timer = instance === undefined ? setTimeout(() => undefined, KEEPS_OPEN_MS) : undefined;
      const settled = (): void => {
        clearTimeout(timer);
        this.#inFlight.delete(own);
      };
      return result.then(
        (value) => {
          settled();
          return value;
        },
        (error) => {
          settled();
          throw this.#explain(error, own);
        },
      ) as R;
    } finally {
      if (!isThenable(result)) this.#inFlight.delete(own);
    }
  }

  /** The call that failed gets the failure as its own. */
  #explain(error: unknown, { failure }: Call): unknown {
    if (!isReviveError(error, 'REVIVE_INSTANCE_LOST')) return error;
    if (failure === 'of-another') this.#innocent.add(error);
    return failure === 'own' && isReviveError(error.cause) ? error.cause : error;
  }
}

/**
 * Says whether the code that runs belongs to the event in which this was called. workerd refuses the state of a signal to every other event
 * ("Cannot perform I/O on behalf of a different request"). All events of one Durable Object are one by this.
 */
function eventProbe(): () => boolean {
  const { signal } = new AbortController();
  return () => {
    try {
      return !signal.aborted;
    } catch {
      return false;
    }
  };
}
