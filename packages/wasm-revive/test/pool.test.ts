/** Pools, on the real output of the transform: several instances serve the module's own exports. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { transform } from '@wasm-revive/bindgen';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Counter, type Fixtures, folder, load, never, type Package, RUNTIME, removeFolders, thrown } from './fixtures.js';

afterEach(() => {
  removeFolders();
  vi.restoreAllMocks();
});

/** Makes calls that stay in flight. */
function wait(pkg: Package, calls: number): Promise<unknown>[] {
  return Array.from({ length: calls }, () => {
    const call = pkg.wait_for(never());
    call.catch(() => {});
    return call;
  });
}

/** Counts the instances that are made from now on. */
function countMade({ __revive }: Package): () => number {
  let made = 0;
  __revive.use({ name: 'counts', instantiated: () => void made++ });
  return () => made;
}

/** Whether the instance of an object is there. */
function lives(counter: Counter): boolean {
  try {
    counter.get();
    return true;
  } catch {
    return false;
  }
}

/** How many of them settle soon. */
const settled = async (promises: readonly Promise<unknown>[]): Promise<number> => {
  let count = 0;
  for (const promise of promises)
    promise.then(
      () => count++,
      () => count++,
    );
  await new Promise((resolve) => setImmediate(resolve));
  return count;
};

