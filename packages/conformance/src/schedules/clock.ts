/**
 * The clock of schedules. A module that fails and that nobody calls is made anew after a pause; those pauses pass when a schedule says so, and
 * not while the machine is slow, so that what a schedule does depends on nothing but its steps.
 */

/** Timers that take longer than this, in milliseconds, are pauses; all others run as they would. */
const SHORTEST_PAUSE = 100;

/** See the file. */
export interface Clock {
  /** Lets all pauses pass that have begun. */
  pass(): void;
}

/** Takes the place of `setTimeout`. Once a process. */
export function installClock(): Clock {
  const real = setTimeout;
  let waiting: (() => void)[] = [];
  const withPauses = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): unknown => {
    if (ms < SHORTEST_PAUSE) return real(run, ms, ...args);
    waiting.push(() => run(...args));
    return {};
  };
  Object.assign(globalThis, { setTimeout: withPauses });
  return {
    pass() {
      const passed = waiting;
      waiting = [];
      for (const run of passed) run();
    },
  };
}
