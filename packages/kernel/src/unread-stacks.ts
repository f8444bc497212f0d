import { inMicrotask } from './intrinsics.js';
import { lookAt } from './thrown.js';

/** How many errors are remembered at most. */
const MOST = 4_096;

/**
 * Errors whose stacks nobody may have read yet. In V8 such an error holds the frames that were on the stack, and those hold the instance: whoever
 * keeps a report or an error would keep the memory of a lost instance alive (I6). To read a stack makes text of it; for every panic at once, that
 * would cost more than the panic.
 *
 * Note: without weak references (Workers with an old compatibility date) nothing is remembered.
 */
export class UnreadStacks {
  #errors: WeakRef<object>[] = [];

  /** Remembers an error, weakly. Of too many in one go, the older ones are read now. */
  add(error: unknown): void {
    if (typeof error !== 'object' || error === null || typeof WeakRef !== 'function') return;
    this.#errors.push(new WeakRef(error));
    if (this.#errors.length < MOST) return;
    const alive = this.#errors.filter((one) => one.deref() !== undefined);
    // Weak references hold what they lead to until the end of the job.
    readStacks(alive.slice(0, alive.length - MOST / 2));
    this.#errors = alive.slice(-MOST / 2);
  }

  /** Reads all of them, off the path of the failing call. */
  readSoon(): void {
    const errors = this.#errors;
    this.#errors = [];
    if (errors.length > 0) inMicrotask(() => readStacks(errors));
  }
}

function readStacks(errors: readonly WeakRef<object>[]): void {
  for (const error of errors) {
    // It may run the program's code, such as its `Error.prepareStackTrace`.
    lookAt(() => (error.deref() as { readonly stack?: unknown } | undefined)?.stack, undefined);
  }
}
