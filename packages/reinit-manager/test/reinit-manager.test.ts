/** The manager without wasm-bindgen, around real instances of WebAssembly. */
import { spawnSync } from 'node:child_process';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { createReinitManager, type ReinitManager, type ReinitManagerOptions, SYSTEM_CLOCK } from '../src/index.js';

// (module
//   (global $n (mut i32) (i32.const 0))
//   (func (export "count") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))
//   (func (export "die") unreachable))
const MODULE = new WebAssembly.Module(
  new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 2, 96, 0, 1, 127, 96, 0, 0, 3, 3, 2, 0, 1, 6, 6, 1, 127, 1, 65, 0, 11, 7, 15, 2, 5, 99, 111, 117,
    110, 116, 0, 0, 3, 100, 105, 101, 0, 1, 10, 17, 2, 11, 0, 35, 0, 65, 1, 106, 36, 0, 35, 0, 11, 3, 0, 0, 11,
  ]),
);

interface Exports {
  count(): number;
  die(): void;
}

const create = (): Exports => new WebAssembly.Instance(MODULE).exports as unknown as Exports;
const count = (value: Exports): number => value.count();
const die = (value: Exports): void => value.die();
const trap = expect.any(WebAssembly.RuntimeError);
const code = (expected: string) => expect.objectContaining({ code: expected });

