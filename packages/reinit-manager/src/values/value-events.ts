import { complain, type ReviveError } from '@wasm-revive/kernel';
import { tell } from '../events.js';

/** How an event says whose it is: the key as text, or nothing for what has no key. */
export interface Where {
  readonly instance?: string;
}

/** Why a value that is well is replaced. */
export type ValueRecycleReason = 'uses' | 'age' | 'when';

/** What can be listened to, and what a listener is given. The words of the module's own events. */
export interface ValueEvents {
  /** A value was lost, through an error that `isFatal` takes for one. `callsLost`: how many other calls were rejected. */
  failure: Where & { readonly error: unknown; readonly generation: number; readonly callsLost: number };
  /** A value has taken the place of one that was lost. `ms`: since the failure. */
  recovered: Where & { readonly generation: number; readonly ms: number };
  /** A value has taken the place of one that was well, by the option `recycle`. `from`: the generation of that. */
  recycled: Where & { readonly reason: ValueRecycleReason; readonly from: number; readonly generation: number };
  /** An idempotent call is run again. */
  retried: Where & { readonly attempt: number; readonly error: unknown };
  /** Too many failed: for `retryAfter` milliseconds calls are refused with this error, then one value is made for the first call that comes. */
  opened: Where & { readonly error: ReviveError; readonly retryAfter: number; readonly attempt: number };
  /** The pause is over, and a value is made for a call. If it serves that well, `closed` follows, else `opened`. */
  probing: Where & { readonly attempt: number };
  closed: Where;
}

/** All of them. */
const VALUE_EVENT_NAMES: readonly (keyof ValueEvents)[] = ['failure', 'recovered', 'recycled', 'retried', 'opened', 'probing', 'closed'];

/** How many events may wait that listeners have caused. */
const MOST_WAITING = 1_000;

/** Tells listeners. What they cause is told when all have had the present event. What they throw is logged. */
export class ValueEmitter {
  readonly #listeners = new Map<string, Set<(event: never) => unknown>>();
  readonly #waiting: (() => void)[] = [];
  #isTelling = false;

  on<E extends keyof ValueEvents>(name: E, listener: (event: ValueEvents[E]) => unknown): () => void {
    if (!VALUE_EVENT_NAMES.includes(name)) {
      throw new TypeError(`wasm-revive: there is no event "${name}". The events are: ${VALUE_EVENT_NAMES.join(', ')}.`);
    }
    if (typeof listener !== 'function') throw new TypeError(`wasm-revive: the listener for "${name}" has to be a function.`);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  emit<E extends keyof ValueEvents>(name: E, event: ValueEvents[E]): void {
    if (this.#waiting.length >= MOST_WAITING) {
      complain(`'${name}' is not emitted`, 'Listeners cause events without end.');
      return;
    }
    this.#waiting.push(() => {
      for (const listener of [...(this.#listeners.get(name) ?? [])]) tell(`a listener for '${name}'`, () => listener(event as never));
    });
    this.together(() => {});
  }

  /** Tells what is emitted meanwhile only at the end: then everything that it speaks of has happened. */
  together(run: () => void): void {
    if (this.#isTelling) {
      run();
      return;
    }
    this.#isTelling = true;
    try {
      run();
    } finally {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next();
      this.#isTelling = false;
    }
  }
}
