/** Values of JavaScript that Rust holds in the state after its start function: each instance begins with its own of them. SEED repeats a run. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform as transformWith } from '@wasm-revive/bindgen';
import type { Plugin } from '@wasm-revive/kernel';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { transform } from '../dist/transform.js';
import { notEverywhere, stateOf } from '../src/prewarm/held-values.js';
import { artifact, type Package as Fixtures, folder, load, RUNTIME, removeFolders, thrown, wasmFileOf } from './fixtures.js';

interface Package extends Fixtures {
  drop_held_adder(): void;
  held(name: string): unknown;
  held_adder(): (n: number) => number;
  hold(name: string, value: unknown): void;
  hold_resolved(name: string, value: unknown): void;
  let_go(name: string): void;
  recall(key: string): string | undefined;
  remember_later(key: string, value: string): Promise<void>;
  spawn_fail(kind: string, promise: Promise<unknown>): void;
}

const VARIANTS = [
  ['fixtures', 'abort', 'fresh'],
  ['fixtures', 'unwind', 'fresh'],
  ['fixtures', 'unwind', 'rollback'],
  ['fixtures-mvp', 'abort', 'fresh'],
  ['fixtures-mvp', 'abort', 'rollback'],
  ['fixtures-revive', 'unwind', 'fresh'],
] as const;

afterEach(() => {
  delete process.env.NODE_OPTIONS;
});

afterAll(removeFolders);

/** An instance that does what a start function could, and the state that it is in then. */
function warm(name: string, panic: 'abort' | 'unwind') {
  const module = load<Package>(panic, RUNTIME, name, 'copy');
  let table: WebAssembly.Table | undefined;
  const look: Plugin = {
    name: 'table',
    instantiated: ({ exports }) => {
      table = exports?.__wasm_revive_references as WebAssembly.Table | undefined;
    },
  };
  module.__revive.use(look);
  module.__revive.reset();
  const all = (): unknown[] => Array.from({ length: table?.length ?? 0 }, (_, place) => table?.get(place) as unknown);
  module.bump();
  const given = all().flatMap((value, place) => (value === null ? [] : [place]));
  return { module, state: () => stateOf(module.__revive.checkpoint(), given) };
}

function begun(name: string, panic: 'abort' | 'unwind', recovery: 'fresh' | 'rollback', state: ReturnType<typeof stateOf>): Package {
  const outDir = join(folder(), 'pkg');
  const prewarmed = new Map([['wasm_revive_fixtures', state]]);
  transformWith({ dir: artifact('nodejs', panic, name), outDir, version: '9.9.9', recovery, runtime: { import: RUNTIME }, prewarmed });
  return createRequire(import.meta.url)(wasmFileOf(outDir).replace('_bg.wasm', '.js')) as Package;
}