/** A clock that stands until the test moves it. */
function clock() {
  let time = 0;
  let timers: { readonly at: number; run(): void }[] = [];
  return {
    now: () => time,
    random: () => 0.5,
    later(run: () => void, ms: number) {
      const timer = { at: time + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    waiting: () => timers.length,
    pass(ms: number) {
      time += ms;
      const due = timers.filter(({ at }) => at <= time);
      timers = timers.filter(({ at }) => at > time);
      for (const { run } of due) run();
    },
  };
}

function setUp(options: Partial<ReinitManagerOptions<Exports>> = {}) {
  const time = clock();
  const disposed: string[] = [];
  const events: [string, object][] = [];
  const manager = createReinitManager({ create, dispose: (_, reason) => disposed.push(reason), clock: time, ...options });
  for (const name of ['failure', 'recovered', 'recycled', 'retried', 'opened', 'probing', 'closed'] as const) {
    manager.on(name, (event) => events.push([name, event]));
  }
  return { manager, time, disposed, events, names: () => events.map(([name]) => name) };
}

function gate<R = void>() {
  let open: (value: R) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const promise = new Promise<R>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

it('infers what it keeps from what makes it', () => {
  const sync = createReinitManager({ create: () => new Map<string, number>(), dispose: (map) => map.clear() });
  const later = createReinitManager({ create: async (key) => String(key), recycle: { when: (text) => text.length > 3 } });
  expectTypeOf(sync.run((map) => map.get('a'))).toEqualTypeOf<number | undefined>();
  expectTypeOf(later.use(async (text) => text.length)).toEqualTypeOf<Promise<number>>();
});

describe('a failure', () => {
  it('I1, I2: costs the value, and the next call gets a fresh one', () => {
    const { manager, disposed, events, time } = setUp();
    expect([manager.state, manager.generation]).toEqual(['idle', 0]);
    expect([manager.run(count), manager.run(count)]).toEqual([1, 2]);
    expect(() => manager.run(die)).toThrow(WebAssembly.RuntimeError);
    expect([manager.state, disposed]).toEqual(['recovering', ['lost']]);
    time.pass(5);
    expect(manager.run(count)).toBe(1);
    expect(events).toEqual([
      ['failure', { error: trap, generation: 1, callsLost: 0 }],
      ['recovered', { generation: 2, ms: 5 }],
    ]);
    expect(manager.stats).toEqual({ failures: 1, recoveries: 1, inFlight: 0 });
  });

  it('I2: an error of the program is none, and keeps its identity', async () => {
    const { manager } = setUp();
    const error = new Error('mine');
    const thrower = (): never => {
      throw error;
    };
    expect(() => manager.run(thrower)).toThrow(error);
    await expect(manager.use(async () => thrower())).rejects.toBe(error);
    expect([manager.generation, manager.stats.failures]).toEqual([1, 0]);
  });

  it('I5: rejects all other calls in flight at once, and says which may be repeated', async () => {
    const { manager, events } = setUp();
    const never = new Promise<void>(() => {});
    const calls = [manager.use(() => never), manager.use(() => never)];
    const sync = manager.run(() => never);
    await Promise.resolve();
    expect(manager.stats.inFlight).toBe(3);
    await expect(manager.use(async (value) => value.die())).rejects.toEqual(trap);
    for (const call of [...calls, sync])
      await expect(call).rejects.toEqual(expect.objectContaining({ code: 'REVIVE_INSTANCE_LOST', retryable: false, cause: trap }));
    expect(events[0]).toEqual(['failure', expect.objectContaining({ callsLost: 3 })]);
    expect(manager.stats.inFlight).toBe(0);
  });

  it('I3: what a function gives that has swallowed the failure of a nested call is not believed', () => {
    const { manager } = setUp();
    const swallow = (value: Exports): number => {
      expect(() => manager.run(die)).toThrow();
      return value.count();
    };
    expect(() => manager.run(swallow)).toThrow(code('REVIVE_INSTANCE_LOST'));
    expect(manager.stats.failures).toBe(1);
  });

  it('what a lost value throws afterwards costs nobody anything', async () => {
    const { manager } = setUp();
    const late = gate();
    const call = manager.run(() => late.promise);
    expect(() => manager.run(die)).toThrow();
    expect(manager.run(count)).toBe(1);
    late.fail(new WebAssembly.RuntimeError('late'));
    await expect(call).rejects.toEqual(code('REVIVE_INSTANCE_LOST'));
    expect([manager.run(count), manager.stats.failures]).toEqual([2, 1]);
  });

  it('may be anything that the program says; where it can not say, the value is not trusted', () => {
    const { manager } = setUp({
      isFatal(error) {
        if (error === 'odd') throw new Error('no idea');
        return error === 'bad';
      },
    });
    for (const thrown of ['well', 'bad', 'odd']) {
      expect(() =>
        manager.run(() => {
          throw thrown;
        }),
      ).toThrow();
    }
    expect(manager.stats.failures).toBe(2);
  });

  it('calls that a listener and dispose make get a fresh value', () => {
    const counted: number[] = [];
    const { manager } = setUp({ dispose: () => counted.push(manager.run(count)) });
    manager.on('failure', () => counted.push(manager.run(count)));
    manager.run(count);
    expect(() => manager.run(die)).toThrow();
    expect([counted, manager.generation]).toEqual([[1, 2], 2]);
  });
});

describe('supervision', () => {
  it('refuses after too many failures, then tries one, whose success closes it', () => {
    const { manager, time, names, events } = setUp({ consecutiveFailures: 3, backoffMs: 100 });
    for (let n = 0; n < 3; n++) expect(() => manager.run(die)).toThrow(WebAssembly.RuntimeError);
    expect(manager.state).toBe('open');
    expect(() => manager.run(count)).toThrow(
      expect.objectContaining({ code: 'REVIVE_CRASH_LOOP', retryAfter: 75, retryable: true, cause: trap }),
    );
    time.pass(75);
    expect(manager.run(count)).toBe(1);
    expect(names()).toEqual(['failure', 'recovered', 'failure', 'recovered', 'failure', 'opened', 'probing', 'recovered', 'closed']);
    expect(events.find(([name]) => name === 'opened')?.[1]).toEqual(expect.objectContaining({ retryAfter: 75, attempt: 1 }));
  });

  it('refuses past maxRestarts, until the time is over', () => {
    const { manager, time } = setUp({ maxRestarts: 1, withinMs: 1_000, backoffMs: 1 });
    for (let n = 0; n < 2; n++) expect(() => manager.run(die)).toThrow(WebAssembly.RuntimeError);
    expect(() => manager.run(count)).toThrow(code('REVIVE_CRASH_LOOP'));
    time.pass(1_000);
    expect(manager.run(count)).toBe(1);
  });

  it('I2: what makes up for no failure is no restart', () => {
    const { manager, names } = setUp({ maxRestarts: 1, recycle: { uses: 2 } });
    expect(() => manager.run(die)).toThrow(WebAssembly.RuntimeError);
    expect([1, 2, 3, 4].map(() => manager.run(count))).toEqual([1, 2, 1, 2]);
    expect(names()).toEqual(['failure', 'recovered', 'recycled']);
  });

  it('I6: makes one value where a listener for `probing` calls it', () => {
    const { manager, time } = setUp({ consecutiveFailures: 1, backoffMs: 100 });
    const counted: number[] = [];
    manager.on('probing', () => void counted.push(manager.run(count)));
    expect(() => manager.run(die)).toThrow(WebAssembly.RuntimeError);
    time.pass(100);
    counted.push(manager.run(count));
    expect([counted, manager.generation]).toEqual([[1, 2], 2]);
  });

  it('a value that can not be made is a failure, too', async () => {
    let fails = true;
    const { manager } = setUp({
      create: () => {
        if (fails) throw new Error('no memory');
        return create();
      },
    });
    expect(() => manager.run(count)).toThrow(
      expect.objectContaining({ code: 'REVIVE_NO_INSTANCE', cause: new Error('no memory'), retryable: true }),
    );
    for (let n = 0; n < 4; n++) await expect(manager.use(count)).rejects.toEqual(code('REVIVE_NO_INSTANCE'));
    await expect(manager.use(count)).rejects.toEqual(code('REVIVE_CRASH_LOOP'));
    fails = false;
    manager.reset();
    expect(manager.run(count)).toBe(1);
  });
});

describe('values that are made asynchronously', () => {
  it('are made once for all who wait; who can not wait is told when to come', async () => {
    const made: (typeof first)[] = [];
    const first = gate<Exports>();
    const manager = createReinitManager({
      create() {
        made.push(first);
        return first.promise;
      },
    });
    const calls = [manager.use(count), manager.use(count)];
    let refused: { code?: string; ready?: Promise<void> } = {};
    try {
      manager.run(count);
    } catch (error) {
      refused = error as typeof refused;
    }
    expect(refused.code).toBe('REVIVE_RECOVERING');
    first.open(create());
    await refused.ready;
    expect([await Promise.all(calls), manager.run(count), made.length]).toEqual([[1, 2], 3, 1]);
  });

  it('a value that comes after a reset is disposed of', async () => {
    const [late, disposed] = [gate<Exports>(), [] as string[]];
    const manager = createReinitManager({ create: () => late.promise, dispose: (_, reason) => disposed.push(reason) });
    const call = manager.use(count);
    manager.reset();
    late.open(create());
    await expect(call).rejects.toEqual(code('REVIVE_INSTANCE_LOST'));
    expect(disposed).toEqual(['reset']);
  });

  it('one stands ready before it is needed', async () => {
    let made = 0;
    const { manager } = setUp({
      standby: 1,
      create: () => {
        made++;
        return create();
      },
    });
    manager.run(count);
    await new Promise(setImmediate);
    expect(made).toBe(2);
    expect(() => manager.run(die)).toThrow();
    expect([manager.run(count), made, manager.generation]).toEqual([1, 2, 2]);
  });
});

describe('keys', () => {
  it('I2, I4: have values of their own, of which one is lost alone', async () => {
    const { manager, events } = setUp();
    const inFlight = manager.run(() => gate().promise, { key: 'b' });
    manager.run(count, { key: 'a' });
    expect(() => manager.run(die, { key: 'a' })).toThrow();
    expect([manager.run(count, { key: 'a' }), manager.run(count, { key: 'b' }), manager.run(count)]).toEqual([1, 1, 1]);
    expect(events.map(([name, event]) => [name, (event as { instance?: string }).instance])).toEqual([
      ['failure', 'a'],
      ['recovered', 'a'],
    ]);
    expect(manager.evict('b')).toBe(true);
    await expect(inFlight).rejects.toEqual(code('REVIVE_INSTANCE_LOST'));
    expect(manager.evict('b')).toBe(false);
  });

  it('are bounded, and idle ones make room', () => {
    const { manager, time, disposed } = setUp({ maxInstances: 2, idleMs: 100 });
    for (const key of ['a', 'b']) manager.run(count, { key });
    expect(() => manager.run(count, { key: 'c' })).toThrow(code('REVIVE_TOO_MANY_INSTANCES'));
    time.pass(60);
    manager.run(count, { key: 'b' });
    time.pass(60);
    expect(manager.run(count, { key: 'c' })).toBe(1);
    expect([disposed, manager.run(count, { key: 'b' })]).toEqual([['evicted'], 3]);
    for (let n = 0; n < 4; n++) time.pass(100);
    expect(disposed).toEqual(['evicted', 'evicted', 'evicted']);
  });
});

it('calls that are idempotent are run again: once where they fail by themselves', async () => {
  const { manager, names } = setUp({ retry: { attempts: 5 } });
  let tried = 0;
  const waits = manager.use((value) => (tried++ === 0 ? gate<number>().promise : value.count()), { idempotent: true });
  await Promise.resolve();
  expect(() => manager.run(die)).toThrow();
  expect([await waits, tried]).toEqual([1, 2]);
  let poison = 0;
  const fails = (value: Exports): void => {
    poison++;
    value.die();
  };
  await expect(manager.use(fails, { idempotent: true })).rejects.toEqual(trap);
  expect([poison, names().filter((name) => name === 'retried')]).toEqual([2, ['retried', 'retried']]);
  await expect(manager.use(fails)).rejects.toEqual(trap);
  expect(poison).toBe(3);
});

describe('recycling', () => {
  it('lets calls in flight finish on the old value, while the next one serves', async () => {
    const { manager, disposed, events, time } = setUp({ recycle: { uses: 2 } });
    const slow = gate<string>();
    const call = manager.run(() => slow.promise);
    expect(manager.run(count)).toBe(1);
    expect([manager.run(count), disposed]).toEqual([1, []]);
    slow.open('done');
    expect([await call, disposed]).toEqual(['done', ['recycled']]);
    // A timer would hold the value for as long as the calls had time.
    expect(time.waiting()).toBe(0);
    expect(events).toEqual([['recycled', { reason: 'uses', from: 1, generation: 2 }]]);
  });

  it('ends what does not finish in time', async () => {
    const { manager, time, disposed } = setUp({ recycle: { ageMs: 1_000 }, drainMs: 50 });
    const call = manager.run(() => gate().promise);
    time.pass(1_000);
    expect(manager.run(count)).toBe(1);
    time.pass(50);
    await expect(call).rejects.toEqual(code('REVIVE_INSTANCE_LOST'));
    expect(disposed).toEqual(['recycled']);
  });

  it('is done when the program says so', () => {
    let isFull = false;
    const { manager } = setUp({ recycle: { when: () => isFull } });
    manager.run(count);
    isFull = true;
    expect([manager.run(count), manager.run(count)]).toEqual([2, 1]);
  });
});

describe('the end', () => {
  it('drain() admits no calls, and resolves when those in flight have settled', async () => {
    const { manager, disposed } = setUp();
    const slow = gate<string>();
    const call = manager.run(() => slow.promise);
    const drained = manager.drain();
    expect(() => manager.run(count)).toThrow(code('REVIVE_DRAINING'));
    slow.open('done');
    await drained;
    expect([await call, disposed, manager.state]).toEqual(['done', [], 'draining']);
  });

  it('dispose() ends all values, and reset() brings it back', async () => {
    const { manager, disposed, time } = setUp({ drainMs: 10 });
    manager.run(count, { key: 'a' });
    const call = manager.run(() => gate().promise);
    const done = manager[Symbol.asyncDispose]?.() ?? manager.dispose();
    await Promise.resolve();
    expect(manager.state).toBe('draining');
    time.pass(10);
    await done;
    await expect(call).rejects.toEqual(code('REVIVE_INSTANCE_LOST'));
    expect([manager.state, disposed]).toEqual(['disposed', ['disposed', 'disposed']]);
    await expect(manager.use(count)).rejects.toEqual(code('REVIVE_DISPOSED'));
    manager.reset();
    expect(manager.run(count)).toBe(1);
  });
});

it('I6: is as large after 1,000 recoveries and keys as after one', () => {
  const { manager, disposed, time } = setUp({ consecutiveFailures: Number.POSITIVE_INFINITY, idleMs: 1, maxInstances: 2 });
  for (let key = 0; key < 1_000; key++) {
    expect(() => manager.run(die, { key })).toThrow(WebAssembly.RuntimeError);
    manager.run(count, { key });
    time.pass(2);
  }
  time.pass(10);
  expect([disposed.length, manager.stats]).toEqual([2_000, { failures: 1_000, recoveries: 1_000, inFlight: 0 }]);
});

it('I9: refuses options that there are not, and values that nothing would come of', () => {
  const bad: [object, string][] = [
    [{}, 'create has to be a function'],
    [{ create, recicle: {} }, 'there is no option "recicle"'],
    [{ create, standby: -1 }, 'standby has to be a whole number from 0'],
    [{ create, standby: Number.POSITIVE_INFINITY }, 'standby has to be a whole number from 0'],
    [{ create, uses: 3 }, 'there is no option "uses"'],
    [{ create, recycle: { attempts: 3 } }, 'there is no option "recycle.attempts"'],
    [{ create, recycle: { uses: 'many' } }, 'recycle.uses has to be a whole number from 1, or Infinity, not "many"'],
  ];
  for (const [options, message] of bad) expect(() => createReinitManager(options as ReinitManagerOptions<Exports>)).toThrow(message);
  const { manager } = setUp();
  expect(() => manager.on('failed' as 'failure', () => {})).toThrow('there is no event "failed"');
  return expect(manager.dispose({ drainMs: 'long' } as never)).rejects.toThrow('drainMs has to be');
});

describe('a value that is being made', () => {
  const never = (): Promise<Exports> => new Promise(() => {});

  it.each([
    ['a reset', (manager: ReinitManager<Exports>) => manager.reset()],
    ['an eviction', (manager: ReinitManager<Exports>) => manager.evict('a')],
    ['disposing at once', (manager: ReinitManager<Exports>) => manager.dispose({ drainMs: 0 })],
  ])('rejects those who wait for it at once, by %s', async (_, end) => {
    const { manager } = setUp({ create: never });
    const call = manager.use(count, { key: 'a' });
    void end(manager);
    await expect(call).rejects.toEqual(code('REVIVE_INSTANCE_LOST'));
  });

  it.each([
    ['disposing', (manager: ReinitManager<Exports>) => manager.dispose({ drainMs: 50 })],
    ['evicting', (manager: ReinitManager<Exports>) => manager.evict('a', { drain: true, drainMs: 50 })],
  ])('has the same time as calls in flight, by %s', async (_, end) => {
    const made = gate<Exports>();
    const { manager, disposed } = setUp({ create: () => made.promise });
    const call = manager.use(count, { key: 'a' });
    const ended = end(manager);
    made.open(create());
    await expect(call).resolves.toBe(1);
    await ended;
    expect(disposed).toHaveLength(1);
  });

  it('is not waited for any longer than that', async () => {
    const { manager, time } = setUp({ create: never });
    const call = manager.use(count);
    const ended = manager.dispose({ drainMs: 50 });
    time.pass(50);
    await expect(call).rejects.toEqual(code('REVIVE_INSTANCE_LOST'));
    await ended;
    expect(manager.state).toBe('disposed');
  });

  it('does not count as failed where it was given up before', async () => {
    const made = gate<Exports>();
    const { manager, names } = setUp({ create: () => made.promise, maxRestarts: 0 });
    const call = manager.use(count);
    manager.reset();
    made.fail(new Error('too late'));
    await expect(call).rejects.toEqual(code('REVIVE_INSTANCE_LOST'));
    expect([manager.state, names()]).toEqual(['idle', []]);
  });

  it('counts as failed whatever it fails with', async () => {
    const { manager } = setUp({ create: () => Promise.reject(undefined), consecutiveFailures: 2 });
    await expect(manager.use(count)).rejects.toEqual(code('REVIVE_NO_INSTANCE'));
    await expect(manager.use(count)).rejects.toEqual(code('REVIVE_CRASH_LOOP'));
  });
});

describe('disposing', () => {
  it('waits for what the program has to finish', async () => {
    const closed = gate();
    const { manager } = setUp({ dispose: () => closed.promise });
    manager.run(count);
    let isOver = false;
    const over = manager.dispose().then(() => {
      isOver = true;
    });
    await new Promise((resolve) => setTimeout(resolve));
    expect(isOver).toBe(false);
    closed.open();
    await over;
  });

  it('keeps a Node.js process until its time is over', () => {
    const program = `
      import { createReinitManager } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
      const manager = createReinitManager({ create: () => ({}) });
      manager.use(() => new Promise(() => {})).catch(({ code }) => console.log(code));
      await new Promise((resolve) => setImmediate(resolve));
      await manager.dispose({ drainMs: 50 });
      console.log(manager.state);`;
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect([stdout, status]).toEqual(['REVIVE_INSTANCE_LOST\ndisposed\n', 0]);
  });

  it('gives time past what a timer can wait', async () => {
    const { manager } = setUp({ clock: SYSTEM_CLOCK });
    const done = gate<string>();
    const call = manager.use(() => done.promise);
    await new Promise((resolve) => setTimeout(resolve));
    const over = manager.dispose({ drainMs: 2 ** 32 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    done.open('done');
    await expect(call).resolves.toBe('done');
    await over;
  });
});
