/** Where one instance serves at a time, with instances that do nothing. */
import { describedModule, type Instance, ReviveError } from '@wasm-revive/kernel';
import { expect, it, vi } from 'vitest';
import { SYSTEM_CLOCK } from '../src/clock.js';
import { Slot } from '../src/place/slot.js';
import { standbyPolicy } from '../src/place/standby.js';
import { Supervisor } from '../src/supervision/supervisor.js';

it('I4, I9: after the last generation none serves, and that is said once', () => {
  const tell = vi.fn();
  const supervisor = new Supervisor({ what: () => 'app', advice: 'Reset it.', tell }, {}, SYSTEM_CLOCK, () => false);
  const last = new ReviveError('REVIVE_CRASH_LOOP', 'There are no more generations.');
  const module = describedModule({ contract: 1, generatedBy: 'a test', name: 'app', entries: [], onCurrent: () => {} });
  module.compiled = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  const slot = new Slot({
    module,
    supervisor,
    clock: SYSTEM_CLOCK,
    scope() {
      throw last;
    },
    check: () => {},
    sendTo: () => {},
    standby: () => standbyPolicy(0, false),
    isReady: () => false,
    isEmitting: () => false,
    claim: () => false,
    notReady: () => new ReviveError('REVIVE_NOT_READY', 'not ready'),
    recovered: () => {},
    closing: { state: undefined, drainMs: 0, refusal: () => last },
    serves: () => {},
    called: () => false,
    isSpoilt: () => false,
    drained: () => {},
  });
  const instance = { generation: 2 ** 21, base: 0, served: () => {}, isWell: () => false } as Partial<Instance> as Instance;
  slot.serve(instance, false);
  slot.vacate(instance);
  expect(() => slot.instance()).toThrow(last);
  expect(() => slot.instance()).toThrow(expect.objectContaining({ code: 'REVIVE_CRASH_LOOP', retryable: false }));
  expect(tell.mock.calls).toEqual([[['retired', last]]]);
  expect(supervisor.isRefusing).toBe(true);
});
