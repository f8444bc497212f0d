/** `memoryBudgetMiB`: what the instances of a module may take together. On the real output of the transform. */
import type { InstanceView, Plugin } from '@wasm-revive/kernel';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Events } from '../src/index.js';
import { type Package as Fixtures, load, RUNTIME, removeFolders, thrown } from './fixtures.js';

const MIB = 2 ** 20;

interface Package extends Fixtures {
  leak(bytes: number): void;
}

/** The fixtures with a budget, and everything that was told of it. */
function loaded(memoryBudgetMiB: number) {
  const module = load<Package>('abort', RUNTIME);
  const told: Events['overBudget'][] = [];
  module.__revive.on('overBudget', (event) => void told.push(event));
  /** All instances that have been made. */
  const made: InstanceView[] = [];
  const plugin: Plugin = { name: 'made', instantiated: (view) => void made.push(view) };
  module.__revive.use(plugin);
  module.__revive.configure({ memoryBudgetMiB });
  const instance = (key: string): Package => module.__revive.instance(key) as unknown as Package;
  return { module, told, made, instance };
}

/** Whatever was to be done in a microtask has been done. */
const microtasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterAll(removeFolders);

describe('a budget of memory', () => {
  it('ends instances of keys that have nothing to do, the one that was used longest ago first', async () => {
    const { told, instance } = loaded(25);
    for (const key of ['a', 'b', 'c']) instance(key).leak(6 * MIB);
    instance('a').bump();
    await microtasks();
    expect(told).toEqual([]);
    instance('d').leak(6 * MIB);
    await microtasks();
    expect(told.map(({ givenUp, instance }) => [givenUp, instance])).toEqual([['instance', 'b']]);
    expect(told[0]).toMatchObject({ limit: 25 * MIB });
    expect(told[0]?.freed).toBeGreaterThan(6 * MIB);
    expect([instance('a').count(), instance('c').count(), instance('b').count()]).toEqual([101, 100, 100]);
  });

  it('ends none that owes a promise, and says once that nothing is left to be given up', async () => {
    const { module, told, instance } = loaded(10);
    let settle = (_: string): void => {};
    const waited = instance('a').wait_for(new Promise<string>((resolve) => (settle = resolve)));
    // Its task is polled.
    await microtasks();
    for (let time = 0; time < 3; time++) {
      instance('a').leak(5 * MIB);
      instance('b').leak(5 * MIB);
      await microtasks();
    }
    expect(told.map(({ givenUp }) => givenUp)).toEqual(['nothing']);
    settle('settled');
    expect(await waited).toBe('settled');
    instance('b').leak(MIB);
    await microtasks();
    expect(told.map(({ givenUp, instance }) => [givenUp, instance])).toEqual([
      ['nothing', undefined],
      // As `a` was used last, when its promise settled; then `b` was.
      ['instance', 'b'],
      ['instance', 'a'],
    ]);
    expect(told[2]?.bytes).toBe(module.__revive.stats.memoryBytes);
  });

  it('gives up what was made ahead, but only behind that, and makes nothing ahead that has no room', async () => {
    const { module, told, instance } = loaded(20);
    expect(thrown(() => module.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
    module.bump();
    await microtasks();
    const withReserve = module.__revive.stats.memoryBytes;
    instance('a').leak(3 * MIB);
    instance('b').leak(18 * MIB);
    await microtasks();
    expect(told.map(({ givenUp }) => givenUp)).toEqual(['instance', 'standby', 'nothing']);
    expect(told[1]?.freed).toBeGreaterThan(0);
    expect(thrown(() => module.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
    module.bump();
    await microtasks();
    // There is no room for another one.
    expect(module.__revive.stats.memoryBytes).toBeLessThan(19 * MIB + withReserve);
    expect(told).toHaveLength(3);
  });

  it('holds after any calls, of what is not in use; what is in use stays', { timeout: 120_000 }, async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      does: fc.constantFrom('grow', 'grow', 'use', 'wait', 'settle', 'fail', 'fail-default'),
      mib: fc.integer({ min: 1, max: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const { module, told, made, instance } = loaded(20);
        const waiting = new Map<string, { settle(): void; promise: Promise<unknown> }>();
        const lost: string[] = [];
        /** The keys that were used, the last one first. */
        const used: string[] = [];
        for (const { key, does, mib } of steps) {
          const before = told.length;
          // A turn that fails is no use.
          if (does === 'grow' || does === 'use' || (does === 'wait' && !waiting.has(key))) used.unshift(key);
          switch (does) {
            case 'grow':
              instance(key).leak(mib * MIB);
              break;
            case 'use':
              instance(key).bump();
              break;
            case 'wait': {
              if (waiting.has(key)) break;
              let settle = (): void => {};
              const promise = instance(key).wait_for(new Promise<void>((resolve) => (settle = resolve)));
              promise.catch(() => lost.push(key));
              waiting.set(key, { settle, promise });
              break;
            }
            case 'settle':
              waiting.get(key)?.settle();
              if (waiting.has(key)) used.unshift(key);
              await waiting.get(key)?.promise;
              waiting.delete(key);
              break;
            case 'fail':
              thrown(() => instance(key).fail('abort'));
              await microtasks();
              if (waiting.delete(key)) expect(lost.splice(0)).toEqual([key]);
              break;
            case 'fail-default':
              thrown(() => module.fail('abort'));
              module.bump();
              break;
          }
          await microtasks();
          expect(lost).toEqual([]);
          const { memoryBytes } = module.__revive.stats;
          const given = told.slice(before).filter(({ givenUp }) => givenUp === 'instance');
          for (const { instance: gone } of given) expect([...waiting.keys()]).not.toContain(gone);
          const keyed = made.filter(({ key, state }) => key !== undefined && state !== 'lost');
          expect(memoryBytes).toBeGreaterThan(keyed.reduce((sum, view) => sum + view.memoryBytes, 0));
          if (memoryBytes <= 20 * MIB) continue;
          // What is left is the default instance, what waits, and the one that was used last.
          // One that fails again and again has none for a while.
          const last = used.find((one) => keyed.some(({ key: there }) => there === one));
          for (const { key } of keyed) expect([...waiting.keys(), last]).toContain(key);
        }
        for (const { settle, promise } of waiting.values()) {
          settle();
          await promise;
        }
        await module.__revive.dispose();
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it('is refused where it is no size, and is taken back by undefined [I9]', async () => {
    const { module, told, instance } = loaded(5);
    expect(thrown(() => module.__revive.configure({ memoryBudgetMiB: 0 }))).toMatchObject({ message: expect.stringContaining('above 0') });
    module.__revive.configure({ memoryBudgetMiB: undefined });
    for (const key of ['a', 'b', 'c']) instance(key).leak(6 * MIB);
    await microtasks();
    expect(told).toEqual([]);
  });
});
