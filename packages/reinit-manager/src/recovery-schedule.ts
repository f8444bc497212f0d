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
  /** How many were scheduled: only the last is made. */
  #scheduled = 0;

  /** @param recover makes one where it is still needed, and says whether it was */
  constructor(recover: () => boolean) {
    this.#recover = recover;
  }

  /** Has it made soon, or after a pause in milliseconds; in place of what was scheduled before. */
  schedule(pause: number): void {
    const scheduled = ++this.#scheduled;
    const make = (): void => {
      if (scheduled === this.#scheduled) this.#make();
    };
    if (pause > 0) later(make, pause);
    else this.#soon(make);
  }

  #soon(make: () => void): void {
    inMicrotask(() => {
      if (performance.now() - this.#turnBegan > LONGEST_TURN) this.#made = 0;
      if (this.#made >= AT_ONCE) later(make, 0);
      else make();
    });
  }

  #make(): void {
    if (!this.#recover()) return;
    if (this.#made++ > 0) return;
    this.#turnBegan = performance.now();
    later(() => {
      this.#made = 0;
    }, 0);
  }
}

/** In another turn of the event loop. */
export function later(run: () => void, ms: number): void {
  try {
    const timer: unknown = setTimeout(run, ms);
    // In Node.js it must not keep the process.
    if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') timer.unref();
  } catch {
    // Workers have no timers outside of requests. The next call makes what it needs.
  }
}
