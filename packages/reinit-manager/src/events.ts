import { type CrashReport, complain, type GivenUp, type ReviveError } from '@wasm-revive/kernel';
import type { RecycleReason } from './leaving/recycling.js';

/** How an instance says where it was: the key of a sibling as text, or nothing. */
interface Where {
  readonly instance?: string;
}

/** What can be listened to, and what a listener is given. */
export interface Events {
  /** An instance failed; the report says how, and what is done. */
  failure: CrashReport;
  /**
   * A fresh instance serves; with `rolledBack`, the same one as before, and as it was before the turn that failed; with `givenUp`,
   * as it was that many turns before; with `restored`, one with the state that `restore()` was given. `error`: what its start
   * function threw, which runs again in every instance, where it threw without failing; where a state was restored, what a hook of that threw.
   */
  recovered: {
    readonly generation: number;
    readonly ms: number;
    readonly rolledBack?: boolean;
    readonly restored?: boolean;
    readonly givenUp?: GivenUp;
    readonly error?: unknown;
    readonly instance?: string;
  };
  /**
   * The instances took more than `memoryBudgetMiB` together. What was given up for that: a keyed instance that had nothing to do, what was made ahead,
   * or nothing, for all the rest is in use (emitted once, until they take less). Its memory goes when the engine collects it. `freed`: what
   * it took; `bytes`: what all the others take now; `limit`: what they may take, in bytes.
   */
  overBudget: Where & {
    readonly givenUp: 'instance' | 'standby' | 'nothing';
    readonly freed: number;
    readonly bytes: number;
    readonly limit: number;
  };
  /** Something of a lost instance was used; the call did nothing. */
  stale: { readonly entrypoint: string; readonly generation: number; readonly instance?: string };
  /** The option `recycle` has replaced the instance of generation `from`, which was well. `error`: as in `recovered`. */
  recycled: Where & { readonly reason: RecycleReason; readonly from: number; readonly generation: number; readonly error?: unknown };
  /** The option `recycle` can't be carried out: no fresh instance could be made, or it would be above the mark by itself. Emitted once. */
  recycleFailed: Where & { readonly reason: RecycleReason; readonly generation: number; readonly error: unknown };
  /** An instance that was replaced while calls were in flight on it has ended. `callsLost`: how many had not settled by then. */
  drained: Where & { readonly generation: number; readonly callsLost: number };
  /** An instance has begun with a value that the program had saved (the crate's `persist!`). */
  restored: PersistedValue & { readonly version: number; readonly bytes: number };
  /**
   * A value could not be restored, and starts anew; or it could not be saved, and what was saved before stays. Where nobody listens, it is
   * logged.
   */
  persistFailed: PersistedValue & { readonly action: 'save' | 'restore'; readonly reason: string };
  /**
   * Too many instances failed: for `retryAfter` milliseconds calls are refused with this error. Then one instance is made for the first call that
   * comes. `attempt`: how often in a row that has happened; the pause grows with it.
   */
  opened: { readonly error: ReviveError; readonly retryAfter: number; readonly attempt: number; readonly instance?: string };
  /** The pause is over, and an instance is being made for a call. If it serves one well, `closed` follows, else `opened`. */
  probing: { readonly attempt: number; readonly instance?: string };
  /** An instance has served a call well, or the program has reset the module: whatever fails is made anew again. */
  closed: { readonly instance?: string };
  /**
   * A call is run again, whose instance was lost: for the first time (1), the second … `error` is what it would have got. With `--recovery rollback`, also a
   * poll of futures that are no tasks, which has failed and was undone: that is run again once, after this event, and what becomes of it is one `failure`.
   */
  retried: Where & { readonly entrypoint: string; readonly attempt: number; readonly error: ReviveError };
  /** Calls are refused with this error until the program resets the module. */
  retired: ReviveError;
}

/** Which value it is that the program persists, and in which instance. */
export interface PersistedValue {
  /** The name that the program has given it, `my_crate::module::DRAFTS` without. */
  readonly name: string;
  readonly generation: number;
  readonly instance?: string;
}

/** One of {@link Events}. */
export type EventName = keyof Events;

const NAMES: readonly EventName[] = [
  'failure',
  'recovered',
  'recycled',
  'recycleFailed',
  'drained',
  'overBudget',
  'stale',
  'retried',
  'restored',
  'persistFailed',
  'opened',
  'probing',
  'closed',
  'retired',
];

/** How deep events may stand that listeners cause, each while the one before is being emitted. */
const DEEPEST = 50;

/**
 * A typed emitter. Events that a listener causes are emitted when every listener has had the present one: all get all events in the order in
 * which they happened.
 */
export class Emitter {
  readonly #listeners = new Map<EventName, Set<(event: never) => void>>();
  #queue: { readonly depth: number; readonly emit: () => void }[] = [];
  /** How deep the event stands that is being emitted; 0 while there is none. */
  #depth = 0;

  /** Whether listeners are being called, so that whoever calls the module may be one of them. */
  get isEmitting(): boolean {
    return this.#depth > 0;
  }

  /** Whether an event of this name can reach anybody. One that is being emitted may yet bring a listener. */
  isHeard(name: EventName): boolean {
    return this.isEmitting || (this.#listeners.get(name)?.size ?? 0) > 0;
  }

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

  /** @param event gives the event where somebody listens @param last is called behind the listeners */
  emit<E extends EventName>(name: E, event: () => Events[E], last?: () => void): void {
    if (this.#depth >= DEEPEST) {
      complain(`'${name}' is not emitted`, 'Listeners cause events without end.');
      return;
    }
    const listening = this.#listeners.get(name);
    // A copy: who listens from now on gets the next one.
    const listeners = [...(listening ?? [])];
    this.#queue.push({
      depth: this.#depth + 1,
      emit() {
        for (const listener of listeners) {
          if (!listening?.has(listener)) continue;
          tell(`a listener for '${name}'`, () => (listener as (event: Events[E]) => unknown)(event()));
        }
        last?.();
      },
    });
    if (this.#depth === 0) this.#emitAll();
  }

  #emitAll(): void {
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#depth = next.depth;
        next.emit();
      }
    } finally {
      this.#depth = 0;
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

/** The names of all events. */
export const EVENT_NAMES: readonly EventName[] = NAMES;
