import { isReviveError } from './errors.js';
import { markHandled } from './in-flight.js';
import type { Thenable } from './scope.js';

/** Who entered: the program; a promise, which passes on what its reaction throws; or the event loop, with nobody to be thrown to. */
export type EnteredBy = 'caller' | 'reaction' | 'executor' | 'finalizer';

/** How many panics in one turn of the executor are followed by another look at its queue. */
const POLL_ATTEMPTS = 10_000;

/** What an instance gives to the event loop to call, and how a failure in it ends: told, and thrown only where somebody catches. */
export class Callbacks {
  /** Who entered last. */
  entered: EnteredBy = 'caller';
  readonly #isTold: (error: unknown) => boolean;
  readonly #begins: (who: EnteredBy) => void;

  /**
   * @param isTold whether a failure has been told otherwise, though it isn't a `ReviveError`
   * @param begins called before Rust is entered
   */
  constructor(isTold: (error: unknown) => boolean, begins: (who: EnteredBy) => void) {
    this.#isTold = isTold;
    this.#begins = begins;
  }

  /** For `Host.finalizer` and `Host.registry`. */
  finalizer(callback: (held: unknown) => unknown): (held: unknown) => void {
    return (held) => void this.#unattended('finalizer', () => callback(held));
  }

  /** See `Host.poll`. */
  poll(callback: unknown): unknown {
    if (typeof callback !== 'function') return callback;
    const run = (): unknown => {
      for (let attempt = 0; attempt < POLL_ATTEMPTS; attempt++) {
        if (attempt > 0) this.#begins('executor');
        try {
          return callback();
        } catch (error) {
          // A panic unwinds out of the executor's queue, too, and strands the tasks behind it: enter again for those.
          if (!isReviveError(error, 'REVIVE_PANIC') || this.#isTold(error)) throw error;
        }
      }
      return undefined;
    };
    return (): unknown => this.#unattended('executor', run);
  }

  /** See `Host.react`. */
  react(target: Thenable, method: 'then' | 'catch' | 'finally', callbacks: unknown[]): unknown {
    let derived: unknown;
    const guarded = callbacks.map((callback) =>
      typeof callback !== 'function'
        ? callback
        : (...args: unknown[]): unknown => {
            try {
              return this.#enter('reaction', () => callback(...args));
            } catch (error) {
              if (isReviveError(error)) markHandled(derived);
              throw error;
            }
          },
    );
    derived = target[method](...guarded);
    return derived;
  }

  #unattended(who: EnteredBy, run: () => unknown): unknown {
    try {
      return this.#enter(who, run);
    } catch (error) {
      // What has been told needs no catcher.
      if (isReviveError(error) || this.#isTold(error)) return undefined;
      throw error;
    }
  }

  #enter<R>(who: EnteredBy, run: () => R): R {
    const before = this.entered;
    this.entered = who;
    this.#begins(who);
    try {
      return run();
    } finally {
      this.entered = before;
    }
  }
}
