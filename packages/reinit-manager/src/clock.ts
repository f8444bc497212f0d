/** What a timer waits for at most, in milliseconds: past it, engines take it for none. */
export const LONGEST_TIMER: number = 2 ** 31 - 1;

/** The time and the chance that a manager depends on. A test may put its own in their place. */
export interface Clock {
  /** Milliseconds that never go back. */
  now(): number;
  /** From 0, and below 1. */
  random(): number;
  /**
   * Runs something in another turn of the event loop, after so many milliseconds. Gives the function that stops that.
   * @param isAwaited whether the program awaits it, so that in Node.js it keeps the process
   */
  later(run: () => void, ms: number, isAwaited?: boolean): () => void;
}

/** The clock of the program. */
export const SYSTEM_CLOCK: Clock = { now: () => performance.now(), random: () => Math.random(), later };

function later(run: () => void, ms: number, isAwaited?: boolean): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    timer = setTimeout(run, Math.min(ms, LONGEST_TIMER));
    // In Node.js an object, and the process is not to wait for it.
    if (!isAwaited) (timer as Partial<NodeJS.Timeout>).unref?.();
  } catch {
    // Workers have no timers outside of requests. The next call makes what it needs.
  }
  return () => clearTimeout(timer);
}
