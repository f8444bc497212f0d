import { type CrashReport, complain, type ReviveError } from '@wasm-revive/kernel';

/** What can be listened to, and what a listener is given. */
export interface Events {
  /** An instance failed; the report says how, and what is done. */
  failure: CrashReport;
  /** A fresh instance serves. */
  recovered: { readonly generation: number; readonly ms: number };
  /** Something of a lost instance was used; the call did nothing. */
  stale: { readonly entrypoint: string; readonly generation: number };
  /** The module failed too often: calls are refused with this error. */
  retired: ReviveError;
}

/** One of {@link Events}. */
export type EventName = keyof Events;

const NAMES: readonly EventName[] = ['failure', 'recovered', 'stale', 'retired'];

/** A typed emitter. */
export class Emitter {
  readonly #listeners = new Map<EventName, Set<(event: never) => void>>();

  on<E extends EventName>(name: E, listener: (event: Events[E]) => void): () => void {
    if (!NAMES.includes(name)) throw new TypeError(`wasm-revive: there is no event "${name}". The events are: ${NAMES.join(', ')}.`);
    if (typeof listener !== 'function') throw new TypeError(`wasm-revive: the listener for "${name}" has to be a function.`);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  emit<E extends EventName>(name: E, event: Events[E]): void {
    // A copy: who listens from now on hears of the next one.
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      tell(`a listener for '${name}'`, () => (listener as (event: Events[E]) => unknown)(event));
    }
  }
}

/** Calls what belongs to the program. What it throws, or rejects with, is logged: it can't break recovery, nor end the process. */
export function tell(what: string, call: () => unknown): void {
  const log = (error: unknown): void => complain(`${what} threw`, error);
  try {
    const result = call();
    if (result instanceof Promise) result.catch(log);
  } catch (error) {
    log(error);
  }
}
