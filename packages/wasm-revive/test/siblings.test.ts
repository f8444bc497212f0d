/** Siblings, on the real output of the transform: `__revive.instance(key)`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { transform } from '@wasm-revive/bindgen';
import type { CrashReport } from '@wasm-revive/kernel';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Revive } from '../src/index.js';
import {
  folder,
  load as loadFixtures,
  never,
  type Package as Plain,
  RUNTIME,
  removeFolders,
  thrown,
  transformed,
  wasmFileOf,
} from './fixtures.js';

interface Counter {
  inc(): number;
  get(): number;
  add(other: Counter): number;
  eat(other: Counter): number;
  later(): Promise<number>;
  free(): void;
  value: number;
}

interface CounterClass {
  new (n: number): Counter;
  of(n: number): Counter;
}

interface AnimalClass<A> {
  new (name: string): A;
  tally(): number;
  made: number;
}

/** What is used of the fixtures' exports. */
interface Fixtures {
  readonly Counter: CounterClass;
  readonly Dog: AnimalClass<{ readonly name: string; bark(): string }>;
  readonly Animal: AnimalClass<{ readonly name: string }>;
  readonly geometry: {
    readonly Box: new (a: number, b: number, c: number) => { volume(): number };
    readonly flat: { area(a: number, b: number): number };
  };
  add(a: number, b: number): number;
  bump(): number;
  count(): number;
  echo(text: string): string;
  fail(kind: string): void;
  catch_from(f: () => unknown): unknown;
  nested(f: () => unknown): unknown;
  leak(bytes: number): void;
  function_table(): WebAssembly.Table;
  length_adder(): (text: string) => number;
  raw_count_index(): number;
  ready(n: number): Promise<number>;
  wait_for(promise: Promise<unknown>): Promise<unknown>;
}

interface Package extends Fixtures {
  readonly __revive: Revive<Fixtures>;
}

afterEach(() => {
  removeFolders();
  vi.restoreAllMocks();
});

/** The fixtures, transformed and loaded anew. */
const load = (panic?: 'abort' | 'unwind'): Package => loadFixtures<Package>(panic);

