import { inMicrotask } from '@wasm-revive/kernel';
import type { Clock } from '../clock.js';

/** After so many recoveries in one turn of the event loop that nobody has called between, the next waits for another turn: a module may fail in microtasks without end. */
const AT_ONCE = 10;

/** A turn takes no longer than this, in milliseconds. Workers drop timers when the request that has made them ends. */
const LONGEST_TURN = 1_000;

/** When a recovery is made that no call has asked for: off the failing call's path, and off its stack, which may be full. */
export class RecoverySchedule {
  readonly #recover: () => boolean;
  readonly #clock: Clock;
  /** How many were made in the present turn of the event loop, since somebody called. */
  #made = 0;
  #turnBegan = Number.NEGATIVE_INFINITY;
  /** How many were scheduled: only the last is made. */
  #scheduled = 0;

  /** @param recover makes one where it is still needed, and says whether it was */
  constructor(recover: () => boolean, clock: Clock) {
    this.#recover = recover;
    this.#clock = clock;
  }

  /** Has it made soon, or after a pause in milliseconds; in place of what was scheduled before. */
  schedule(pause: number): void {
    const scheduled = ++this.#scheduled;
    const make = (): void => {
      if (scheduled === this.#scheduled) this.#make();
    };
    if (pause > 0) this.#clock.later(make, pause);
    else this.#soon(make);
  }

  /**
   * Somebody has called. Note: a Worker's turns of the event loop are not heard of, for the timer that was to tell goes with the request that has failed; the
   * next request would have to make its instance by itself.
   */
  called(): void {
    this.#made = 0;
  }

  #soon(make: () => void): void {
    inMicrotask(() => {
      if (this.#clock.now() - this.#turnBegan > LONGEST_TURN) this.#made = 0;
      if (this.#made >= AT_ONCE) this.#clock.later(make, 0);
      else make();
    });
  }

  #make(): void {
    if (!this.#recover()) return;
    if (this.#made++ > 0) return;
    this.#turnBegan = this.#clock.now();
    this.#clock.later(() => {
      this.#made = 0;
    }, 0);
  }
}