describe.each(VARIANTS)('%s, panic=%s, %s', (name, panic, recovery) => {
  it('I7: each instance begins with closures, data, objects of the host and what futures have left', async () => {
    const { module: before, state } = warm(name, panic);
    before.remember_later('early', 'remembered');
    await before.wait_for(Promise.resolve());
    before.held_adder()(1);
    const list = [1, undefined, -0, 'ä', 10n ** 20n, Number.NaN];
    const data: Record<string, unknown> = {
      list,
      map: new Map([['key', new Set<unknown>([new Date(5), /x/gi])]]),
      bytes: new Uint8Array([1, 2, 3]),
    };
    data.own = data;
    Object.defineProperty(data, '__proto__', { value: 7, enumerable: true, writable: true, configurable: true });
    before.hold('data', data);
    before.hold('list', list);
    before.hold('known', [globalThis, console, Array.prototype.push, Symbol.iterator, Symbol.for('of everybody')]);
    before.hold('adder', before.held_adder());
    for (const nothing of [undefined, null]) before.hold(`${nothing}`, nothing);
    before.hold_resolved('resolved', 'a value');
    const module = begun(name, panic, recovery, state());
    let last: unknown;
    for (let generation = 1; generation <= 3; generation++) {
      const held = module.held('data') as typeof data;
      expect(held).toStrictEqual(data);
      expect([held.own === held, held.list === module.held('list'), held === last]).toEqual([true, true, false]);
      last = held;
      expect(module.held('known')).toEqual([globalThis, console, Array.prototype.push, Symbol.iterator, Symbol.for('of everybody')]);
      expect(await module.held('resolved')).toBe('a value');
      expect([module.held('undefined'), module.held('null')]).toEqual([undefined, null]);
      expect(module.held('adder')).toBe(module.held_adder());
      expect([module.held_adder()(3), module.held_adder()(4)]).toEqual([4, 8]);
      expect(module.recall('early')).toBe('remembered');
      await module.remember_later('later', 'too');
      expect([module.recall('later'), await module.wait_for(Promise.resolve('waited for'))]).toEqual(['too', 'waited for']);
      module.drop_held_adder();
      module.let_go('data');
      // As many as make the table grow.
      for (let nth = 0; nth < 300; nth++) module.hold(`${nth}`, { nth });
      for (let nth = 0; nth < 300; nth++) expect(module.held(`${nth}`)).toEqual({ nth });
      if (generation === 2) {
        expect(thrown(() => module.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery } });
        if (recovery === 'rollback') module.__revive.reset();
      } else {
        module.__revive.reset();
      }
    }
    expect(module.__revive.generation).toBe(4);
  });

  it.runIf(panic === 'unwind')('I2, I5: tasks behind one that panics run, though the executor of futures is of the state', async () => {
    const { module: before, state } = warm(name, panic);
    await before.ready(1);
    const module = begun(name, panic, recovery, state());
    const promise = Promise.resolve('both wait for it');
    module.spawn_fail('panic-message', promise);
    expect(await module.wait_for(promise)).toBe('both wait for it');
    expect(module.__revive.stats.failures).toBe(1);
  });

  it.runIf(recovery === 'rollback')('I7: what a turn that fails does with what is held is undone, and all of it can be saved', async () => {
    const { module: before, state } = warm(name, panic);
    before.held_adder()(1);
    before.hold('list', [1]);
    before.hold_resolved('resolved', 5);
    const module = begun(name, panic, recovery, state());
    const [adder, list] = [module.held_adder(), module.held('list')];
    const error = thrown(() =>
      module.nested(() => {
        adder(5);
        module.drop_held_adder();
        module.let_go('list');
        module.hold('another', {});
        module.fail('abort');
      }),
    );
    expect(error).toMatchObject({ code: 'REVIVE_ABORT' });
    expect([adder(1), module.held_adder() === adder, module.held('list') === list, module.held('another')]).toEqual([
      2,
      true,
      true,
      undefined,
    ]);
    module.__revive.restore(module.__revive.checkpoint());
    expect([module.held_adder()(1), module.held('list'), await module.held('resolved')]).toEqual([3, [1], 5]);
  });

  it('I7: plain data is as it was, and what is held twice is one', () => {
    const { module: before, state } = warm(name, panic);
    const plain = fc.anything({
      ...{
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withNullPrototype: true,
        withSparseArray: true,
        withTypedArray: true,
      },
    });
    const all = fc.sample(plain, { numRuns: 200, ...(process.env.SEED !== undefined && { seed: Number(process.env.SEED) }) });
    all.forEach((value, nth) => {
      before.hold(`${nth}`, value);
      before.hold(`${nth} again`, [value]);
    });
    const module = begun(name, panic, recovery, state());
    all.forEach((value, nth) => {
      expect(module.held(`${nth}`)).toStrictEqual(value);
      expect(Object.is((module.held(`${nth} again`) as unknown[])[0], module.held(`${nth}`))).toBe(true);
    });
  });

  it('I4, I7: a closure that Rust has dropped stays dropped', () => {
    const { module: before, state } = warm(name, panic);
    before.hold('adder', before.held_adder());
    before.drop_held_adder();
    const module = begun(name, panic, recovery, state());
    const message = ({ held }: Package): string => (thrown(() => (held('adder') as () => void)()) as Error).message;
    expect(message(module)).toBe(message(before));
    expect([module.held_adder()(1), module.held_adder()(1)]).toEqual([1, 2]);
  });

  it('finds nothing where nothing is held, though values have come and gone', () => {
    const { module, state } = warm(name, panic);
    expect(state().held).toBeUndefined();
    for (let nth = 0; nth < 300; nth++) module.same({ nth });
    expect(module.echo('ä')).toBe('ä');
    expect(state().held).toBeUndefined();
  });
});