describe('a sibling', () => {
  it('I2: has memory of its own, and is the same for the same key', () => {
    const { __revive, ...own } = load();
    const [a, b] = [__revive.instance('a'), __revive.instance('b')];
    expect([a.bump(), a.bump(), b.bump(), own.bump()]).toEqual([101, 102, 101, 101]);
    expect([a.count(), b.count(), own.count()]).toEqual([102, 101, 101]);
    expect(__revive.instance('a')).toBe(a);
    expect(a).not.toBe(b);
    expect(a.echo('äöü')).toBe('äöü');
  });

  it('shares the classes: `instanceof`, statics, subclasses, accessors, inheritance and namespaces', () => {
    const { __revive, Counter, Dog, Animal, geometry } = load();
    const a = __revive.instance('a');
    const counter = new a.Counter(5);
    expect([counter.inc(), counter.value, counter instanceof Counter, counter instanceof a.Counter]).toEqual([6, 6, true, true]);
    expect(counter.constructor).toBe(Counter);
    expect(a.Counter.of(7).get()).toBe(7);
    class Twice extends a.Counter {
      override inc(): number {
        return super.inc() * 2;
      }
    }
    const twice = new Twice(1);
    expect([twice.inc(), twice instanceof Twice, twice instanceof Counter]).toEqual([4, true, true]);
    const dog = new a.Dog('Rex');
    expect([dog.name, dog instanceof Dog, dog instanceof Animal]).toEqual(['Rex', true, true]);
    expect([new a.geometry.Box(1, 2, 3).volume(), a.geometry.flat.area(2, 3)]).toEqual([6, 6]);
    expect(new a.geometry.Box(1, 2, 3)).toBeInstanceOf(geometry.Box);
  });

  it('I4: statics that a class inherits are the sibling’s, too', () => {
    const { __revive, ...own } = load();
    const a = __revive.instance('a');
    new a.Animal('Ada');
    new a.Dog('Rex');
    expect([a.Dog.tally(), a.Dog.made, a.Animal.made, own.Dog.tally(), own.Dog.made]).toEqual([2, 2, 2, 0, 0]);
    a.Dog.made = 7;
    expect([a.Animal.tally(), own.Animal.tally()]).toEqual([7, 0]);
    class Puppy extends a.Dog {}
    Puppy.made = 9;
    expect([new Puppy('Rex').bark(), Puppy.tally(), a.Animal.tally(), own.Animal.tally()]).toEqual(['Rex 1', 10, 10, 0]);
    expect(Object.getPrototypeOf(a.Dog)).toBe(a.Animal);
  });

  it('I4: what the function table has is the sibling’s', () => {
    const { __revive, ...own } = load();
    const a = __revive.instance('a');
    const count = (one: Fixtures): number => (one.function_table().get(one.raw_count_index()) as () => number)();
    expect([count(a), count(a), count(own)]).toEqual([1, 2, 1]);
  });

  it('I2: what the program writes on a class stays there', () => {
    const { __revive, Counter } = load();
    const [a, b] = [__revive.instance('a'), __revive.instance('b')];
    const everywhere = (key: string): boolean[] => [a.Counter, b.Counter, Counter].map((one) => key in one);
    class Sub extends a.Counter {}
    Object.assign(Sub, { cache: 1 });
    expect([Object.hasOwn(Sub, 'cache'), ...everywhere('cache')]).toEqual([true, false, false, false]);
    Object.assign(a.Counter, { extra: 1 });
    expect(everywhere('extra')).toEqual([true, false, false]);
    Object.defineProperty(a.Counter, 'of', { value: () => 'a spy', configurable: true });
    expect([a.Counter.of(1), b.Counter.of(1).get(), Counter.of(1).get()]).toEqual(['a spy', 1, 1]);
    Reflect.deleteProperty(a.Counter, 'of');
    expect(everywhere('of')).toEqual([false, true, true]);
  });

  it('I4: a class that is frozen changes nothing of another instance’s', () => {
    const { __revive, Counter } = load();
    Object.freeze(Counter);
    const counter = __revive.instance('a').Counter.of(3);
    expect([counter.inc(), counter instanceof Counter]).toEqual([4, true]);
  });

  it('I9: the classes look as the module’s own do', () => {
    const { __revive, ...own } = load();
    const a = __revive.instance('a');
    for (const name of ['Counter', 'Dog', 'Animal'] as const) {
      const [one, other] = [a[name], own[name]];
      expect([one.name, one.length, one.prototype, Object.keys(one)]).toEqual([
        other.name,
        other.length,
        other.prototype,
        Object.keys(other),
      ]);
      const descriptorsOf = (cls: object): unknown =>
        Object.entries(Object.getOwnPropertyDescriptors(cls))
          .map(([key, { enumerable, configurable, writable }]) => [key, enumerable, configurable, writable])
          .sort();
      expect(descriptorsOf(one)).toEqual(descriptorsOf(other));
      expect(() => (one as unknown as () => void)()).toThrow(new TypeError(`Class constructor ${name} cannot be invoked without 'new'`));
    }
  });

  it('I9: what the program has put into a namespace does no harm', () => {
    const { __revive, geometry } = load();
    Object.assign(geometry, { self: geometry });
    Object.defineProperty(geometry, 'broken', {
      enumerable: true,
      get() {
        throw new Error('not now');
      },
    });
    const a = __revive.instance('a');
    expect([a.geometry.flat.area(2, 3), (a.geometry as unknown as { self: unknown }).self]).toEqual([6, a.geometry]);
    expect(() => (a.geometry as unknown as { broken: unknown }).broken).toThrow('not now');
  });

  it('I4: a handle of an instance that ends in this turn is stale, not foreign', () => {
    const { __revive, Counter } = load();
    const own = new Counter(1);
    __revive.reset();
    expect(thrown(() => new Counter(2).add(own))).toMatchObject({ code: 'REVIVE_STALE_HANDLE' });
    const a = __revive.instance('a');
    const mine = new a.Counter(1);
    __revive.evict('a');
    expect(thrown(() => new a.Counter(2).add(mine))).toMatchObject({ code: 'REVIVE_STALE_HANDLE' });
    // Those of another instance are still that one's.
    expect(thrown(() => new a.Counter(2).add(new Counter(1)))).toMatchObject({ code: 'REVIVE_FOREIGN_HANDLE' });
  });

  it('I4: a handle that was freed says so, whatever has become of the default instance', () => {
    const { __revive, ...own } = load();
    const a = __revive.instance('a');
    const counter = new a.Counter(1);
    counter.free();
    expect(() => counter.inc()).toThrow('null pointer passed to rust');
    __revive.configure({ maxRestarts: 0 });
    thrown(() => own.fail('abort'));
    expect(thrown(() => own.bump())).toMatchObject({ code: 'REVIVE_CRASH_LOOP' });
    expect(() => counter.inc()).toThrow('null pointer passed to rust');
  });

  it('I4: methods, accessors and `free()` find the instance by the handle', () => {
    const { __revive, Counter } = load();
    const a = __revive.instance('a');
    // The same addresses, in two memories.
    const [mine, own] = [new a.Counter(10), new Counter(20)];
    mine.value = 11;
    expect([mine.inc(), own.inc()]).toEqual([12, 21]);
    mine.free();
    expect([own.inc(), own.get()]).toEqual([22, 22]);
    own.free();
    expect(new a.Counter(1).get()).toBe(1);
  });

  it('I4: a handle that is given to another instance is refused, by the names of both, and nothing is done', () => {
    const { __revive, Counter } = load();
    const [a, b] = [__revive.instance('a'), __revive.instance(42)];
    const [mine, theirs, own] = [new a.Counter(1), new b.Counter(2), new Counter(3)];
    for (const [one, other, names] of [
      [mine, theirs, ['instance "42"', 'instance "a"']],
      [theirs, own, ['the default instance', 'instance "42"']],
      [own, mine, ['instance "a"', 'the default instance']],
    ] as const) {
      for (const use of [() => one.add(other), () => one.eat(other)]) {
        const error = thrown(use);
        expect(error).toMatchObject({ code: 'REVIVE_FOREIGN_HANDLE' });
        for (const name of names) expect((error as Error).message).toContain(name);
      }
    }
    expect([mine.inc(), theirs.inc(), own.inc()]).toEqual([2, 3, 4]);
    expect([a.add(1, 2), b.add(1, 2)]).toEqual([3, 3]);
  });

  it.each(['abort', 'unwind'] as const)('I1, I2: is lost alone, with all that is in flight on it (panic=%s)', async (panic) => {
    const { __revive, ...own } = load(panic);
    const reports: CrashReport[] = [];
    __revive.on('failure', (report) => void reports.push(report));
    const [a, b] = [__revive.instance('a'), __revive.instance('b')];
    const everybody = [a, b, own];
    for (const one of everybody) one.bump();
    const [mine, theirs, default_] = everybody.map((one) => new one.Counter(1)) as [Counter, Counter, Counter];
    const flights = everybody.map((one) => one.wait_for(never()));
    const heard: unknown[] = [];
    for (const flight of flights) flight.catch((error: unknown) => heard.push(error));
    expect(thrown(() => a.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
    await undefined;
    await undefined;
    await undefined;
    expect(heard).toMatchObject([{ code: 'REVIVE_INSTANCE_LOST' }]);
    expect(reports).toMatchObject([{ instance: 'a', callsLost: 1, recovery: 'fresh' }]);
    expect(thrown(() => mine.inc())).toMatchObject({ code: 'REVIVE_STALE_HANDLE' });
    mine.free();
    expect([theirs.inc(), default_.inc(), b.count(), own.count()]).toEqual([2, 2, 101, 101]);
    // A fresh one in its place.
    expect([a.count(), a.bump(), new a.Counter(1).inc()]).toEqual([100, 101, 2]);
    expect(await Promise.all(everybody.map((one) => one.ready(3)))).toEqual([4, 4, 4]);
  });

  it('I3: is lost in a nested call, and the frames of the others go on', () => {
    const { __revive, ...own } = load();
    const a = __revive.instance('a');
    expect(own.catch_from(() => a.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
    expect(a.catch_from(() => own.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
    expect([a.add(1, 2), own.add(1, 2)]).toEqual([3, 3]);
  });

  it('I4: finalizers give back what was its own', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const { __revive, Counter } = load();
    const a = __revive.instance('a');
    const own = new Counter(1);
    (() => new a.Counter(2))();
    for (let n = 0; n < 5; n++) {
      gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([own.inc(), new a.Counter(3).inc()]).toEqual([2, 4]);
  });

  it('can be reset, told of and counted by itself', () => {
    const { __revive, ...own } = load();
    const a = __revive.instance('a');
    a.bump();
    own.bump();
    __revive.reset();
    expect([a.count(), own.count()]).toEqual([101, 100]);
  });
});

it('I9: a sibling waits for the default instance, and says what to call', async () => {
  const outDir = folder();
  const dir = fileURLToPath(new URL('../../../.artifacts/fixtures/abort/web/', import.meta.url));
  transform({ dir, outDir, version: '9.9.9', runtime: { import: pathToFileURL(RUNTIME.replace(/cjs$/, 'js')).href } });
  const glue = (await import(pathToFileURL(join(outDir, 'wasm_revive_fixtures.js')).href)) as Package & {
    initSync(options: { module: BufferSource }): void;
  };
  const a = glue.__revive.instance('a');
  const error = thrown(() => a.bump());
  expect(error).toMatchObject({ code: 'REVIVE_NOT_READY', retryable: true });
  expect((error as Error).message).toContain('initSync');
  glue.initSync({ module: readFileSync(join(outDir, 'wasm_revive_fixtures_bg.wasm')) });
  expect(a.bump()).toBe(101);
});

describe('a sibling that fails', () => {
  const failing = (one: Fixtures, times: number): unknown[] => Array.from({ length: times }, () => thrown(() => one.fail('abort')));

  it('I2: is limited by itself, from its first failure on, whenever the limit was set', () => {
    const { __revive, add } = load();
    const [a, b, c] = [__revive.instance('a'), __revive.instance('b'), __revive.instance({})];
    __revive.configure({ maxRestarts: 2, withinMs: 60_000 });
    const codes = failing(a, 4).map((error) => (error as { code: string }).code);
    expect(codes).toEqual(['REVIVE_ABORT', 'REVIVE_ABORT', 'REVIVE_ABORT', 'REVIVE_CRASH_LOOP']);
    // A key that is an object, of which there has been no instance yet.
    expect(failing(c, 4).map((error) => (error as { code: string }).code)).toEqual(codes);
    expect([b.add(1, 2), add(1, 2)]).toEqual([3, 3]);
    const error = thrown(() => a.bump());
    expect((error as Error).message).toContain('wasm_revive_fixtures, instance "a", failed too often');
    // Whoever evicts it gives it another chance.
    __revive.evict('a');
    expect(a.bump()).toBe(101);
  });

  it('I2: makes its first instance where none may be made anew', () => {
    const { __revive } = load();
    __revive.configure({ maxRestarts: 0 });
    const a = __revive.instance('a');
    expect(a.bump()).toBe(101);
    thrown(() => a.fail('abort'));
    expect((thrown(() => a.bump()) as Error).message).toContain('evict its key');
    expect(__revive.evict('a')).toBe(false);
    expect(a.bump()).toBe(101);
  });

  it('I1: at its start: whoever called hears of it; what is thrown on purpose leaves it serving', () => {
    const { __revive, add } = load();
    const a = __revive.instance('a');
    const globals = globalThis as { wasmReviveStart?: () => string };
    try {
      globals.wasmReviveStart = () => 'throw';
      expect((thrown(() => a.bump()) as Error).message).toBe('thrown by start on purpose');
      expect(a.bump()).toBe(101);
      globals.wasmReviveStart = () => 'abort';
      const b = __revive.instance('b');
      for (let n = 0; n < 5; n++) expect(thrown(() => b.bump())).toMatchObject({ code: 'REVIVE_ABORT' });
      expect(thrown(() => b.bump())).toMatchObject({ code: 'REVIVE_CRASH_LOOP' });
    } finally {
      delete globals.wasmReviveStart;
    }
    expect([a.bump(), add(1, 2)]).toEqual([102, 3]);
  });

  it('I5: to be made synchronously is made in another way, and an event says when', async () => {
    const { __revive } = load();
    const recovered = new Promise((resolve) => __revive.on('recovered', resolve));
    vi.spyOn(WebAssembly, 'Instance').mockImplementation(function refuse() {
      throw new RangeError('too big for the main thread');
    });
    const a = __revive.instance('a');
    expect(thrown(() => a.bump())).toMatchObject({ code: 'REVIVE_RECOVERING', retryable: true });
    await expect(recovered).resolves.toMatchObject({ instance: 'a', generation: 1 });
    expect(a.bump()).toBe(101);
    __revive.evict('a');
    const again = new Promise((resolve) => __revive.on('recovered', resolve));
    expect(thrown(() => a.bump())).toMatchObject({ code: 'REVIVE_RECOVERING' });
    await expect(again).resolves.toMatchObject({ instance: 'a' });
    expect(a.bump()).toBe(101);
  });

  it('I1: and is evicted by a plugin that decides what is done: the failure is told all the same', async () => {
    const { __revive } = load('unwind');
    const a = __revive.instance('a');
    const reports: CrashReport[] = [];
    __revive.on('failure', (report) => void reports.push(report));
    __revive.use({ name: 'evicts', failed: () => void __revive.evict('a') });
    expect(thrown(() => a.fail('panic-message'))).toMatchObject({ code: 'REVIVE_PANIC' });
    expect(reports).toMatchObject([{ instance: 'a', failure: { kind: 'unwound' } }]);
    await undefined;
    expect(a.bump()).toBe(101);
  });

  it('I6: after it was evicted, before its turn is over, is not counted against the next one of its key', async () => {
    const { __revive } = load();
    __revive.configure({ maxRestarts: 1, withinMs: 60_000, foreignExceptions: 'recover' });
    const a = __revive.instance('a');
    const evictAndThrow = (): never => {
      __revive.evict('a');
      throw new Error('on its way through Rust');
    };
    expect(thrown(() => a.nested(evictAndThrow))).toMatchObject({ message: 'on its way through Rust' });
    await undefined;
    expect(failing(a, 3)).toMatchObject([{ code: 'REVIVE_ABORT' }, { code: 'REVIVE_ABORT' }, { code: 'REVIVE_CRASH_LOOP' }]);
  });

  it('I6: and is evicted by a listener that hears that it is retired, stays away until somebody calls', async () => {
    const { __revive } = load();
    __revive.use({ name: 'gives up', failed: () => 'retire' });
    const made = vi.fn();
    __revive.use({ name: 'counts', instantiated: made });
    const a = __revive.instance('a');
    const recovered = vi.fn();
    __revive.on('recovered', recovered);
    __revive.on('retired', () => void __revive.evict('a'));
    expect(thrown(() => a.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
    for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve));
    expect([made.mock.calls.length, recovered.mock.calls.length]).toEqual([1, 0]);
    expect(a.bump()).toBe(101);
    expect([made.mock.calls.length, recovered.mock.calls.length]).toEqual([2, 0]);
  });

  it('I6: and is evicted before it has recovered stays away, and that is no restart', async () => {
    const { __revive } = load();
    __revive.configure({ maxRestarts: 2, withinMs: 60_000, maxInstances: 1 });
    for (let n = 0; n < 5; n++) {
      const a = __revive.instance('a');
      thrown(() => a.fail('abort'));
      expect(__revive.evict('a')).toBe(true);
      await undefined;
      await undefined;
      const b = __revive.instance('b');
      expect(b.bump()).toBe(101);
      expect(__revive.evict('b')).toBe(true);
    }
  });

  it('I9: gives its seat back where nothing could be made', () => {
    const { __revive } = load();
    __revive.configure({ maxInstances: 2, maxRestarts: 0 });
    for (const key of ['a', 'b']) failing(__revive.instance(key), 1);
    expect(__revive.instance('c').bump()).toBe(101);
  });
});

describe('keyed instances', () => {
  it('I5, I6: are evicted when the program says so: what is in flight is rejected, handles are stale, the next call makes a fresh one', async () => {
    const { __revive } = load();
    const a = __revive.instance('a');
    a.bump();
    const counter = new a.Counter(1);
    const flight = a.wait_for(never());
    expect([__revive.evict('a'), __revive.evict('a'), __revive.evict('nobody')]).toEqual([true, false, false]);
    await expect(flight).rejects.toMatchObject({ code: 'REVIVE_INSTANCE_LOST' });
    expect(thrown(() => counter.inc())).toMatchObject({ code: 'REVIVE_STALE_HANDLE' });
    expect(a.count()).toBe(100);
    expect(__revive.instance('a')).toBe(a);
  });

  it('I6: are evicted when nobody has called them for long, and not while they owe a promise', async () => {
    const { __revive } = load();
    const [busy, idle, called] = ['busy', 'idle', 'called'].map((key) => __revive.instance(key)) as [Fixtures, Fixtures, Fixtures];
    const handles = [busy, idle, called].map((one) => new one.Counter(1)) as [Counter, Counter, Counter];
    const flight = busy.wait_for(new Promise((resolve) => setTimeout(resolve, 400)));
    __revive.configure({ idleMs: 40 });
    // By its handle: `called` is in use; `idle` is not.
    const calling = setInterval(() => handles[2].inc(), 5);
    await vi.waitFor(() => expect(() => handles[1].inc()).toThrow('keyed instance'), { timeout: 5_000, interval: 200 });
    expect(handles[2].inc()).toBeGreaterThan(2);
    await flight;
    expect(handles[0].inc()).toBe(2);
    clearInterval(calling);
    expect(idle.count()).toBe(100);
  });

  it('I3: that are evicted while they start, or in a turn, end when that is over, and can be evicted again', async () => {
    const { __revive } = load();
    __revive.configure({ maxInstances: 1 });
    const a = __revive.instance('a');
    let evicted = 0;
    __revive.use({ name: 'evicts', instantiated: ({ generation }) => void (generation === 1 && evicted++ < 1 && __revive.evict('a')) });
    expect(a.bump()).toBe(101);
    expect(thrown(() => __revive.instance('b').bump())).toMatchObject({ code: 'REVIVE_TOO_MANY_INSTANCES' });
    expect(a.catch_from(() => __revive.evict('a'))).toBeUndefined();
    await undefined;
    expect(__revive.instance('b').bump()).toBe(101);
    expect(thrown(() => a.bump())).toMatchObject({ code: 'REVIVE_TOO_MANY_INSTANCES' });
  });

  it('I6: of a key that is an object don’t keep the object', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const { __revive } = load();
    const users = Array.from({ length: 5 }, () => {
      const user: { exports?: Fixtures } = {};
      user.exports = __revive.instance(user);
      user.exports.bump();
      __revive.evict(user);
      return new WeakRef(user);
    });
    for (let n = 0; n < 5; n++) {
      await new Promise((resolve) => setImmediate(resolve));
      gc();
    }
    expect(users.map((user) => user.deref())).toEqual(users.map(() => undefined));
  });

  it('I9: have keys of any kind, which messages shorten, and from which a redaction takes what it takes from all', () => {
    const { __revive } = load();
    __revive.configure({ redact: (text) => text.replaceAll('secret', '…'), maxRestarts: 0 });
    const odd = [
      {
        toString: () => {
          throw new Error('no text');
        },
      },
      Object.create(null),
      Symbol('s'),
      undefined,
      Number.NaN,
      'secret'.repeat(100_000),
    ];
    for (const key of odd) {
      const one = __revive.instance(key);
      expect(one.bump()).toBe(101);
      const { report } = thrown(() => one.fail('abort')) as { report: CrashReport };
      expect(report.instance?.length).toBeLessThanOrEqual(1_024);
      expect(report.instance).not.toContain('secret');
    }
  });

  it('I9: are as many as are allowed', () => {
    const { __revive } = load();
    __revive.configure({ maxInstances: 2 });
    const [a, b, c] = ['a', 'b', 'c'].map((key) => __revive.instance(key)) as [Fixtures, Fixtures, Fixtures];
    a.bump();
    b.bump();
    const error = thrown(() => c.bump());
    expect(error).toMatchObject({ code: 'REVIVE_TOO_MANY_INSTANCES', retryable: true });
    expect((error as Error).message).toMatch(/2.*evict/s);
    __revive.evict('a');
    expect(c.bump()).toBe(101);
    expect(thrown(() => a.bump())).toMatchObject({ code: 'REVIVE_TOO_MANY_INSTANCES' });
    expect(b.bump()).toBe(102);
  });
});

describe('a handle that was freed', () => {
  it('I4: is refused in the words of the glue, before the first call has ended well and after a recovery', () => {
    const file = wasmFileOf(transformed('nodejs')).replace('_bg.wasm', '.js');
    const text = readFileSync(file, 'utf8');
    // As wasm-bindgen's `--debug` has it.
    const checked = text.replace(/^ {4}inc\(\$this\) \{/m, "$& if ($this.__wbg_ptr == 0) throw new Error('Attempt to use a moved value');");
    expect(checked).not.toBe(text);
    writeFileSync(file, checked);
    const module = createRequire(import.meta.url)(file) as Plain;
    for (const _ of ['new', 'recovered']) {
      const counter = new module.Counter(1);
      counter.free();
      expect(() => counter.inc()).toThrow('Attempt to use a moved value');
      expect(() => module.fail('abort')).toThrow();
    }
  });
});