describe('a pool', () => {
  it('sends a call to the instance that owes the fewest promises, and makes instances on demand', async () => {
    const pkg = load();
    const { __revive } = pkg;
    const made = countMade(pkg);
    __revive.configure({ pool: { max: 3 } });
    pkg.bump();
    expect([pkg.count(), made()]).toEqual([101, 0]);
    wait(pkg, 1);
    expect([pkg.count(), made()]).toEqual([100, 1]);
    wait(pkg, 1);
    expect([pkg.count(), made()]).toEqual([100, 2]);
    wait(pkg, 1);
    // Each owes one, and there are as many as may be: the first takes the call.
    expect([pkg.count(), made()]).toEqual([101, 2]);
    expect(__revive.stats.inFlight).toBe(3);
    expect(await pkg.ready(3)).toBe(4);
  });

  it.each([
    [
      'a pool of eight',
      ({ __revive, ...own }: Package): Fixtures[] => {
        __revive.configure({ pool: { max: 8 } });
        return [own];
      },
    ],
    ['eight siblings', ({ __revive }: Package): Fixtures[] => Array.from({ length: 8 }, (_, n) => __revive.instance(n) as Fixtures)],
  ])('I2: an abort costs the calls in flight on one instance: of 1,000 on %s, those are rejected, each once', async (_, spread) => {
    const pkg = load();
    const all = spread(pkg);
    const reports: { callsLost: number }[] = [];
    pkg.__revive.on('failure', (report) => void reports.push(report));
    const rejections = new Array<number>(1_000).fill(0);
    const codes = new Set<unknown>();
    const calls = rejections.map((_, n) => {
      const call = (all[n % all.length] as Fixtures).wait_for(never());
      call.catch((error) => {
        rejections[n] = (rejections[n] as number) + 1;
        codes.add((error as { code: unknown }).code);
      });
      return call;
    });
    expect(await settled(calls)).toBe(0);
    expect(thrown(() => all.at(-1)?.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
    await undefined;
    // In the same microtask.
    expect(rejections.filter((count) => count === 1).length).toBe(125);
    expect(await settled(calls)).toBe(125);
    expect(rejections.filter((count) => count > 1)).toEqual([]);
    expect([reports.map(({ callsLost }) => callsLost), [...codes]]).toEqual([[125], ['REVIVE_INSTANCE_LOST']]);
    const ready = Array.from({ length: 16 }, (_, n) => (all[n % all.length] as Fixtures).ready(3));
    expect(await Promise.all(ready)).toEqual(new Array(16).fill(4));
  });

  it('I4: a call goes where the handles live that it is given; handles of two instances are refused', () => {
    const pkg = load();
    const { __revive, Counter, Point } = pkg;
    __revive.configure({ pool: { max: 2 } });
    const [first, points] = [new Counter(1), [new Point(3, 4), new Point(3, 4), new Point(3, 4)]];
    pkg.bump();
    wait(pkg, 1);
    const [second, others] = [new Counter(10), [new Point(6, 8), new Point(6, 8), new Point(6, 8)]];
    expect([pkg.count(), first.inc(), second.inc()]).toEqual([100, 2, 11]);
    wait(pkg, 1);
    // Both owe as many, and the objects tell whose turn it is.
    expect([first.add(Counter.of(1)), second.get()]).toEqual([3, 11]);
    expect([pkg.sum_points([points[0], points[1]]), pkg.sum_points([others[0], others[1]])]).toEqual([10, 20]);
    expect(thrown(() => first.add(second))).toMatchObject({ code: 'REVIVE_FOREIGN_HANDLE' });
    expect(thrown(() => pkg.sum_points([points[2], others[2]]))).toMatchObject({ code: 'REVIVE_FOREIGN_HANDLE' });
    expect([first, second].every((one) => one instanceof Counter)).toBe(true);
    first.free();
    expect(second.inc()).toBe(12);
    // A handle of a sibling that is none of the pool is refused as ever.
    const { Counter: Foreign } = __revive.instance('a');
    expect(thrown(() => second.add(new Foreign(1)))).toMatchObject({ code: 'REVIVE_FOREIGN_HANDLE' });
  });

  it('I3: a nested call stays where it is, however many calls others owe', () => {
    const pkg = load();
    pkg.__revive.configure({ pool: { max: 3 } });
    pkg.bump();
    pkg.bump();
    wait(pkg, 1);
    expect(pkg.count()).toBe(100);
    const counts: number[] = [];
    pkg.nested(() => {
      pkg.bump();
      wait(pkg, 2);
      counts.push(pkg.count());
    });
    expect(counts).toEqual([101]);
    // The second instance is lost below its own frames; the first goes on.
    expect(thrown(() => pkg.nested_catching(() => pkg.fail('abort')))).toMatchObject({ code: 'REVIVE_ABORT' });
    expect([pkg.add(1, 2), pkg.echo('ä')]).toEqual([3, 'ä']);
  });

  it('I2: an instance that may not be started again is passed over, and the breaker’s error is thrown where nobody else serves', async () => {
    const pkg = load();
    const { __revive } = pkg;
    __revive.configure({ pool: { max: 2 }, maxRestarts: 0 });
    wait(pkg, 1);
    expect(thrown(() => pkg.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT', report: { instance: 'pool 2' } });
    for (let n = 0; n < 3; n++) expect(pkg.add(1, 2)).toBe(3);
    expect(thrown(() => pkg.fail('abort'))).not.toHaveProperty('report.instance');
    expect(thrown(() => pkg.add(1, 2))).toMatchObject({ code: 'REVIVE_CRASH_LOOP' });
    __revive.configure({ maxRestarts: Number.POSITIVE_INFINITY });
    __revive.reset();
    wait(pkg, 1);
    expect([pkg.add(1, 2), pkg.count()]).toEqual([3, 100]);
  });

  it('I2: passes over one that may not be started again, and makes one that a reset has ended, though none is restarted', () => {
    const pkg = load();
    const { __revive } = pkg;
    __revive.configure({ pool: { max: 2 }, maxRestarts: 0 });
    for (let round = 0; round < 2; round++) {
      expect(thrown(() => pkg.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
      expect([pkg.bump(), pkg.bump()]).toEqual([101, 102]);
      __revive.reset();
    }
  });

  it('I6: makes `min` ahead, and goes back to that when the others are idle', async () => {
    const pkg = load();
    const made = countMade(pkg);
    pkg.__revive.configure({ pool: { min: 2, max: 4 }, idleMs: 40 });
    await undefined;
    expect(made()).toBe(1);
    const release: (() => void)[] = [];
    const counters: Counter[] = [];
    const calls = Array.from({ length: 4 }, () => {
      // The next call goes to another instance.
      counters.push(new pkg.Counter(1));
      return pkg.wait_for(new Promise<void>((resolve) => release.push(resolve)));
    });
    expect(made()).toBe(3);
    for (const resolve of release) resolve();
    await Promise.all(calls);
    const alive = (): number => counters.filter((counter) => lives(counter)).length;
    expect(alive()).toBe(4);
    // Longer than they may be idle: to ask is a call.
    await vi.waitFor(() => expect(alive()).toBe(2), { timeout: 5_000, interval: 200 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([alive(), lives(counters[0] as Counter)]).toEqual([2, true]);
  });

  it('I7: is made smaller, and goes: the default instance goes on', async () => {
    const pkg = load();
    const { __revive } = pkg;
    __revive.configure({ pool: { max: 3 } });
    pkg.bump();
    const calls = wait(pkg, 3);
    const handle = new pkg.Counter(1);
    __revive.configure({ pool: undefined });
    expect(await settled(calls)).toBe(2);
    expect([pkg.count(), pkg.add(1, 2), handle.inc(), __revive.stats.inFlight]).toEqual([101, 3, 2, 1]);
    __revive.configure({ pool: { max: 2 } });
    expect([pkg.count(), handle.inc()]).toEqual([100, 3]);
    const others = wait(pkg, 1);
    __revive.reset();
    expect(await settled([...calls, ...others])).toBe(4);
    expect(thrown(() => handle.inc())).toMatchObject({ code: 'REVIVE_STALE_HANDLE' });
    expect(pkg.count()).toBe(100);
  });

  it('I5: goes on with those that are there while another is made asynchronously', async () => {
    const pkg = load();
    const { __revive } = pkg;
    __revive.configure({ pool: { max: 2 } });
    const recovered = new Promise((resolve) => __revive.on('recovered', resolve));
    vi.spyOn(WebAssembly, 'Instance').mockImplementation(function refuse() {
      throw new RangeError('too big for the main thread');
    });
    pkg.bump();
    wait(pkg, 1);
    expect([pkg.count(), pkg.count()]).toEqual([101, 101]);
    await expect(recovered).resolves.toMatchObject({ instance: 'pool 2' });
    expect(pkg.count()).toBe(100);
  });

  it('I7: calls what the façade does: with a receiver, with many arguments, by any name', () => {
    const pkg = load();
    pkg.__revive.configure({ pool: { max: 2 } });
    wait(pkg, 1);
    expect(pkg.title.call({ title: 'a title' })).toBe('a title');
    expect(new pkg.geometry.Box(1, 2, 3).volume()).toBe(6);
    const { value: proto } = Object.getOwnPropertyDescriptor(pkg, '__proto__') ?? { value: Object.getPrototypeOf(pkg) };
    expect((proto as () => unknown)()).toBe(8);
  });

  it('I9: waits for the first instance, and makes the others then', async () => {
    const outDir = folder();
    const dir = fileURLToPath(new URL('../../../.artifacts/fixtures/abort/web/', import.meta.url));
    transform({ dir, outDir, version: '9.9.9', runtime: { import: pathToFileURL(RUNTIME.replace(/cjs$/, 'js')).href } });
    const pkg = (await import(pathToFileURL(join(outDir, 'wasm_revive_fixtures.js')).href)) as Package & {
      initSync(options: { module: BufferSource }): void;
    };
    const made = countMade(pkg);
    pkg.__revive.configure({ pool: { min: 3, max: 3 } });
    expect(thrown(() => pkg.bump())).toMatchObject({ code: 'REVIVE_NOT_READY', message: expect.stringContaining('initSync') as string });
    pkg.initSync({ module: readFileSync(join(outDir, 'wasm_revive_fixtures_bg.wasm')) });
    expect([pkg.bump(), made()]).toEqual([101, 1]);
    await undefined;
    expect(made()).toBe(3);
    wait(pkg, 1);
    expect([pkg.count(), made()]).toEqual([100, 3]);
  });

  it('I9: can be what a runtime is composed with, as can calls that are run again', () => {
    const runtime = join(folder(), 'runtime.cjs');
    const compose = (options: object): Package => {
      const code = `const { revive } = require(${JSON.stringify(RUNTIME)});
        exports.revive = (factory, description) => revive(factory, description, ${JSON.stringify(options)});`;
      writeFileSync(runtime, code);
      delete createRequire(import.meta.url).cache[runtime];
      return load('abort', runtime);
    };
    const pkg = compose({ pool: { max: 2 }, retry: { idempotent: ['nested_catching'] } });
    wait(pkg, 1);
    let runs = 0;
    pkg.nested_catching(() => ++runs === 1 && pkg.fail('abort'));
    expect([runs, pkg.count(), pkg.__revive.stats.inFlight]).toEqual([2, 100, 1]);
    expect(() => compose({ pool: { max: 0 } })).toThrow('pool.max');
    expect(() => compose({ retry: { idempotent: ['nothing'] } })).toThrow('"nothing"');
  });

  it('I9: takes no place of keyed instances', () => {
    const pkg = load();
    const { __revive } = pkg;
    __revive.configure({ pool: { max: 3 }, maxInstances: 1 });
    wait(pkg, 3);
    expect(__revive.instance('a').bump()).toBe(101);
    expect(thrown(() => __revive.instance('b').bump())).toMatchObject({ code: 'REVIVE_TOO_MANY_INSTANCES' });
    wait(pkg, 1);
    expect(__revive.stats.inFlight).toBe(4);
  });

  it('I7: keeps what a panic left intact, on each instance', async () => {
    const pkg = load('unwind');
    pkg.__revive.configure({ pool: { max: 2 } });
    wait(pkg, 1);
    pkg.bump();
    expect(thrown(() => pkg.fail('panic-message'))).toMatchObject({ code: 'REVIVE_PANIC', report: { instance: 'pool 2' } });
    expect(pkg.count()).toBe(101);
    expect(await pkg.ready(1)).toBe(2);
  });
});

describe('a pool by keys', () => {
  it('sends a call to the instance of its key, which `instance(key)` also leads to', async () => {
    const pkg = load();
    const { __revive, Counter } = pkg;
    const asked: unknown[] = [];
    __revive.configure({
      pool: {
        max: 3,
        route(entry, args) {
          asked.push([entry, ...args]);
          return typeof args[0] === 'number' ? (args[0] < 0 ? 'negative' : 'positive') : undefined;
        },
      },
    });
    const [negative, positive] = [new Counter(-1), Counter.of(1)];
    pkg.bump();
    pkg.add(1, 2);
    expect(asked).toEqual([['new Counter', -1], ['Counter.of', 1], ['bump'], ['add', 1, 2]]);
    const keyed = __revive.instance('positive');
    expect([keyed.count(), pkg.count(), keyed.bump(), positive.add(new keyed.Counter(2))]).toEqual([100, 101, 101, 3]);
    expect(thrown(() => negative.add(positive))).toMatchObject({ code: 'REVIVE_FOREIGN_HANDLE' });
    // The handle decides, and not the key; nor does a key, of a nested call.
    asked.splice(0);
    keyed.nested(() => pkg.bump());
    expect([keyed.count(), asked]).toEqual([102, []]);
    __revive.evict('positive');
    expect(thrown(() => positive.inc())).toMatchObject({ code: 'REVIVE_STALE_HANDLE' });
    expect(negative.get()).toBe(4_294_967_295);
  });

  it('I9: has as many instances as are allowed', () => {
    const pkg = load();
    pkg.__revive.configure({ maxInstances: 1, pool: { max: 3, route: (_, [first]) => first } });
    expect([pkg.add(1, 0), pkg.add(2, 0), pkg.bump()]).toEqual([1, 2, 101]);
    expect(thrown(() => pkg.add(3, 0))).toMatchObject({ code: 'REVIVE_TOO_MANY_INSTANCES', retryable: true });
    pkg.__revive.evict(1);
    expect(pkg.add(3, 0)).toBe(3);
    pkg.__revive.configure({ pool: undefined });
    expect(pkg.add(4, 0)).toBe(4);
  });

  it('I6: keeps no key that is an object', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const pkg = load();
    let tenant: object | undefined;
    pkg.__revive.configure({ pool: { max: 10, route: () => tenant } });
    const tenants = Array.from({ length: 5 }, () => {
      tenant = {};
      pkg.bump();
      pkg.__revive.evict(tenant);
      const kept = new WeakRef(tenant);
      tenant = undefined;
      return kept;
    });
    for (let n = 0; n < 5; n++) {
      await new Promise((resolve) => setImmediate(resolve));
      gc();
    }
    expect(tenants.map((one) => one.deref())).toEqual(tenants.map(() => undefined));
  });

  it('I1: what the function throws, the caller gets', () => {
    const pkg = load();
    pkg.__revive.configure({
      pool: {
        route() {
          throw new Error('no tenant');
        },
      },
    });
    expect(thrown(() => pkg.bump())).toMatchObject({ message: 'no tenant' });
  });
});

it('I9: refuses what is no pool, and leaves everything as it was', () => {
  const pkg = load();
  const refuse = (pool: unknown): string => (thrown(() => pkg.__revive.configure({ pool } as never)) as Error).message;
  expect(refuse(4)).toBe('wasm-revive: pool has to be an object { min, max, route }, not 4.');
  expect(refuse({ size: 4 })).toContain('there is no option "pool.size". The options are: pool.min, pool.max, pool.route.');
  for (const max of [0, 1.5, -1, 1_001, Number.POSITIVE_INFINITY, '4'])
    expect(refuse({ max })).toContain('pool.max has to be a whole number from 1 to 1000');
  expect(refuse({ min: 0 })).toContain('pool.min has to be a whole number from 1 to 1000, not 0');
  expect(refuse({ min: 3, max: 2 })).toContain('pool.min is 3, which is more than pool.max, 2');
  expect(refuse({ route: 'random' })).toContain(
    'pool.route has to be \'least-in-flight\' or a function (entry, args) => key, not "random"',
  );
  expect(refuse({ min: 2, route: () => 1 })).toContain('which keys there will be is not known');
  wait(pkg, 1);
  pkg.bump();
  expect(pkg.count()).toBe(101);
});
