import { type Given, type HandleClass, isReviveError, joinState, type ReviveError, splitState } from '@wasm-revive/kernel';
import type { Revive } from '@wasm-revive/reinit-manager';
import type { KeepFailedLine } from './options.js';
import { StateRows, type StateStorage } from './state-rows.js';
import { isThenable } from './thenable.js';

/** How many events in a row may cost the instance until the state that it begins with is given up. */
const MOST_IN_A_ROW = 5;

/** What workerd gives to an object. */
export interface ObjectState {
  readonly id: unknown;
  readonly storage: object;
}

/** What an object's state is kept by. */
export interface KeepOptions {
  readonly revive: Pick<Revive, 'checkpoint' | 'restore'>;
  /** Of the object's instance. */
  readonly key: object;
  readonly state: ObjectState;
  readonly env: unknown;
  /** The exported class. */
  readonly exported: HandleClass;
  /** How many milliseconds lie between two saves at least. */
  readonly everyMs: number;
  /** Is told what can't be done, and why. */
  readonly tell: (failed: Pick<KeepFailedLine, 'action' | 'reason'>) => void;
}

/**
 * The memory of one Durable Object, in its own storage: when an event is over, what has changed is saved before the event is answered, for workerd lets no
 * answer out before what was written is safe. An object that comes back after an eviction begins with it.
 *
 * What is saved is never older than what was answered: where an event is over whose changes can't be saved now, what was saved before is marked as
 * outdated, and nobody begins with it.
 */
export class KeptState {
  readonly #options: KeepOptions;
  readonly #rows: StateRows;
  /** Events that are not over. */
  #running = 0;
  /** How many events in a row have cost the instance, though it began with the state that was saved. */
  #lost = 0;
  #savedAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: KeepOptions) {
    this.#options = options;
    this.#rows = new StateRows(options.state.storage as StateStorage);
  }

  /**
   * The object as it was, in an instance that begins with the state that was saved. Undefined where there is none, or it is of no use: then the object is
   * to be constructed, and begins anew.
   * @throws ReviveError where there can be no instance now
   */
  restore(): object | undefined {
    const { revive, key, exported, tell } = this.#options;
    const saved = this.#rows.read();
    if (saved === undefined) return undefined;
    try {
      if (saved === 'outdated') throw new Error('what its last events have changed was not saved');
      const [object] = revive.restore(joinState(saved.head, saved.pages), { instance: key, given: this.#given(), handles: [exported] });
      return object;
    } catch (error) {
      // Nothing of it has run, and it may go well later.
      if (isReviveError(error) && error.retryable && error.report === undefined) throw error;
      tell({ action: 'restore', reason: messageOf(error) });
      this.#rows.clear();
      return undefined;
    }
  }

  /** Runs an event of the object, and saves the state when it is over. @param object the handle by which it enters */
  event<R>(object: object, run: () => R): R {
    this.#running++;
    let result: R;
    try {
      result = run();
    } catch (error) {
      this.#ended(object, error);
      throw error;
    }
    if (!isThenable(result)) {
      this.#ended(object);
      return result;
    }
    return result.then(
      (value) => {
        this.#ended(object);
        return value;
      },
      (error) => {
        this.#ended(object, error);
        throw error;
      },
    ) as R;
  }

  #ended(object: object, error?: unknown): void {
    this.#running--;
    const failure = isReviveError(error) ? error : undefined;
    // Nothing of it has run: the object is constructed anew, and gets the event.
    if (failure?.code === 'REVIVE_STALE_HANDLE') return;
    const isLost = failure?.report !== undefined && failure.report.recovery !== 'keep' && failure.report.recovery !== 'rollback';
    if (!isLost) this.#changed(object);
    // What was saved is the last good state, unless it is the state itself by which events fail.
    else if (++this.#lost >= MOST_IN_A_ROW) this.#rows.clear();
  }

  #changed(object: object): void {
    this.#lost = 0;
    const wait = this.#savedAt + this.#options.everyMs - Date.now();
    if (this.#running === 0 && wait <= 0) {
      this.#save(object);
      return;
    }
    this.#rows.outdate();
    if (this.#running > 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#running === 0) this.#save(object);
    }, wait);
  }

  #save(object: object): void {
    const { revive, key, tell } = this.#options;
    try {
      const bytes = revive.checkpoint({ instance: key, given: this.#given(), handles: [object] });
      this.#rows.write(splitState(bytes));
      this.#savedAt = Date.now();
    } catch (error) {
      tell({ action: 'save', reason: messageOf(error) });
      this.#rows.outdate();
    }
  }

  /** What Rust holds of workerd's and can't be copied. What is there twice has the name that comes first. */
  #given(): Given {
    const { state, env } = this.#options;
    const { storage } = state as { storage: StateStorage };
    const bindings = Object.entries((env ?? {}) as object).map(([name, value]): [string, unknown] => [`env.${name}`, value]);
    const all = {
      state,
      env,
      'state.id': state.id,
      'state.storage': storage,
      'state.storage.sql': storage.sql,
      ...Object.fromEntries(bindings),
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => typeof value === 'object' && value !== null));
  }
}

const messageOf = (error: unknown): string => String((error as Partial<ReviveError> | undefined)?.message ?? error);