describe('a host that has not what Rust holds', () => {
  it('I9: makes no instance, and says what is missing', () => {
    Object.defineProperty(globalThis, 'OnlyHere', { value: class {}, configurable: true });
    const { module: before, state } = warm('fixtures', 'abort');
    before.hold('class', (globalThis as { OnlyHere?: unknown }).OnlyHere);
    const saved = state();
    Reflect.deleteProperty(globalThis, 'OnlyHere');
    expect(thrown(() => begun('fixtures', 'abort', 'fresh', saved))).toMatchObject({
      message: expect.stringContaining(
        'Rust holds globalThis.OnlyHere since its start function has run, when the package was made; this host has none',
      ),
    });
  });

  it('I9: is thought of where the package is made', () => {
    const { module, state } = warm('fixtures', 'abort');
    module.hold('everywhere', [globalThis, console, Array.prototype.push, URL, Symbol.iterator, queueMicrotask]);
    module.hold('here', [process, Buffer]);
    expect(notEverywhere(state().held, 'web').sort()).toEqual(['Buffer', 'process']);
    expect(notEverywhere(state().held, 'nodejs')).toEqual([]);
  });
});

describe('a start function that', () => {
  /** Transforms the fixtures with a start function that does this besides, in the package `pkg`. */
  function prewarmed(does: string): { readonly module: () => Package; readonly warnings: readonly string[] } {
    const told = join(folder(), 'told.cjs');
    const all = 'Object.values(require.cache)';
    writeFileSync(
      told,
      `globalThis.wasmReviveStart = () => { const pkg = ${all}.find((one) => one.filename.endsWith('wasm_revive_fixtures.js')).exports; ${does}; return ''; };`,
    );
    process.env.NODE_OPTIONS = `--import=${pathToFileURL(told).href}`;
    const outDir = join(folder(), 'pkg');
    const { warnings } = transform({ dir: artifact('nodejs', 'abort', 'fixtures'), outDir, prewarm: true });
    return { warnings, module: () => createRequire(import.meta.url)(wasmFileOf(outDir).replace('_bg.wasm', '.js')) as Package };
  }

  it('I7: leaves Rust with values that a saved state carries is run once, and each instance has them', () => {
    const module = prewarmed(
      "pkg.hold('list', [process, { own: 1 }]); pkg.hold('adder', pkg.held_adder()); pkg.hold('undefined', undefined)",
    ).module();
    for (let generation = 1; generation <= 2; generation++) {
      expect(module.held('list')).toEqual([process, { own: 1 }]);
      expect(module.held('undefined')).toBe(undefined);
      expect([module.held('adder') === module.held_adder(), module.held_adder()(1)]).toEqual([true, 1]);
      module.__revive.reset();
    }
  });

  it.each([
    ["pkg.hold('it', Promise.resolve({}))", '1 Promise'],
    ["pkg.hold('it', () => {})", '1 function'],
    ["pkg.hold('it', new pkg.Counter(1))", '1 Counter'],
    ["pkg.hold('it', { list: [new WeakMap()] })", '1 WeakMap in an array'],
  ])('I9: does %s is refused, by the name of what it leaves', (does, what) => {
    expect(thrown(() => prewarmed(does))).toMatchObject({
      code: 'REVIVE_NOT_PREWARMED',
      message: expect.stringContaining(`Rust holds 1 of JavaScript's values that can't be saved: ${what}`),
    });
  });
});
