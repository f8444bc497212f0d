import { type Instance, ReviveError } from '@wasm-revive/kernel';
import { expect, it } from 'vitest';
import { callRepeatably, type Entered } from '../src/pool/retry.js';

/** An instance that is lost through this. */
const lostThrough = (error: ReviveError): Instance => ({ error, mayBeAnyCall: false, isWell: () => false }) as never;

/** The error of a call while an instance is being made asynchronously, which says when it is there. */
const notYet = (ready: Promise<void>): ReviveError => Object.assign(new ReviveError('REVIVE_NOT_READY', 'not yet'), { ready });

/** A call that is in flight on an instance that is lost, and is refused once; then it gives 1. */
function lostAndRefused(ready: Promise<void>): Promise<unknown> {
  const error = new ReviveError('REVIVE_ABORT', 'aborted');
  const ways: (() => Entered)[] = [
    () => ({
      instance: lostThrough(error),
      run: () => Promise.reject(new ReviveError('REVIVE_INSTANCE_LOST', 'lost', { cause: error })),
    }),
    () => {
      throw notYet(ready);
    },
    () => ({ instance: undefined, run: () => 1 }),
  ];
  return callRepeatably({ attempts: 1, args: [], enter: () => (ways.shift() as () => Entered)(), again() {} }) as Promise<unknown>;
}

it('I5: an async call waits for an instance that is being made, and is run again then', async () => {
  let made = (): void => {};
  const ready = new Promise<void>((resolve) => {
    made = resolve;
  });
  const call = lostAndRefused(ready);
  expect(await Promise.race([call, new Promise((resolve) => setImmediate(resolve, 'waits'))])).toBe('waits');
  made();
  expect(await call).toBe(1);
});

it('I1: it is rejected with its own error where none could be made', async () => {
  const call = lostAndRefused(Promise.reject(new Error('no memory')));
  await expect(call).rejects.toMatchObject({ code: 'REVIVE_INSTANCE_LOST', retryable: true, cause: { code: 'REVIVE_NOT_READY' } });
});
