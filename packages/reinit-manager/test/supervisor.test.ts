/** Whether an instance that is gone is followed by another, and what the program is told of that. */
import type { Failure, Instance, Recovery } from '@wasm-revive/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BreakerOptions, Clock } from '../src/index.js';
import { Supervisor } from '../src/supervision/supervisor.js';

const PANIC: Failure = { kind: 'unwound', panic: { message: 'a panic', frames: [] } };
const ABORT: Failure = { kind: 'aborted', cause: 'abort', trap: undefined, frames: [] };
const SERVING = { isStarting: false, isCalled: true } as const;

/** An instance of which the supervisor asks only whether it is well, is in a turn, and owes promises. */
interface Fake {
  isWell: boolean;
  isQuiescent: boolean;
  callsInFlightFromOutside: number;
}

function setUp(options: BreakerOptions = {}) {
  const told: string[] = [];
  let time = 0;
  const clock: Clock = { now: () => time, random: () => 0, later: () => () => {} };
  const said = { what: () => 'app', advice: 'Reset it.', tell: ([name]: readonly [string, unknown]) => void told.push(name) };
  const supervisor = new Supervisor(said, options, clock, () => false);
  const made = (): { fake: Fake; instance: Instance } => {
    const fake = { isWell: true, isQuiescent: true, callsInFlightFromOutside: 0 };
    const instance = {
      isWell: () => fake.isWell,
      scope: { isQuiescent: () => fake.isQuiescent },
      get callsInFlightFromOutside() {
        return fake.callsInFlightFromOutside;
      },
    };
    supervisor.serves(instance as unknown as Instance);
    return { fake, instance: instance as unknown as Instance };
  };
  /** A call that comes through the façade while calls are noticed. */
  const call = (instance: Instance): boolean => {
    const hasServed = supervisor.hasServed(instance);
    supervisor.called(instance);
    return hasServed;
  };
  const lose = (): Recovery => supervisor.decide(SERVING, 'fresh', ABORT, true);
  /** One instance after another, of which each serves as many calls as it is told, and then fails. Gives how the last one was decided. */
  const serveThenFail = (instances: number, calls: number): Recovery => {
    let decided: Recovery = 'keep';
    for (let n = 0; n < instances; n++) {
      const { instance } = made();
      for (let count = 0; count <= calls; count++) call(instance);
      decided = lose();
    }
    return decided;
  };
  return { supervisor, told, made, call, lose, serveThenFail, pass: (ms: number) => (time += ms) };
}

