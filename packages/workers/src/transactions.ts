import type { InstanceView } from '@wasm-revive/kernel';
import type { Revive } from '@wasm-revive/reinit-manager';
import { checkSql } from './storage.js';
import type { Turn } from './target.js';

/** What is used of an object's storage. */
interface Storage {
  transactionSync(run: () => void): void;
}

/** Thrown by a transaction that is to be rolled back, and by no other. */
const UNDONE = Symbol('undone');

/** Where nothing can be held weakly (compatibility dates before 2024), instances stay until the isolate goes, and what is here with them. */
const weakly = (turn: Turn): { deref(): Turn | undefined } => (typeof WeakRef === 'function' ? new WeakRef(turn) : { deref: () => turn });

/**
 * Turns of Durable Objects that are transactions of their SQL, too. What a turn has written is undone exactly where its memory is: not where Rust,
 * or JavaScript, throws on purpose, nor where a panic is kept, for then Rust's memory stays as it is.
 */
export class Transactions {
  /** How many turns came to nothing so far, undone or with their instance, by the key of that; undefined: what has none of its own. */
  readonly #undone = new Map<string | undefined, number>();
  /** Of the objects that have an instance of their own, by its key. Held weakly: they hold the storage, and by that the object. */
  readonly #turns = new Map<string, { deref(): Turn | undefined }>();

  constructor(revive: Pick<Revive, 'use'>) {
    const count = ({ key }: InstanceView): void => void this.#undone.set(key, this.#undoneOf(key) + 1);
    // Hooks run before the call that failed returns; events may be late, where listeners are being called.
    revive.use({
      name: 'workers',
      undone: count,
      lost: count,
      polls: ({ key }, run) => {
        const turn = key === undefined ? undefined : this.#turns.get(key)?.deref();
        if (turn === undefined) run();
        else turn(run);
      },
    });
  }

  /** What the tasks of an instance do is part of the transactions of its object, too. Gives what ends that. */
  join(key: string, turn: Turn): () => void {
    const weak = weakly(turn);
    this.#turns.set(key, weak);
    return () => {
      if (this.#turns.get(key) !== weak) return;
      this.#turns.delete(key);
      this.#undone.delete(key);
    };
  }

  #undoneOf(key: string | undefined): number {
    return this.#undone.get(key) ?? 0;
  }

  /**
   * Runs turns as transactions of a storage.
   * @param key of the object's own instance; undefined where it has none
   * @param failed called where a transaction failed of which the turn had ended well: memory has what the storage has not
   * @throws TypeError where the storage isn't backed by SQLite
   */
  of(storage: object, className: string, key: string | undefined, failed: () => void): Turn {
    checkSql(storage, `${className} is to be transactional`);
    const { transactionSync } = storage as Storage;
    return (run) => {
      const before = this.#undoneOf(key);
      const outcome: { value?: unknown; error?: unknown } = {};
      try {
        transactionSync.call(storage, () => {
          try {
            outcome.value = run();
          } catch (error) {
            outcome.error = error;
          }
          if (this.#undoneOf(key) !== before) throw UNDONE;
        });
      } catch (error) {
        if (error !== UNDONE) {
          if ('value' in outcome || 'error' in outcome) failed();
          throw error;
        }
      }
      if ('error' in outcome) throw outcome.error;
      return outcome.value as ReturnType<typeof run>;
    };
  }
}
