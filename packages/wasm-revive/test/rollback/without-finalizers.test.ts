/** Engines that finalize nothing, such as workerd for Workers of an older compatibility date: what a turn has made and used up is known all the same. */
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { load, type Package, RUNTIME, removeFolders, thrown } from '../fixtures.js';

afterEach(() => void vi.unstubAllGlobals());
afterAll(removeFolders);

it.each([
  ['fixtures', true],
  ['fixtures', false],
  ['fixtures-mvp', true],
] as const)('I4, I7: a turn that is undone has made no handle, and freed none (%s, weak references: %s)', (name, areWeak) => {
  vi.stubGlobal('FinalizationRegistry', undefined);
  if (!areWeak) vi.stubGlobal('WeakRef', undefined);
  const module = load<
    Package & { length_adder(): (text: string) => number; readonly Dog: new (name: string) => { readonly name: string; free(): void } }
  >('abort', RUNTIME, name, 'rollback');
  const [counter, dog] = [new module.Counter(1), new module.Dog('old')];
  let made: { get(): number } | undefined;
  let adder: ((text: string) => number) | undefined;
  const error = thrown(() =>
    module.nested(() => {
      counter.free();
      dog.free();
      made = new module.Counter(9);
      adder = module.length_adder();
      module.fail('abort');
    }),
  );
  expect(error).toMatchObject({ report: { recovery: 'rollback' } });
  // At the place of the one that was made.
  const next = new module.Counter(5);
  expect([counter.get(), dog.name, next.get()]).toEqual([1, 'old', 5]);
  expect(thrown(() => made?.get())).toMatchObject({ code: 'REVIVE_STALE_HANDLE' });
  expect(adder?.('text')).toBeUndefined();
  counter.free();
  expect(() => counter.get()).toThrow('null pointer');
});
