/** After so many in a row, recoveries wait for a turn of the event loop: a module may fail in microtasks without end. */
const IN_A_ROW = 10;

/** How close to the one before it a recovery is in a row with it, in milliseconds. */
const CLOSE = 1_000;

/** When a recovery is made: off the failing call's path, and off its stack, which may be full. */
export class RecoverySchedule {
  #inARow = 0;
  #last = Number.NEGATIVE_INFINITY;

  /** Has it made soon. A call that comes first makes it itself. */
  schedule(recover: () => void): void {
    const now = performance.now();
    this.#inARow = now - this.#last < CLOSE ? this.#inARow + 1 : 1;
    this.#last = now;
    // Even a timer takes more stack than there may be here.
    queueMicrotask(this.#inARow <= IN_A_ROW ? recover : () => inATurnOfItsOwn(recover));
  }
}

function inATurnOfItsOwn(recover: () => void): void {
  try {
    const timer: unknown = setTimeout(recover, 0);
    // In Node.js it must not keep the process.
    if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') timer.unref();
  } catch {
    // Workers have no timers outside of requests: the next call makes it.
  }
}
