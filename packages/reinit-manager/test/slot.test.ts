/** Where one instance serves at a time, with instances and a maker that do nothing. */
import { type Instance, ReviveError } from '@wasm-revive/kernel';
import { expect, it, vi } from 'vitest';
import type { InstanceMaker } from '../src/instance-maker.js';
import { Slot } from '../src/slot.js';
import { Supervisor } from '../src/supervisor.js';

it('I4, I9: after the last generation none serves, and that is said once', () => {
  const retired = vi.fn();
  const supervisor = new Supervisor('app', {}, () => false);
  const last = new ReviveError('REVIVE_CRASH_LOOP', 'There are no more generations.');
  const take = (): Instance => {
    throw last;
  };
  const slot = new Slot({
    maker: { take } as unknown as InstanceMaker,
    supervisor,
    onCurrent: () => {},
    isEmitting: () => false,
    claim: () => false,
    notReady: () => new ReviveError('REVIVE_NOT_READY', 'not ready'),
    recovered: () => {},
    retired,
  });
  const instance = { generation: 2 ** 21, base: 0, served: () => {}, isWell: () => false } as Partial<Instance> as Instance;
  slot.serve(instance, false);
  slot.vacate(instance);
  expect(() => slot.instance()).toThrow(last);
  expect(() => slot.instance()).toThrow(expect.objectContaining({ code: 'REVIVE_CRASH_LOOP', retryable: false }));
  expect(retired.mock.calls).toEqual([[last]]);
  expect(supervisor.isRefusing).toBe(true);
});
