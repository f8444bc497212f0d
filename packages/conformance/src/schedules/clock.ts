/**
 * The clock of schedules. A module that fails and that nobody calls is made anew after a pause, and instances that nobody calls for long are
 * evicted; those times pass when a schedule says so, and not while the machine is slow, so that what a schedule does depends on nothing but its
 * steps.
 */

/** Timers that take longer than this, in milliseconds, are those of the schedules' clock; all others run as they would. */
const SHORTEST_PAUSE = 100;

/** What `Math.random` gives, so that pauses of which a part is chance are the same whenever a schedule runs. */
export const CHANCE = 0.5;

/** See the file. */
export interface Clock {
  /** Lets all pauses pass that have begun. */
  pass(): void;
  /** Moves on by this much, in milliseconds, with all that is due until then. */
  move(ms: number): void;
  /** Milliseconds, as the program sees them: they pass when a schedule says so. */
  now(): number;
  /** How many timers wait. */
  waiting(): number;
  /** Milliseconds, by the machine's clock. */
  machine(): number;
}

/** A timer that waits. */
interface Waiting {
  readonly due: number;
  run(): void;
}

/** Takes the place of timers, and of what tells the time. Once a process. */
export function installClock(): Clock {
  const realTimeout = setTimeout;
  const realClear = clearTimeout;
  const machine = performance.now.bind(performance);
  const date = Date.now;
  let ahead = 0;
  let waiting = new Set<Waiting>();
  const now = (): number => ahead;
  Object.assign(globalThis, {
    setTimeout: (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): unknown => {
      if (ms < SHORTEST_PAUSE) return realTimeout(run, ms, ...args);
      const timer: Waiting = { due: now() + ms, run: () => run(...args) };
      waiting.add(timer);
      return timer;
    },
    clearTimeout: (timer: unknown): void => {
      if (!waiting.delete(timer as Waiting)) realClear(timer as NodeJS.Timeout);
    },
  });
  Object.assign(performance, { now });
  Object.assign(Math, { random: () => CHANCE });
  Object.assign(Date, { now: () => date() + ahead });
  return {
    machine,
    now,
    waiting: () => waiting.size,
    pass() {
      const passed = waiting;
      waiting = new Set();
      for (const { run } of passed) run();
    },
    move(ms) {
      const end = now() + ms;
      for (;;) {
        const [next] = [...waiting].sort((one, other) => one.due - other.due);
        if (next === undefined || next.due > end) break;
        waiting.delete(next);
        ahead = Math.max(ahead, next.due);
        next.run();
      }
      ahead = Math.max(ahead, end);
    },
  };
}
