import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createRestarter } from '../src/index.js';
import { RestartCounter } from '../src/supervision/restart-intensity.js';

describe('RestartCounter', () => {
  it('refuses exactly when more than maxRestarts fell into the window, and says for how long', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 300 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 100 }),
        (gaps, maxRestarts, withinMs) => {
          const counter = new RestartCounter({ maxRestarts, withinMs });
          const restarts: number[] = [];
          let now = 0;
          for (const gap of gaps) {
            now += gap;
            const recent = restarts.filter((at) => now - at < withinMs);
            const wait = counter.waitMs(now);
            expect(wait > 0).toBe(recent.length >= maxRestarts);
            if (wait > 0) expect(counter.waitMs(now + wait)).toBe(0);
            if (wait > 0) continue;
            counter.restarted(now);
            restarts.push(now);
          }
        },
      ),
    );
  });
});

describe('RestartCounter, of a limit that is never reached', () => {
  it('I8: counts a restart at the same cost, however many the limit allows', () => {
    const counter = new RestartCounter({ maxRestarts: 1e9, withinMs: 60_000 });
    const began = performance.now();
    for (let n = 0; n < 30_000; n++) {
      if (counter.waitMs(n) !== 0) throw new Error(`restart ${n} has to wait`);
      counter.restarted(n);
    }
    // To go through all of them each time takes half a minute.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('createRestarter', () => {
  it('makes one when one is needed, and another after it died', () => {
    let made = 0;
    const restarter = createRestarter({ create: () => ({ id: ++made }) });
    const first = restarter.current();
    expect(restarter.current()).toBe(first);
    restarter.failed(first);
    expect(restarter.current()).toEqual({ id: 2 });
    // Told of the same death twice, it makes no third.
    restarter.failed(first);
    expect(restarter.current()).toEqual({ id: 2 });
    expect(restarter.generation).toBe(2);
  });

  it('gives up for a while', () => {
    const restarter = createRestarter({ create: () => ({}), maxRestarts: 2, withinMs: 60_000 });
    for (let i = 0; i < 3; i++) restarter.failed(restarter.current());
    expect(() => restarter.current()).toThrow(expect.objectContaining({ code: 'REVIVE_CRASH_LOOP', retryable: true }));
  });

  it('I9: never makes more anew within the window than it may, also after it has refused', () => {
    vi.useFakeTimers();
    try {
      const made: number[] = [];
      const restarter = createRestarter({ create: () => made.push(Date.now()), maxRestarts: 2, withinMs: 100 });
      for (let n = 0; n < 400; n++) {
        try {
          restarter.failed(restarter.current());
        } catch {
          // Refused.
        }
        vi.advanceTimersByTime(1);
      }
      const anew = made.slice(1);
      expect(anew.length).toBeGreaterThan(4);
      for (const at of anew) expect(anew.filter((other) => other >= at && other - at < 100).length).toBeLessThanOrEqual(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('asks again for what could not be made', () => {
    let isUp = false;
    const restarter = createRestarter({
      create() {
        if (!isUp) throw new Error('down');
        return 1;
      },
    });
    for (let n = 0; n < 5; n++) expect(() => restarter.current()).toThrow('down');
    isUp = true;
    expect(restarter.current()).toBe(1);
  });
});
