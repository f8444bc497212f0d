/** Whether an instance that is gone is followed by another, against a plain model. */
import type { Failure, Instance, Recovery } from '@wasm-revive/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Supervisor } from '../src/supervisor.js';

const PANIC: Failure = { kind: 'unwound', panic: { message: 'a panic', frames: [] } };
const ABORT: Failure = { kind: 'aborted', cause: 'abort', trap: undefined, frames: [] };

/** An instance of which the supervisor asks only how old it is. */
function aged(uptimeMs: number): Instance {
  return { uptimeMs } as Instance;
}

const SERVING = { isServing: true, isStarting: false } as const;

describe('the supervisor', () => {
  it('I7: does not keep an instance that panicked in its start function', () => {
    const supervisor = new Supervisor({ what: () => 'app', advice: 'Reset it.' }, {}, () => false);
    const starting = { instance: aged(0), isServing: true, isStarting: true };
    expect(supervisor.decide(starting, 'keep', PANIC, true)).toBe('fresh');
    // With frames of it on the stack, the start function may still catch it.
    expect(supervisor.decide(starting, 'keep', PANIC, false)).toBe('keep');
    expect(supervisor.decide({ ...starting, isStarting: false }, 'keep', PANIC, true)).toBe('keep');
  });

  it('I5: gives a module up when a plugin says so, until it is forgiven', () => {
    const supervisor = new Supervisor({ what: () => 'app', advice: 'Reset it.' }, {}, () => false);
    expect(supervisor.decide({ instance: aged(0), ...SERVING }, 'retire', ABORT, true)).toBe('retire');
    const said: unknown[] = [];
    const admit = (): void => supervisor.admit((error) => void said.push(error.code));
    expect(admit).toThrow(expect.objectContaining({ code: 'REVIVE_CRASH_LOOP' }));
    expect(admit).toThrow();
    expect(said).toEqual(['REVIVE_CRASH_LOOP']);
    supervisor.forgive();
    expect(admit).not.toThrow();
  });

  it('I5: lets one through that a listener has forgiven when it heard of the refusal', () => {
    const supervisor = new Supervisor({ what: () => 'app', advice: 'Reset it.' }, {}, () => false);
    supervisor.decide({ instance: aged(0), ...SERVING }, 'retire', ABORT, true);
    expect(() => supervisor.admit(() => supervisor.forgive())).not.toThrow();
  });

  it('I5: any run of instances: five in a row that did not start are the end, and no fewer', () => {
    const life = fc.record({
      uptimeMs: fc.constantFrom(0, 9_999, 10_000),
      isCalled: fc.boolean(),
      isStarting: fc.boolean(),
      asked: fc.constantFrom<Recovery>('keep', 'fresh'),
      kind: fc.constantFrom(PANIC, ABORT),
    });
    fc.assert(
      fc.property(fc.array(life, { maxLength: 20 }), (lives) => {
        const supervisor = new Supervisor({ what: () => 'app', advice: 'Reset it.' }, {}, () => false);
        let failedStarts = 0;
        for (const { uptimeMs, isCalled, isStarting, asked, kind } of lives) {
          supervisor.serves();
          if (isCalled) {
            supervisor.called();
            failedStarts = 0;
          }
          const decided = supervisor.decide({ instance: aged(uptimeMs), isServing: true, isStarting }, asked, kind, true);
          const isKept = asked === 'keep' && !(isStarting && kind === PANIC);
          if (isKept) {
            expect(decided).toBe('keep');
            continue;
          }
          failedStarts = isCalled || (!isStarting && uptimeMs >= 10_000) ? 0 : failedStarts + 1;
          expect(decided).toBe(failedStarts >= 5 ? 'retire' : 'fresh');
          if (failedStarts >= 5) return;
        }
      }),
    );
  });
});
