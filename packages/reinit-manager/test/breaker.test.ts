/** When something that fails is made anew no more, on a clock that moves when it is told to. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Breaker, type BreakerOptions, type Clock } from '../src/index.js';

class HandClock implements Clock {
  time = 0;
  chance = 0;
  now(): number {
    return this.time;
  }
  random(): number {
    return this.chance;
  }
  later(): () => void {
    return () => {};
  }
}

function setUp(options: BreakerOptions = {}) {
  const clock = new HandClock();
  const changes: string[] = [];
  const breaker: Breaker = new Breaker(options, clock, () => changes.push(breaker.state));
  const fail = (times: number): void => {
    for (let n = 0; n < times; n++) breaker.failed();
  };
  /** Waits as long as it says, makes one, and has it fail. Gives how long that took. */
  const probeInVain = (): number => {
    const wait = breaker.retryAfter;
    clock.time += wait;
    expect(breaker.admit()).toBe(0);
    breaker.failed();
    return wait;
  };
  return { clock, breaker, changes, fail, probeInVain };
}

describe('Breaker', () => {
  it('opens at the tenth failure in a row, and not where one in ten goes well', () => {
    const { breaker, fail } = setUp();
    for (let n = 0; n < 1_000; n++) {
      fail(9);
      expect(breaker.admit()).toBe(0);
      breaker.succeeded();
    }
    fail(9);
    expect(breaker.state).toBe('closed');
    fail(1);
    expect(breaker.state).toBe('open');
  });

  it('counts a failure twice before which nothing was asked', () => {
    const { breaker } = setUp();
    for (let n = 0; n < 4; n++) breaker.failed(true);
    expect(breaker.state).toBe('closed');
    breaker.failed(true);
    expect(breaker.state).toBe('open');
  });

  it('lets the first attempts that nobody asks for wait longer and longer, until something is asked', () => {
    const { breaker, clock } = setUp();
    clock.chance = 1;
    const pauses = Array.from({ length: 4 }, () => {
      breaker.failed(true);
      return breaker.pauseMs;
    });
    expect(pauses).toEqual([0, 200, 800, 3_200]);
    breaker.failed();
    expect(breaker.pauseMs).toBe(0);
  });

  it('doubles the pause with each probe that fails, up to the longest, and half of it is chance', () => {
    for (const [chance, part] of [
      [0, 0.5],
      [1, 1],
    ] as const) {
      const { clock, breaker, fail, probeInVain } = setUp();
      clock.chance = chance;
      fail(10);
      const waits = Array.from({ length: 8 }, probeInVain);
      expect(waits).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000].map((wait) => wait * part));
      expect(breaker.attempt).toBe(9);
    }
  });

  it('closes when a probe does what was asked; the pause grows on where it opens again soon after', () => {
    const { clock, breaker, changes, fail } = setUp();
    const open = (): number => {
      fail(10);
      const wait = breaker.retryAfter;
      clock.time += wait;
      breaker.admit();
      breaker.succeeded();
      return wait;
    };
    expect([open(), open()]).toEqual([100, 200]);
    expect(changes).toEqual(['open', 'half-open', 'closed', 'open', 'half-open', 'closed']);
    clock.time += 10_001;
    expect(open()).toBe(100);
  });

  it('keeps the limit of restarts in a window, whatever goes well in between', () => {
    const { clock, breaker } = setUp({ maxRestarts: 2, withinMs: 60_000 });
    for (let n = 0; n < 2; n++) {
      breaker.failed();
      expect(breaker.admit()).toBe(0);
      breaker.restarted();
      breaker.succeeded();
    }
    clock.time += 1_000;
    breaker.failed();
    expect(breaker.admit()).toBe(59_000);
    clock.time += 59_000;
    expect(breaker.admit()).toBe(0);
    expect(breaker.state).toBe('half-open');
  });

  it('refuses nothing before something fails, whatever the limit of restarts', () => {
    const { breaker } = setUp({ maxRestarts: 0 });
    expect([breaker.retryAfter, breaker.state]).toEqual([0, 'closed']);
    breaker.failed();
    expect([breaker.retryAfter, breaker.state]).toEqual([Number.POSITIVE_INFINITY, 'open']);
    breaker.forgive();
    expect([breaker.retryAfter, breaker.state]).toEqual([0, 'closed']);
  });

  it('has no limit where none is wanted', () => {
    const { breaker, fail } = setUp({ consecutiveFailures: Number.POSITIVE_INFINITY });
    fail(10_000);
    for (let n = 0; n < 100; n++) breaker.failed(true);
    expect(breaker.admit()).toBe(0);
  });

  it('gives up for ever, until everything is forgiven', () => {
    const { clock, breaker, changes, fail } = setUp();
    breaker.giveUp();
    breaker.giveUp();
    clock.time += 1e9;
    fail(20);
    expect([breaker.admit(), breaker.retryAfter]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    breaker.forgive();
    expect([breaker.admit(), breaker.state]).toEqual([0, 'closed']);
    expect(changes).toEqual(['open', 'closed']);
  });

  it('says of any run: a refusal has an end, is never early, and follows enough failures in a row', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constantFrom('failed', 'unused', 'succeeded', 'forgive') }),
      fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 20_000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (steps, chance) => {
        const { clock, breaker } = setUp();
        clock.chance = chance;
        let inARow = 0;
        let isProbe = false;
        for (const one of steps) {
          if ('ms' in one) clock.time += one.ms;
          else if (one.do === 'forgive') {
            breaker.forgive();
            [inARow, isProbe] = [0, false];
          } else {
            const wait = breaker.admit();
            if (wait > 0) {
              expect(wait).toBeLessThanOrEqual(10_000);
              expect(inARow >= 10 || isProbe).toBe(true);
              clock.time += wait;
              expect(breaker.admit()).toBe(0);
            }
            if (breaker.state === 'half-open') isProbe = true;
            if (one.do === 'succeeded') {
              breaker.succeeded();
              expect(breaker.state).toBe('closed');
              [inARow, isProbe] = [0, false];
            } else {
              breaker.failed(one.do === 'unused');
              inARow += one.do === 'unused' ? 2 : 1;
              expect(breaker.state).toBe(inARow >= 10 || isProbe ? 'open' : 'closed');
            }
          }
        }
      }),
    );
  });
});
