import { inMicrotask } from '../program/intrinsics.js';
import { lookAt } from '../program/thrown.js';

/** How many errors are remembered at most: of one job of the event loop, and of all. */
const MOST_OF_JOB = 1_024;
const MOST = 4_096;

/**
 * Errors whose stacks nobody may have read yet. In V8 such an error holds the frames that were on the stack, and those hold the instance: whoever
 * keeps a report or an error would keep the memory of a lost instance alive (I6). To read a stack makes text of it; for every panic at once, that
 * would cost more than the panic.
 *
 * Note: a weak reference keeps what it leads to until the end of the job, so that a loop of panics would pile up all of its errors. Therefore
 * they are made when the job has ended, and of a job with more panics than any program keeps the errors of, the first ones aren't remembered.
 * Without weak references (Workers with an old compatibility date) nothing is.
 */
export class UnreadStacks {
  #ofJob: object[] = [];
  #addedInJob = 0;
  #earlier: WeakRef<object>[] = [];

  /** Remembers an error: weakly, once the job is over. */
  add(error: unknown): void {
    if (typeof error !== 'object' || error === null || typeof WeakRef !== 'function') return;
    if (this.#addedInJob === 0) inMicrotask(() => this.#jobEnded());
    this.#ofJob[this.#addedInJob++ % MOST_OF_JOB] = error;
  }

  #jobEnded(): void {
    for (const error of this.#takeOfJob()) this.#earlier.push(new WeakRef(error));
    if (this.#earlier.length < MOST) return;
    const alive = this.#earlier.filter((one) => one.deref() !== undefined);
    this.#earlier = alive.slice(-MOST / 2);
    for (const one of alive.slice(0, -MOST / 2)) readStack(one.deref());
  }

  /** Reads all of them, off the path of the failing call. */
  readSoon(): void {
    if (this.#ofJob.length === 0 && this.#earlier.length === 0) return;
    inMicrotask(() => {
      // To read them may run the program's code, which may fail.
      const earlier = this.#earlier;
      this.#earlier = [];
      for (const error of this.#takeOfJob()) readStack(error);
      for (const one of earlier) readStack(one.deref());
    });
  }

  #takeOfJob(): readonly object[] {
    const ofJob = this.#ofJob;
    this.#ofJob = [];
    this.#addedInJob = 0;
    return ofJob;
  }
}

function readStack(error: object | undefined): void {
  lookAt(() => (error as { readonly stack?: unknown } | undefined)?.stack, undefined);
}
