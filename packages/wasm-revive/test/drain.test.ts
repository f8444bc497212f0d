/** Instances that finish what is in flight on them before they end: draining, disposal and recycling, on the real output of the transform. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { transform } from '@wasm-revive/bindgen';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Revive } from '../src/index.js';
import { folder, load as loadFixtures, never, RUNTIME, removeFolders, thrown } from './fixtures.js';

interface Counter {
  inc(): number;
  add(other: Counter): number;
  later(): Promise<number>;
  free(): void;
}

/** What is used of the fixtures' exports. */
interface Fixtures {
  readonly Counter: { new (n: number): Counter };
  ask_for_reinit(): boolean;
  bump(): number;
  catch_from(f: () => unknown): unknown;
  nested(f: () => unknown): unknown;
  count(): number;
  fail(kind: string): void;
  fail_later_poll(kind: string, promise: Promise<unknown>): Promise<void>;
  leak(bytes: number): void;
  ledger(): number;
  ledger_up(note: string): number;
  save_ledger(kind: string): boolean;
  ready(n: number): Promise<number>;
  register_everywhere(target: object, ms: number): void;
  wait_for(promise: Promise<unknown>): Promise<unknown>;
}

interface Package extends Fixtures {
  readonly __revive: Revive<Fixtures>;
}