describe('the supervisor', () => {
  it('I7: does not keep an instance that panicked in its start function', () => {
    const { supervisor, made } = setUp();
    made();
    const starting = { ...SERVING, isStarting: true };
    expect(supervisor.decide(starting, 'keep', PANIC, true)).toBe('fresh');
    // With frames of it on the stack, the start function may still catch it.
    expect(supervisor.decide(starting, 'keep', PANIC, false)).toBe('keep');
    expect(supervisor.decide({ ...starting, isStarting: false }, 'keep', PANIC, true)).toBe('keep');
  });

  it('I5: gives a module up when a plugin says so, until it is forgiven', () => {
    const { supervisor, told, made } = setUp();
    made();
    expect(supervisor.decide(SERVING, 'retire', ABORT, true)).toBe('retire');
    const admit = (): void => supervisor.admit();
    expect(admit).toThrow(expect.objectContaining({ code: 'REVIVE_CRASH_LOOP', retryable: false }));
    expect(admit).toThrow();
    expect(told).toEqual(['retired']);
    supervisor.forgive();
    expect(admit).not.toThrow();
    expect(told).toEqual(['retired', 'closed']);
  });

  it('I2: opens after ten failures without a call that went well, and says for how long', () => {
    const { supervisor, told, serveThenFail } = setUp();
    expect(serveThenFail(9, 0)).toBe('fresh');
    expect(serveThenFail(1, 0)).toBe('retire');
    expect(() => supervisor.admit()).toThrow(
      expect.objectContaining({
        code: 'REVIVE_CRASH_LOOP',
        retryable: true,
        retryAfter: 100,
        message: expect.stringContaining('in 100 ms'),
      }),
    );
    expect(told).toEqual(['opened']);
  });

  it('I2: goes on where every second call fails, however long', () => {
    const { serveThenFail } = setUp();
    expect(serveThenFail(10_000, 1)).toBe('fresh');
  });

  it('I2: a probe that serves a call closes it; one that does not opens it for longer', () => {
    const { supervisor, told, made, call, serveThenFail, pass } = setUp();
    serveThenFail(10, 0);
    expect(() => supervisor.admit()).toThrow();
    pass(100);
    supervisor.admit();
    expect(serveThenFail(1, 0)).toBe('retire');
    expect(() => supervisor.admit()).toThrow(expect.objectContaining({ retryAfter: 200 }));
    pass(200);
    supervisor.admit();
    const { instance } = made();
    expect([call(instance), call(instance)]).toEqual([false, true]);
    supervisor.tellNews();
    expect(told).toEqual(['opened', 'probing', 'opened', 'probing', 'closed']);
  });

  it('I2: a call counts as served when it is over, not when it has given a promise or is still on the stack', () => {
    const { supervisor, made, call } = setUp();
    const { fake, instance } = made();
    expect(call(instance)).toBe(false);
    fake.callsInFlightFromOutside = 1;
    expect(call(instance)).toBe(false);
    // One of two is settled.
    fake.callsInFlightFromOutside = 1;
    fake.isQuiescent = false;
    expect(supervisor.hasServed(instance)).toBe(false);
    fake.isQuiescent = true;
    expect(supervisor.hasServed(instance)).toBe(true);
  });

  it('I2: goes on where the last of several calls in flight fails, and nobody has called since the others settled', () => {
    const { supervisor, made, call } = setUp();
    const decided = Array.from({ length: 30 }, () => {
      const { fake, instance } = made();
      for (let n = 0; n < 2; n++) {
        call(instance);
        fake.callsInFlightFromOutside++;
      }
      fake.callsInFlightFromOutside = 1;
      return supervisor.decide({ ...SERVING, isCalled: false }, 'fresh', ABORT, true);
    });
    expect(new Set(decided)).toEqual(new Set(['fresh']));
  });

  it('I2: what is called within a call is part of it, and says nothing of what goes well', () => {
    const { supervisor, made, call } = setUp();
    const decided = Array.from({ length: 10 }, () => {
      const { fake, instance } = made();
      call(instance);
      fake.isQuiescent = false;
      for (let n = 0; n < 3; n++) expect(call(instance)).toBe(false);
      fake.isQuiescent = true;
      return supervisor.decide(SERVING, 'fresh', ABORT, true);
    });
    expect([decided[8], decided[9]]).toEqual(['fresh', 'retire']);
  });

  it('I2: an instance that has served for long has served, whatever is in flight', () => {
    const { made, call, pass } = setUp();
    const { fake, instance } = made();
    call(instance);
    fake.callsInFlightFromOutside = 1;
    pass(9_999);
    expect(call(instance)).toBe(false);
    fake.callsInFlightFromOutside = 2;
    pass(1);
    fake.isQuiescent = false;
    expect(call(instance)).toBe(true);
  });

  it('I2: the limit of restarts is none for what makes up for no loss', () => {
    const { supervisor, made, call, lose } = setUp({ maxRestarts: 0 });
    const { instance } = made();
    call(instance);
    supervisor.ends(false, false);
    expect(() => supervisor.admit()).not.toThrow();
    made();
    expect(lose()).toBe('retire');
    expect(() => supervisor.admit()).toThrow();
    supervisor.forgive();
    expect(() => supervisor.admit()).not.toThrow();
  });

  it('I2: sees in a microtask that the only call has ended well', async () => {
    const { supervisor, made, call, lose } = setUp();
    for (let n = 0; n < 30; n++) {
      const { instance } = made();
      call(instance);
      await Promise.resolve();
      // A timer fails, say.
      expect(lose()).toBe('fresh');
      supervisor.admit();
    }
  });

  it('I5: any run of instances: too many failures in a row are the end for a while, and no fewer', () => {
    const life = fc.record({
      uptimeMs: fc.constantFrom(0, 9_999, 10_000),
      calls: fc.constantFrom(0, 1, 2),
      isStarting: fc.boolean(),
      asked: fc.constantFrom<Recovery>('keep', 'fresh'),
      kind: fc.constantFrom(PANIC, ABORT),
    });
    fc.assert(
      fc.property(fc.array(life, { maxLength: 40 }), (lives) => {
        const { supervisor, made, call, pass } = setUp();
        let failures = 0;
        for (const { uptimeMs, calls, isStarting, asked, kind } of lives) {
          const { instance } = made();
          for (let n = 0; n < calls; n++) call(instance);
          if (calls > 1) failures = 0;
          pass(uptimeMs);
          const decided = supervisor.decide({ ...SERVING, isStarting }, asked, kind, true);
          if (asked === 'keep' && !(isStarting && kind === PANIC)) {
            expect(decided).toBe('keep');
            continue;
          }
          const wasQuiet = !isStarting && uptimeMs >= 10_000;
          if (wasQuiet) failures = 0;
          failures += calls > 0 || wasQuiet ? 1 : 2;
          expect(decided).toBe(failures >= 10 ? 'retire' : 'fresh');
          if (failures >= 10) return;
        }
      }),
    );
  });
});
