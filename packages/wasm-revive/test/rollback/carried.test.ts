/** What of JavaScript's a saved state carries: what futures have left, closures of Rust, objects of the host, plain data. SEED repeats a run. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Package as Fixtures, folder, never, RUNTIME, removeFolders, thrown, transformed, wasmFileOf } from '../fixtures.js';

interface Package extends Fixtures {
  drop_held_adder(): void;
  held(name: string): unknown;
  held_adder(): (n: number) => number;
  hold(name: string, value: unknown): void;
  hold_resolved(name: string, value: unknown): void;
  let_go(name: string): void;
  recall(key: string): string | undefined;
  remember_later(key: string, value: string): void;
  spawn_fail(kind: string, promise: Promise<unknown>): void;
}

const VARIANTS = [
  ['fixtures', 'abort'],
  ['fixtures', 'unwind'],
  ['fixtures-mvp', 'abort'],
  ['fixtures-revive', 'unwind'],
] as const;

const WORKER = fileURLToPath(new URL('carried-worker.cjs', import.meta.url));

afterAll(removeFolders);

describe.each(VARIANTS)('%s, panic=%s', (name, panic) => {
  const entry = wasmFileOf(transformed('nodejs', panic, RUNTIME, name, 'rollback')).replace('_bg.wasm', '.js');
  const load = (): Package => {
    const require = createRequire(import.meta.url);
    delete require.cache[entry];
    return require(entry) as Package;
  };
  const refuses = (module: Package, why: string): void =>
    expect(thrown(() => module.__revive.checkpoint())).toMatchObject({ code: 'REVIVE_NOT_SAVED', message: expect.stringContaining(why) });

  it('I7: another process goes on with futures, closures and data', async () => {
    const module = load();
    module.remember_later('early', 'remembered');
    await module.wait_for(Promise.resolve());
    expect([module.held_adder()(1), module.held_adder()(2)]).toEqual([1, 3]);
    const list = [1, undefined, -0, 'ä', 10n ** 20n];
    const map = new Map([['key', new Set<unknown>([new Date(5), /x/gi])]]);
    const data: Record<string, unknown> = { list, map, bytes: new Uint8Array([1, 2, 3]) };
    data.own = data;
    module.hold('data', data);
    module.hold('list', list);
    module.hold('known', [globalThis, console, Array.prototype.push, Symbol.iterator, Symbol.for('of everybody')]);
    module.hold('adder', module.held_adder());
    module.hold_resolved('resolved', 'a value');
    const file = join(folder(), 'state');
    writeFileSync(file, module.__revive.checkpoint());
    expect(JSON.parse(execFileSync(process.execPath, [WORKER, entry, file], { encoding: 'utf8' }))).toEqual({
      same: [true, true, true],
      adder: [6, true],
      data: true,
      known: true,
      futures: [null, 'waited for', 'remembered', 2],
      resolved: 'a value',
    });
    // Saving has changed nothing.
    expect([module.held('data') === data, module.held_adder()(4), module.__revive.generation]).toEqual([true, 7, 1]);
  });

  it('I7, I9: a task that waits is named, and no longer when it has finished', async () => {
    const module = load();
    const promise = Promise.resolve();
    module.spawn_fail('none', promise);
    refuses(module, 'a task of it waits');
    await module.wait_for(promise);
    module.__revive.restore(module.__revive.checkpoint());
    expect(await module.wait_for(Promise.resolve(3))).toBe(3);
    module.spawn_fail('none', never());
    await module.wait_for(promise);
    refuses(module, 'a task of it waits');
  });

  it.runIf(panic === 'unwind')('I2, I5: tasks behind one that panics run, in a restored instance too', async () => {
    const module = load();
    await module.ready(1);
    module.__revive.restore(module.__revive.checkpoint());
    const promise = Promise.resolve('both wait for it');
    module.spawn_fail('panic-message', promise);
    expect(await module.wait_for(promise)).toBe('both wait for it');
    expect(module.__revive.stats.failures).toBe(1);
  });

  it('I4, I7: a closure that Rust has dropped stays dropped', () => {
    const module = load();
    module.hold('adder', module.held_adder());
    module.drop_held_adder();
    const message = (): string => (thrown(() => (module.held('adder') as () => void)()) as Error).message;
    const before = message();
    module.__revive.restore(module.__revive.checkpoint());
    expect(message()).toBe(before);
    expect([module.held_adder()(1), module.held_adder()(1)]).toEqual([1, 2]);
    module.drop_held_adder();
    expect(module.held_adder()(1)).toBe(1);
  });

  it('I7: what a turn that fails does with a restored closure is undone', () => {
    const module = load();
    module.held_adder()(1);
    module.__revive.restore(module.__revive.checkpoint());
    const adder = module.held_adder();
    const error = thrown(() =>
      module.nested(() => {
        adder(5);
        module.drop_held_adder();
        module.fail('abort');
      }),
    );
    expect(error).toMatchObject({ code: 'REVIVE_ABORT' });
    expect([adder(1), module.held_adder() === adder]).toEqual([2, true]);
  });

  it('I7: plain data comes back as it was, and what is held twice is one', () => {
    const module = load();
    const plain = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withSparseArray: true,
      withTypedArray: true,
    });
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 5 }), (values) => {
        values.forEach((value, nth) => {
          module.hold(`${nth}`, value);
          module.hold(`${nth} again`, [value]);
        });
        module.__revive.restore(module.__revive.checkpoint());
        values.forEach((value, nth) => {
          expect(module.held(`${nth}`)).toStrictEqual(value);
          expect(Object.is((module.held(`${nth} again`) as unknown[])[0], module.held(`${nth}`))).toBe(true);
        });
      }),
      { numRuns: 40, ...(process.env.SEED !== undefined && { seed: Number(process.env.SEED) }) },
    );
  });

  it('I9: what can not be carried is named, and where it is', () => {
    const module = load();
    class Room {}
    const named: readonly (readonly [unknown, string])[] = [
      [never(), '1 Promise'],
      [() => {}, '1 function'],
      [{ list: [new Room()] }, '1 Room in an array'],
      [Symbol('own'), '1 symbol'],
      [Object.freeze([]), '1 Array'],
      [Object.assign([7, 8], { '': 'own' }), '1 Array'],
      [Object.assign([7, 8], { '01': 'own' }), '1 Array'],
      [Object.defineProperty({}, 'own', { get: () => 1, enumerable: true, configurable: true }), '1 Object'],
      [new module.Counter(1), '1 Counter'],
      [new WeakMap(), '1 WeakMap'],
      [new Map([[1, new Error('no')]]), '1 Error in a Map'],
    ];
    for (const [value, name] of named) {
      module.hold('it', value);
      refuses(module, `Rust holds 1 of JavaScript's values that can't be saved: ${name}.`);
    }
    module.let_go('it');
    module.__revive.checkpoint();
  });

  it('I9: a host that has no such object refuses the state, and nothing changes', () => {
    const module = load();
    Object.defineProperty(globalThis, 'OnlyHere', { value: class {}, configurable: true });
    module.hold('class', (globalThis as { OnlyHere?: unknown }).OnlyHere);
    const bytes = module.__revive.checkpoint();
    Reflect.deleteProperty(globalThis, 'OnlyHere');
    const counter = new module.Counter(1);
    expect(thrown(() => module.__revive.restore(bytes))).toMatchObject({
      code: 'REVIVE_NOT_RESTORED',
      message: expect.stringMatching(/`globalThis\.OnlyHere`, and this host has none\. Nothing was changed/),
    });
    expect([counter.inc(), module.__revive.generation]).toEqual([2, 1]);
  });
});