afterEach(() => {
  removeFolders();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The fixtures, transformed and loaded anew. */
const load = (name?: 'fixtures-revive'): Package => loadFixtures<Package>('abort', RUNTIME, name);

function gate(): { readonly promise: Promise<unknown>; open(value?: unknown): void } {
  let open = (_?: unknown): void => {};
  const promise = new Promise((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The next event of a name. */
function next<E extends Parameters<Revive['on']>[0]>({ __revive }: Package, name: E): Promise<unknown> {
  return new Promise((resolve) => {
    const off = __revive.on(name, (event) => {
      off();
      resolve(event);
    });
  });
}

const DRAINING = expect.objectContaining({ code: 'REVIVE_DRAINING', retryable: true });
const DISPOSED = expect.objectContaining({ code: 'REVIVE_DISPOSED', retryable: false });
const STALE = expect.objectContaining({ code: 'REVIVE_STALE_HANDLE' });
const LOST = expect.objectContaining({ code: 'REVIVE_INSTANCE_LOST' });

describe('recycling', () => {
  it('I2, I7: after so many turns, a fresh instance serves, and calls in flight finish on the old one', async () => {
    const wasm = load();
    const { __revive } = wasm;
    const first = gate();
    const flight = wasm.wait_for(first.promise);
    __revive.configure({ recycle: { turns: 3 } });
    const recycled = next(wasm, 'recycled');
    expect([wasm.bump(), wasm.bump(), wasm.bump()]).toEqual([101, 102, 103]);
    expect(await recycled).toEqual({ reason: 'turns', from: 1, generation: 2 });
    expect([wasm.count(), __revive.generation, __revive.state]).toEqual([100, 2, 'running']);
    const drained = next(wasm, 'drained');
    first.open('done');
    expect(await flight).toBe('done');
    expect(await drained).toEqual({ generation: 1, callsLost: 0 });
    expect(__revive.stats).toMatchObject({ failures: 0, recoveries: 0, inFlight: 0 });
  });

  it('I7: counts the turns of later generations, of callbacks too, and recycles one at a time', async () => {
    const wasm = load();
    const seen: unknown[] = [];
    wasm.__revive.on('recycled', (event) => seen.push(event));
    wasm.__revive.configure({ recycle: { turns: 2 } });
    for (let n = 0; n < 6; n++) {
      wasm.bump();
      await turn();
    }
    expect(seen).toEqual([1, 2, 3].map((from) => ({ reason: 'turns', from, generation: from + 1 })));
    // The call, and the poll after it.
    const waits = gate();
    const flight = wasm.wait_for(waits.promise);
    await turn();
    expect(wasm.__revive.generation).toBe(5);
    for (let n = 0; n < 6; n++) {
      wasm.bump();
      await turn();
    }
    expect(wasm.__revive.generation).toBe(5);
    const drained = next(wasm, 'drained');
    waits.open();
    await flight;
    await drained;
    wasm.bump();
    await turn();
    expect(wasm.__revive.generation).toBe(6);
  });

  it('I7: replaces an instance whose memory has grown past the mark, a sibling’s too', async () => {
    const wasm = load();
    wasm.__revive.configure({ recycle: { memoryBytes: 16 * 2 ** 20 } });
    const a = wasm.__revive.instance('a');
    wasm.bump();
    a.bump();
    await turn();
    expect(wasm.__revive.generation).toBe(1);
    const recycled = next(wasm, 'recycled');
    a.leak(32 * 2 ** 20);
    expect(await recycled).toEqual({ reason: 'memory', from: 1, generation: 2, instance: 'a' });
    expect([a.count(), wasm.count()]).toEqual([100, 101]);
  });

  it('I7: replaces an instance by its age', async () => {
    const wasm = load();
    const { now } = performance;
    wasm.__revive.configure({ recycle: { ageMs: 60_000 } });
    wasm.bump();
    await turn();
    expect(wasm.__revive.generation).toBe(1);
    vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + 60_000);
    expect(wasm.bump()).toBe(102);
    await turn();
    expect([wasm.__revive.generation, wasm.count()]).toEqual([2, 100]);
  });

  it('I5: an instance that is above the mark by itself is not replaced again and again, which is reported once', async () => {
    const wasm = load();
    const failed: unknown[] = [];
    wasm.__revive.on('recycleFailed', (event) => failed.push(event));
    wasm.__revive.configure({ recycle: { memoryBytes: 65_536 } });
    for (let n = 0; n < 5; n++) {
      wasm.bump();
      await turn();
    }
    expect(wasm.__revive.generation).toBe(1);
    expect(failed).toEqual([{ reason: 'memory', generation: 1, error: expect.any(RangeError) }]);
    expect((failed[0] as { error: Error }).error.message).toMatch(/\d+ bytes.*65536.*Raise the mark/);
  });

  it('I5: a listener that calls each fresh instance has it replaced once, not without end', async () => {
    const wasm = load();
    const seen: number[] = [];
    wasm.__revive.on('recycled', ({ generation }) => {
      // Without an end, the process would hang.
      if (seen.push(generation) < 20) wasm.bump();
    });
    wasm.__revive.configure({ recycle: { turns: 1 } });
    wasm.bump();
    await turn();
    expect([seen, wasm.count()]).toEqual([[2], 101]);
    await turn();
    expect(seen).toEqual([2, 3]);
  });

  it('I5: goes on with the old instance where no other one can be made', async () => {
    const wasm = load();
    const cause = new WebAssembly.LinkError('no');
    const failed = next(wasm, 'recycleFailed');
    wasm.__revive.configure({ recycle: { turns: 1 } });
    const { Instance } = WebAssembly;
    vi.spyOn(WebAssembly, 'Instance').mockImplementation(function refused() {
      throw cause;
    });
    wasm.bump();
    expect(await failed).toEqual({
      reason: 'turns',
      generation: 1,
      error: expect.objectContaining({ code: 'REVIVE_NO_INSTANCE', cause }),
    });
    expect(wasm.bump()).toBe(102);
    expect(Instance).toBeDefined();
  });

  it.each([0, 1])('I2: makes up for no failure, so that a limit of %s restarts is none for it', async (maxRestarts) => {
    const wasm = load();
    wasm.__revive.configure({ maxRestarts, withinMs: 60_000, recycle: { turns: 2 } });
    for (let n = 0; n < maxRestarts; n++) thrown(() => wasm.fail('abort'));
    await turn();
    for (let n = 0; n < 4; n++) {
      wasm.bump();
      await turn();
    }
    expect([wasm.__revive.generation, wasm.count()]).toEqual([3 + maxRestarts, 100]);
    thrown(() => wasm.fail('abort'));
    expect(wasm.__revive.state).toBe(maxRestarts === 0 ? 'retired' : 'open');
  });

  it('I2, I4: an instance that drains serves its handles, and a failure of it costs only what is in flight on it', async () => {
    const wasm = load();
    const { __revive } = wasm;
    const waits = gate();
    const old = new wasm.Counter(1);
    const flights = [wasm.wait_for(never()), wasm.fail_later_poll('abort', waits.promise)];
    __revive.configure({ maxRestarts: 1, withinMs: 60_000, recycle: { turns: 1 } });
    const recycled = next(wasm, 'recycled');
    wasm.bump();
    await recycled;
    __revive.configure({ recycle: undefined });
    const fresh = new wasm.Counter(10);
    const kept = wasm.wait_for(waits.promise);
    expect([old.inc(), fresh.inc()]).toEqual([2, 11]);
    expect(thrown(() => fresh.add(old))).toEqual(STALE);
    expect(thrown(() => old.add(fresh))).toEqual(STALE);
    expect(await old.later()).toBe(2);
    const [failure, drained] = [next(wasm, 'failure'), next(wasm, 'drained')];
    waits.open('kept');
    expect((await Promise.allSettled(flights)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await failure).toMatchObject({ generation: 1, callsLost: 2 });
    expect(await drained).toEqual({ generation: 1, callsLost: 2 });
    expect(await kept).toBe('kept');
    expect(thrown(() => old.inc())).toEqual(STALE);
    expect([fresh.inc(), __revive.generation, __revive.state]).toEqual([12, 2, 'running']);
    // It has cost no restart.
    thrown(() => wasm.fail('abort'));
    expect(wasm.bump()).toBe(101);
  });

  it('I4: what comes right after a call on the old instance may still use its handles', async () => {
    const wasm = load();
    const counter = new wasm.Counter(1);
    const waits = gate();
    // By functions of its own, each of which takes some microtasks.
    const later = async (depth = 5): Promise<number> => (depth === 0 ? counter.later() : later(depth - 1));
    const job = (async () => {
      await wasm.wait_for(waits.promise);
      return [await later(), await later(), counter.inc()];
    })();
    wasm.__revive.configure({ recycle: { turns: 1 } });
    const recycled = next(wasm, 'recycled');
    wasm.bump();
    await recycled;
    const drained = next(wasm, 'drained');
    waits.open();
    expect(await job).toEqual([1, 1, 2]);
    await drained;
    expect(thrown(() => counter.inc())).toEqual(STALE);
  });
});

describe('where timers never come', () => {
  it('I5: an instance that was replaced ends when somebody looks, so that the next can be replaced, too', async () => {
    const wasm = load();
    const { __revive } = wasm;
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    expect(await wasm.ready(1)).toBe(2);
    __revive.configure({ recycle: { turns: 1 } });
    const recycled = next(wasm, 'recycled');
    wasm.bump();
    expect(await recycled).toMatchObject({ from: 1, generation: 2 });
    const drained = next(wasm, 'drained');
    wasm.bump();
    await undefined;
    expect(__revive.generation).toBe(2);
    const again = next(wasm, 'recycled');
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 1_000);
    wasm.bump();
    expect([await drained, await again]).toMatchObject([
      { generation: 1, callsLost: 0 },
      { from: 2, generation: 3 },
    ]);
  });
});

describe('request_reinit()', () => {
  it('I2, I4, I7: nested calls stay where they are, the next one is served by a fresh instance, and calls in flight finish on the old one', async () => {
    const wasm = load('fixtures-revive');
    const { __revive } = wasm;
    const [counter, waits, within] = [new wasm.Counter(1), gate(), [] as unknown[]];
    const flight = wasm.wait_for(waits.promise);
    wasm.bump();
    wasm.catch_from(() => {
      within.push(wasm.ask_for_reinit(), wasm.bump(), counter.inc(), __revive.generation);
    });
    expect(within).toEqual([true, 102, 2, 1]);
    expect([wasm.bump(), counter.inc(), __revive.generation]).toEqual([101, 3, 2]);
    const drained = next(wasm, 'drained');
    waits.open('done');
    expect(await flight).toBe('done');
    expect(await drained).toEqual({ generation: 1, callsLost: 0 });
    expect(thrown(() => counter.inc())).toEqual(STALE);
    expect(wasm.count()).toBe(101);
  });

  it('I5: a promise that never settles is rejected when its time is over', async () => {
    const wasm = load('fixtures-revive');
    wasm.__revive.configure({ drainMs: 1 });
    const flight = wasm.wait_for(never());
    wasm.ask_for_reinit();
    await expect(flight).rejects.toMatchObject({
      code: 'REVIVE_INSTANCE_LOST',
      message: expect.stringContaining('Rust asked for a fresh instance. This call had 1 ms to finish.'),
    });
    expect(wasm.__revive.generation).toBe(2);
  });

  it('I4: with nothing in flight, the old instance ends at once', () => {
    const wasm = load('fixtures-revive');
    const counter = new wasm.Counter(1);
    wasm.ask_for_reinit();
    expect(thrown(() => counter.inc())).toEqual(STALE);
  });
});

describe('drain()', () => {
  it('I2, I5: admits no new calls, and resolves when those in flight have settled', async () => {
    const wasm = load();
    const { __revive } = wasm;
    const a = __revive.instance('a');
    const [own, theirs] = [gate(), gate()];
    const flights = [wasm.wait_for(own.promise), a.wait_for(theirs.promise)];
    const counter = new wasm.Counter(1);
    const seen: string[] = [];
    const drained = [__revive.drain(), __revive.drain()].map((promise, n) => promise.then(() => seen.push(`drain ${n}`)));
    expect(__revive.state).toBe('draining');
    for (const call of [
      () => wasm.bump(),
      () => a.bump(),
      () => new wasm.Counter(1),
      () => counter.inc(),
      () => __revive.instance('b').bump(),
    ])
      expect(thrown(call)).toEqual(DRAINING);
    expect(() => counter.free()).not.toThrow();
    own.open(1);
    await flights[0];
    await turn();
    expect(seen).toEqual([]);
    theirs.open(2);
    expect(await Promise.all(flights)).toEqual([1, 2]);
    await Promise.all(drained);
    expect(seen.length).toBe(2);
    expect(thrown(() => wasm.bump())).toEqual(DRAINING);
    __revive.reset();
    expect([wasm.bump(), a.count(), __revive.state]).toEqual([101, 100, 'running']);
  });

  it('I3: that is called within a turn lets the turn end well, with what it calls', async () => {
    const wasm = load();
    let drained: Promise<void> | undefined;
    const counter = new wasm.Counter(1);
    const within: unknown[] = [];
    wasm.catch_from(() => {
      drained = wasm.__revive.drain();
      within.push(wasm.bump(), counter.inc());
    });
    expect(within).toEqual([101, 2]);
    expect(thrown(() => wasm.bump())).toEqual(DRAINING);
    await drained;
  });

  it('I5: resolves when what was in flight is lost to an abort, after which no instance is made', async () => {
    const wasm = load();
    const waits = gate();
    const flight = wasm.wait_for(never());
    const failing = wasm.fail_later_poll('abort', waits.promise);
    let made = 0;
    wasm.__revive.use({ name: 'counts', instantiated: () => void made++ });
    const drained = wasm.__revive.drain();
    waits.open();
    await expect(failing).rejects.toBeInstanceOf(Error);
    await expect(flight).rejects.toEqual(LOST);
    await drained;
    await turn();
    expect([made, wasm.__revive.generation, thrown(() => wasm.bump())]).toEqual([0, 1, DRAINING]);
  });

  it('I2: a listener of an event may call it', async () => {
    const wasm = load();
    const drained = new Promise<void>((resolve) => wasm.__revive.on('failure', () => void wasm.__revive.drain().then(resolve)));
    thrown(() => wasm.fail('abort'));
    await drained;
    expect(thrown(() => wasm.bump())).toEqual(DRAINING);
    wasm.__revive.reset();
    expect(wasm.bump()).toBe(101);
  });
});

describe('dispose()', () => {
  it('I5, I6: lets calls in flight finish, ends every instance, and frees the memory', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const wasm = load();
    const { __revive } = wasm;
    const memories: WeakRef<WebAssembly.Memory>[] = [];
    __revive.use({
      name: 'memories',
      instantiated: ({ exports }) => void memories.push(new WeakRef(exports?.memory as WebAssembly.Memory)),
    });
    thrown(() => wasm.fail('abort'));
    // The next one is in reserve.
    await turn();
    const a = __revive.instance('a');
    const waits = gate();
    const flights = [wasm.wait_for(waits.promise), a.wait_for(waits.promise)];
    const counters = [new wasm.Counter(1), new a.Counter(1)] as const;
    expect(memories.length).toBe(3);
    const disposed = [__revive.dispose(), __revive.dispose()];
    expect(__revive.state).toBe('draining');
    expect(thrown(() => wasm.bump())).toEqual(DRAINING);
    waits.open('done');
    expect(await Promise.all(flights)).toEqual(['done', 'done']);
    await Promise.all(disposed);
    expect(__revive.state).toBe('disposed');
    for (const call of [() => wasm.bump(), () => a.bump(), () => new wasm.Counter(1)]) expect(thrown(call)).toEqual(DISPOSED);
    for (const counter of counters) {
      expect(thrown(() => counter.inc())).toEqual(STALE);
      counter.free();
    }
    for (let n = 0; n < 8 && memories.some((memory) => memory.deref()); n++) {
      await turn();
      gc();
    }
    expect(memories.map((memory) => memory.deref())).toEqual([undefined, undefined, undefined]);
    __revive.reset();
    expect([wasm.bump(), a.bump(), __revive.state]).toEqual([101, 101, 'running']);
  });

  it('I6: gives all seats back: after a reset there are no more keyed instances than there may be', async () => {
    const { __revive } = load();
    const [a, b] = [__revive.instance('a'), __revive.instance('b')];
    expect([a.bump(), b.bump()]).toEqual([101, 101]);
    await __revive.dispose();
    __revive.reset();
    __revive.configure({ maxInstances: 1 });
    expect(a.bump()).toBe(101);
    expect(thrown(() => b.bump())).toMatchObject({ code: 'REVIVE_TOO_MANY_INSTANCES' });
  });

  it('I5: rejects what is in flight when its time is over, also when a later call gives it less', async () => {
    const wasm = load();
    const flight = expect(wasm.wait_for(never())).rejects.toMatchObject({
      code: 'REVIVE_INSTANCE_LOST',
      message: expect.stringContaining('had 1 ms to finish'),
    });
    const drained = next(wasm, 'drained');
    const disposed = wasm.__revive.dispose({ drainMs: Number.POSITIVE_INFINITY });
    await turn();
    expect(wasm.__revive.state).toBe('draining');
    await wasm.__revive.dispose({ drainMs: 1 });
    await disposed;
    await flight;
    expect(await drained).toEqual({ generation: 1, callsLost: 1 });
  });

  it('I5: waits for an instance that drains already, which a reset leaves to finish', async () => {
    const wasm = load();
    const { __revive } = wasm;
    const [first, second] = [gate(), gate()];
    const flights = [wasm.wait_for(first.promise)];
    __revive.configure({ recycle: { turns: 1 } });
    const recycled = next(wasm, 'recycled');
    wasm.bump();
    await recycled;
    __revive.configure({ recycle: undefined });
    __revive.reset();
    flights.push(wasm.wait_for(second.promise));
    const ended: unknown[] = [];
    __revive.on('drained', ({ generation }) => ended.push(generation));
    const disposed = __revive.dispose();
    second.open(2);
    await flights[1];
    await turn();
    expect(__revive.state).toBe('draining');
    first.open(1);
    await disposed;
    expect([await Promise.all(flights), __revive.state, ended]).toEqual([[1, 2], 'disposed', [3, 1]]);
  });

  it('I7: after a reset that comes in between, the module serves, and what was in flight finishes', async () => {
    const wasm = load();
    const waits = gate();
    const flight = wasm.wait_for(waits.promise);
    const disposed = wasm.__revive.dispose();
    await turn();
    wasm.__revive.reset();
    expect([wasm.bump(), wasm.__revive.generation]).toEqual([101, 2]);
    waits.open('done');
    expect(await flight).toBe('done');
    await disposed;
    expect([wasm.bump(), wasm.__revive.state]).toEqual([102, 'running']);
  });

  it('I9: refuses what is no option, and leaves everything as it was', async () => {
    const wasm = load();
    await expect(wasm.__revive.dispose({ drainMs: -1 })).rejects.toThrow('drainMs has to be a number of milliseconds from 0, not -1');
    await expect(wasm.__revive.dispose({ deadline: 1 } as never)).rejects.toThrow('there is no option "deadline"');
    expect(() => wasm.__revive.configure({ recycle: { turns: 0 } })).toThrow('recycle.turns has to be a whole number from 1, not 0');
    expect(() => wasm.__revive.configure({ recycle: { bytes: 1 } as never })).toThrow('there is no option "recycle.bytes"');
    expect(wasm.bump()).toBe(101);
  });

  it('I5: can be awaited at the end of a program, which then ends', () => {
    const outDir = folder();
    transform({
      dir: fileURLToPath(new URL('../../../.artifacts/fixtures/abort/nodejs/', import.meta.url)),
      outDir,
      version: '9.9.9',
      runtime: { import: RUNTIME },
    });
    const program = join(outDir, 'program.mjs');
    const text = (what: string, drainMs: number): string => `import wasm from './wasm_revive_fixtures.js';
      wasm.ready(1).then(() => console.log('settled'));
      ${what}
      await wasm.__revive.dispose({ drainMs: ${drainMs} });
      console.log(wasm.__revive.state);`;
    const flight = 'wasm.wait_for(new Promise(() => {})).catch(({ code }) => console.log(code));';
    // Its drain has begun before the program awaits the end.
    const recycled = `wasm.__revive.configure({ recycle: { turns: 1 }, drainMs: 50 }); ${flight} await new Promise(setImmediate);`;
    for (const [what, drainMs, said] of [
      ['', 50, 'settled\ndisposed\n'],
      [flight, 50, 'settled\nREVIVE_INSTANCE_LOST\ndisposed\n'],
      [recycled, 60_000, 'settled\nREVIVE_INSTANCE_LOST\ndisposed\n'],
    ] as const) {
      writeFileSync(program, text(what, drainMs));
      expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe(said);
    }
  });

  it('I6: takes back what the instances had given to the host', async () => {
    const wasm = load();
    const target = Object.assign(new EventTarget(), { onevent: undefined });
    const removed = vi.spyOn(target, 'removeEventListener');
    const cleared = [vi.spyOn(globalThis, 'clearInterval'), vi.spyOn(globalThis, 'clearTimeout')];
    const waits = gate();
    const flight = wasm.wait_for(waits.promise);
    wasm.register_everywhere(target, 60_000);
    const disposed = wasm.__revive.dispose({ drainMs: Number.POSITIVE_INFINITY });
    await turn();
    // Until then it hears of everything.
    target.dispatchEvent(new Event('event'));
    expect(removed).not.toHaveBeenCalled();
    waits.open();
    await Promise.all([flight, disposed]);
    expect([removed, ...cleared].map(({ mock }) => mock.calls.length)).toEqual([2, 1, expect.any(Number)]);
    expect(cleared[1]?.mock.calls.some(([timer]) => timer !== undefined)).toBe(true);
    expect(target.onevent).toBe(null);
  });

  it('is what `await using` calls', async () => {
    const wasm = load();
    if (Symbol.asyncDispose === undefined) return;
    await wasm.__revive[Symbol.asyncDispose]();
    expect(wasm.__revive.state).toBe('disposed');
  });
});

describe('an instance that was started ahead', () => {
  it('I2: begins with all that was saved before it serves, and keeps nobody from saving', async () => {
    const { __revive, ...wasm } = load('fixtures-revive');
    const failed: unknown[] = [];
    __revive.on('persistFailed', (event) => void failed.push(event));
    __revive.configure({ standby: { count: 1, started: true } });
    for (let saved = 1; saved < 4; saved++) {
      // The start function of the fixtures uses the value.
      await new Promise((resolve) => setTimeout(resolve, 20));
      wasm.ledger_up('one more');
      expect(wasm.save_ledger('none')).toBe(true);
      thrown(() => wasm.fail('abort'));
      expect(wasm.ledger()).toBe(saved);
    }
    expect(failed).toEqual([]);
  });
});

describe('evict(key, { drain: true })', () => {
  it('I2, I4: calls in flight finish, new ones go to a fresh instance, and handles are stale at the end', async () => {
    const { __revive } = load();
    const a = __revive.instance('a');
    const counter = new a.Counter(1);
    const waits = gate();
    const flight = a.wait_for(waits.promise);
    a.bump();
    const evicted = __revive.evict('a', { drain: true });
    await turn();
    expect([counter.inc(), a.bump(), new a.Counter(5).inc()]).toEqual([2, 101, 6]);
    waits.open('done');
    expect([await flight, await evicted]).toEqual(['done', true]);
    expect(thrown(() => counter.inc())).toEqual(STALE);
    expect([await __revive.evict('a', { drain: true }), a.count()]).toEqual([true, 100]);
    __revive.evict('a');
    expect(await __revive.evict('a', { drain: true })).toBe(false);
  });

  it('I2: one that fails while it drains, with nobody in its place, ends nothing but itself', async () => {
    const { __revive } = load();
    const a = __revive.instance('a');
    let failures = 0;
    __revive.use({ name: 'retires', failed: () => (failures++ === 0 ? 'retire' : undefined) });
    const waits = gate();
    const flight = expect(a.fail_later_poll('abort', waits.promise)).rejects.toMatchObject({ code: 'REVIVE_ABORT' });
    const evicted = __revive.evict('a', { drain: true });
    await turn();
    waits.open();
    await flight;
    expect(await evicted).toBe(true);
    expect(a.bump()).toBe(101);
    thrown(() => a.fail('abort'));
    expect([failures, a.bump()]).toEqual([2, 101]);
  });

  it('I2: forgets what the program has persisted before the fresh instance begins', async () => {
    const { __revive } = load('fixtures-revive');
    const own = __revive.instance('a');
    const waits = gate();
    own.ledger_up('before');
    own.save_ledger('none');
    const flight = own.wait_for(waits.promise);
    const evicted = __revive.evict('a', { drain: true });
    await turn();
    expect(own.ledger()).toBe(0);
    waits.open();
    await Promise.all([flight, evicted]);
  });

  it('I4: what comes right after a call may use its handles, also where the instance went while the call settled', async () => {
    const { __revive } = load();
    const a = __revive.instance('a');
    const counter = new a.Counter(1);
    const job = a.ready(1).then(() => counter.inc());
    const evicted = __revive.evict('a', { drain: true });
    expect(await job).toBe(2);
    await evicted;
    expect(thrown(() => counter.inc())).toEqual(STALE);
  });

  it('I4: freeing a handle of an instance that is due to go does nothing', () => {
    const { __revive } = load();
    const counter = new (__revive.instance('a').Counter)(1);
    void __revive.evict('a', { drain: true });
    expect(counter.free()).toBeUndefined();
  });

  it('I2: in a turn that then fails: what a plugin decides of that says nothing of the next instance', () => {
    const { __revive } = load();
    __revive.use({ name: 'retires', failed: () => 'retire' });
    const reports: string[] = [];
    __revive.on('failure', ({ recovery }) => reports.push(recovery));
    const a = __revive.instance('a');
    for (const options of [{ drain: true } as const, undefined]) {
      const evictAndThrow = (): never => {
        void (options === undefined ? __revive.evict('a') : __revive.evict('a', options));
        throw new Error('on its way through Rust');
      };
      expect(thrown(() => a.nested(evictAndThrow))).toMatchObject({ message: 'on its way through Rust' });
      expect(a.bump()).toBe(101);
    }
    expect(reports).toEqual(['fresh', 'fresh']);
  });

  it('I5: one that drains can be evicted at once', async () => {
    const { __revive } = load();
    const a = __revive.instance('a');
    const flight = expect(a.wait_for(never())).rejects.toEqual(LOST);
    const evicted = __revive.evict('a', { drain: true, drainMs: Number.POSITIVE_INFINITY });
    await turn();
    expect([__revive.evict('a'), await evicted]).toEqual([true, true]);
    await flight;
    expect(__revive.evict('a')).toBe(false);
  });
});
