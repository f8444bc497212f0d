import { describe, expect, it } from 'vitest';
import { InFlight } from '../src/in-flight.js';

describe('InFlight', () => {
  it('I5: rejects what is pending, each with its own error, and nothing that has settled', async () => {
    const calls = new InFlight();
    const settled = calls.promise<number>((resolve) => resolve(1));
    const pending = [calls.promise(() => {}), calls.promise(() => {})];
    expect(calls.size).toBe(2);
    let count = 0;
    expect(calls.rejectAll(() => new Error(`lost ${++count}`))).toBe(2);
    await expect(settled).resolves.toBe(1);
    await expect(pending[0]).rejects.toThrow('lost 1');
    await expect(pending[1]).rejects.toThrow('lost 2');
    expect(calls.size).toBe(0);
  });

  it('I5: a rejection that nobody awaits is not an unhandled one', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const calls = new InFlight();
    void calls.promise(() => {});
    calls.rejectAll(() => new Error('lost'));
    // Node reports unhandled rejections after the microtasks of a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(unhandled).toEqual([]);
  });

  it('behaves as new Promise for its executor', async () => {
    const calls = new InFlight();
    await expect(
      calls.promise(() => {
        throw new Error('from the executor');
      }),
    ).rejects.toThrow('from the executor');
    await expect(calls.promise((_, reject) => reject('a reason'))).rejects.toBe('a reason');
    await expect(calls.promise((resolve) => resolve(Promise.resolve(3)))).resolves.toBe(3);
    expect(calls.size).toBe(0);
  });
});
