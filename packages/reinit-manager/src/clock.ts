/** What a timer waits for at most, in milliseconds: past it, engines take it for none. */
export const LONGEST_TIMER: number = 2 ** 31 - 1;

/** The time and the chance that supervision depends on. A test may put its own in their place. */
export interface Clock {
  /** Milliseconds that never go back. */
  now(): number;
  /** From 0, and below 1. */
  random(): number;
  /** Runs something in another turn of the event loop, after so many milliseconds. */
  later(run: () => void, ms: number): void;
}

/** The clock of the program. */
export const SYSTEM_CLOCK: Clock = { now: () => performance.now(), random: () => Math.random(), later };

function later(run: () => void, ms: number): void {
  try {
    const timer: unknown = setTimeout(run, Math.min(ms, LONGEST_TIMER));
    // In Node.js it must not keep the process.
    if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') timer.unref();
  } catch {
    // Workers have no timers outside of requests. The next call makes what it needs.
  }
}
