/** When a recovery is made that no call has asked for. */
import { expect, it } from 'vitest';
import { RecoverySchedule } from '../src/supervision/recovery-schedule.js';

/** A schedule on a clock whose timers never come, as those of a Worker's request that has ended. */
function setUp() {
  let made = 0;
  const waiting: (() => void)[] = [];
  const later = (run: () => void): (() => void) => {
    waiting.push(run);
    return () => {};
  };
  const schedule = new RecoverySchedule(() => ++made > 0, { now: () => 0, random: () => 0, later });
  return { schedule, made: () => made, waiting };
}

it('I5: a module that fails in microtasks without end is made anew ten times, and then waits for another turn of the event loop', async () => {
  const { schedule, made, waiting } = setUp();
  for (let n = 0; n < 30; n++) {
    schedule.schedule(0);
    await Promise.resolve();
  }
  expect(made()).toBe(10);
  waiting.at(-1)?.();
  expect(made()).toBe(11);
});

it('I2: an instance that somebody has called is followed by another at once, off the path of the next call, however many there were', async () => {
  const { schedule, made } = setUp();
  for (let n = 1; n <= 30; n++) {
    schedule.called();
    schedule.schedule(0);
    await Promise.resolve();
    expect(made()).toBe(n);
  }
});
