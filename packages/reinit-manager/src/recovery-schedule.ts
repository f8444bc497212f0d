import { inMicrotask } from '@wasm-revive/kernel';

/** After so many recoveries in one turn of the event loop, the next waits for another turn: a module may fail in microtasks without end. */
const AT_ONCE = 10;

/** A turn takes no longer than this, in milliseconds. Workers drop timers when the request that has made them ends. */
const LONGEST_TURN = 1_000;

/** When a recovery is made that no call has asked for: off the failing call's path, and off its stack, which may be full. */
export class RecoverySchedule {
  readonly #recover: () => boolean;
  /** How many were made in the present turn of the event loop. */
  #made = 0;
  #turnBegan = Number.NEGATIVE_INFINITY;

  /** @param recover makes one where it is still needed, and says whether it was */
  constructor(recover: () => boolean) {
    this.#recover = recover;
  }

  /** Has it made soon. */
  schedule(): void {
    inMicrotask(() => {
      if (performance.now() - this.#turnBegan > LONGEST_TURN) this.#made = 0;
      if (this.#made >= AT_ONCE) inAnotherTurn(() => this.#make());
      else this.#make();
    });
  }

  #make(): void {
    if (!this.#recover()) return;
    if (this.#made++ > 0) return;
    this.#turnBegan = performance.now();
    inAnotherTurn(() => {
      this.#made = 0;
    });
  }
}

function inAnotherTurn(run: () => void): void {
  try {
    const timer: unknown = setTimeout(run, 0);
    // In Node.js it must not keep the process.
    if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') timer.unref();
  } catch {
    // Workers have no timers outside of requests. The next call makes what it needs.
  }
}
