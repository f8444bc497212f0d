/** What a failing call leaves as it was: everything but what JavaScript has done meanwhile. */
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Events } from '../../src/index.js';
import { type Package as Fixtures, load, RUNTIME, removeFolders, thrown } from '../fixtures.js';

interface Ticker {
  readonly tick: () => number;
  free(): void;
}

function deferred(): { readonly promise: Promise<unknown>; readonly reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {};
  const promise = new Promise((_, rejects) => {
    reject = rejects;
  });
  return { promise, reject };
}

interface Package extends Fixtures {
  hold(name: string, value: unknown): void;
  held(name: string): unknown;
  readonly Ticker: new (n: number) => Ticker;
  bump_static(): number;
  fail_holding_notes(kind: string): void;
  failing_closure(): (kind: string) => unknown;
  length_adder(): (text: string) => number;
  memory_pages(): number;
  notes(): number;
  recall(key: string): string | undefined;
  remember(key: string, value: string): void;
  fail_in_timeout(kind: string, ms: number): unknown;
  spawn_after(promise: Promise<unknown>): void;
  tasks_finished(): number;
  timeout(ms: number): Promise<unknown>;
  wait_often(next: () => Promise<unknown>, times: number): Promise<number>;
}

const VARIANTS = [
  ['fixtures', 'abort', 'rollback'],
  ['fixtures', 'unwind', 'rollback'],
  ['fixtures-mvp', 'abort', 'rollback'],
  ['fixtures-debug', 'abort', 'rollback'],
  ['fixtures-revive', 'unwind', 'rollback'],
  ['fixtures', 'unwind', 'copy'],
  ['fixtures-mvp', 'abort', 'copy'],
] as const;

const FAILURES = [
  'abort',
  'double-panic',
  'oom',
  'stack-overflow',
  'shadow-stack-overflow',
  'out-of-bounds',
  'indirect-call',
  'arithmetic',
];

afterAll(removeFolders);

describe.each(VARIANTS)('rollback of %s, panic=%s, %s', (name, panic, undone) => {
  const make = (): Package => load<Package>(panic, RUNTIME, name, undone);
  const aborts = (run: () => unknown): void =>
    expect(thrown(run)).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'rollback' } });

  it.each(FAILURES)('I7: keeps statics, handles, closures and promises after %s, and tells it', async (kind) => {
    const module = make();
    const heard: Events['recovered'][] = [];
    module.__revive.on('recovered', (event) => heard.push(event));
    const [counter, adder, ticker] = [new module.Counter(5), module.length_adder(), new module.Ticker(1)];
    adder('four');
    module.remember('key', 'value');
    let settle: (value: string) => void = () => {};
    const pending = module.wait_for(new Promise((resolve) => (settle = resolve)));
    for (let time = 1; time <= 3; time++) {
      aborts(() => module.fail(kind));
      expect([counter.inc(), adder(''), ticker.tick(), module.bump_static()]).toEqual([5 + time, 4, 1 + time, time]);
      expect([module.recall('key'), module.__revive.generation, module.__revive.state]).toEqual(['value', 1, 'running']);
    }
    settle('settled');
    expect(await pending).toBe('settled');
    expect(heard).toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ rolledBack: true, generation: 1 })));
    expect(module.__revive.stats).toMatchObject({ failures: 3, recoveries: 3, inFlight: 0 });
  });

  it('I7: undoes what was changed, and borrowed, before the failure', () => {
    const module = make();
    module.remember('key', 'value');
    aborts(() => module.fail_holding_notes('abort'));
    expect([module.notes(), module.recall('half'), module.recall('key')]).toEqual([1, undefined, 'value']);
  });

  it('I7: gives back what was used up: objects, closures and values', () => {
    const module = make();
    const [eater, food, ticker] = [new module.Counter(1), new module.Counter(2), new module.Ticker(0)];
    const { tick } = ticker;
    aborts(() =>
      module.nested(() => {
        eater.eat(food);
        ticker.free();
        eater.free();
        module.fail('abort');
      }),
    );
    expect([eater.get(), food.get(), ticker.tick, tick()]).toEqual([1, 2, tick, 1]);
    expect([eater.eat(food), thrown(() => food.get())]).toEqual([3, expect.objectContaining({ message: 'null pointer passed to rust' })]);
  });

  it('I4: what a call has made that was undone is stale', async () => {
    const module = make();
    let made:
      | { readonly object: { get(): number; free(): void }; readonly closure: (text: string) => number; readonly promise: Promise<number> }
      | undefined;
    aborts(() =>
      module.nested(() => {
        made = { object: new module.Counter(3), closure: module.length_adder(), promise: module.ready(1) };
        module.fail('abort');
      }),
    );
    expect(thrown(() => made?.object.get())).toMatchObject({ code: 'REVIVE_STALE_HANDLE' });
    expect(String(thrown(() => made?.object.get()))).toContain('a call that failed and was undone');
    expect(thrown(() => new module.Counter(1).add(made?.object as never))).toMatchObject({ code: 'REVIVE_STALE_HANDLE' });
    expect([made?.object.free(), made?.closure('text')]).toEqual([undefined, undefined]);
    await expect(made?.promise).rejects.toMatchObject({ code: 'REVIVE_ABORT' });
    // The same places are used again, for others.
    expect(new module.Counter(8).get()).toBe(8);
  });

  it('I3: refuses what is called within a call that has failed, and serves as soon as that is over', () => {
    const module = make();
    const counter = new module.Counter(1);
    const within: unknown[] = [];
    aborts(() =>
      module.nested(() => {
        try {
          module.fail('abort');
        } catch {
          // Swallowed, which changes nothing.
        }
        within.push(
          thrown(() => module.bump_static()),
          thrown(() => counter.inc()),
        );
      }),
    );
    expect(within).toEqual([expect.objectContaining({ code: 'REVIVE_ABORT' }), expect.objectContaining({ code: 'REVIVE_ABORT' })]);
    expect([counter.inc(), module.bump_static()]).toEqual([2, 1]);
  });

  it('I6: is as small again after it ran out of memory, however often', () => {
    const module = make();
    const pages = module.memory_pages();
    for (let time = 0; time < 20; time++) {
      aborts(() => module.fail('oom'));
      expect(module.memory_pages()).toBe(pages);
    }
  });

  it('I5: what Rust holds after it ran out of memory is known, when the instance is lost', async () => {
    const module = make();
    const [before, after] = [deferred(), deferred()];
    module.hold('before', before.promise);
    aborts(() => module.fail('oom'));
    expect(module.held('before')).toBe(before.promise);
    module.hold('after', after.promise);
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    try {
      module.__revive.reset();
      for (const { reject } of [before, after]) reject(new Error('nobody hears this but Rust'));
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });

  it('I5, I6: takes back what the call gave to the host, and nothing else', async () => {
    const module = make();
    const finished = module.tasks_finished();
    const earlier = module.timeout(1);
    aborts(() =>
      module.nested(() => {
        module.fail_in_timeout('abort', 1);
        module.spawn_after(Promise.resolve());
        module.fail('abort');
      }),
    );
    await earlier;
    module.spawn_after(Promise.resolve());
    await new Promise((resolve) => setImmediate(resolve));
    expect([module.tasks_finished(), module.__revive.stats.failures]).toEqual([finished + 1, 1]);
  });

  it('I7: undoes the call of a closure alone', () => {
    const module = make();
    const closure = module.failing_closure();
    module.bump_static();
    for (let time = 0; time < 3; time++) aborts(() => closure('abort'));
    expect([module.bump_static(), module.__revive.generation]).toEqual([2, 1]);
  });

  it.each(FAILURES)('I1, I5, I7: undoes an asynchronous call that fails before it first waits (%s), and nothing else', async (kind) => {
    const module = make();
    let settle = (_: string): void => {};
    const earlier = module.wait_for(new Promise<string>((resolve) => (settle = resolve)));
    module.bump_static();
    const failedIn: unknown[] = [];
    module.__revive.on('failure', ({ entrypoint }) => failedIn.push(entrypoint));
    for (let time = 0; time < 3; time++) {
      await expect(module.fail_first_poll(kind)).rejects.toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'rollback' } });
      expect(await module.ready(time)).toBe(time + 1);
    }
    expect([module.bump_static(), module.__revive.generation, module.__revive.stats.failures]).toEqual([2, 1, 3]);
    expect(new Set(failedIn)).toEqual(new Set(['fail_first_poll']));
    settle('settled');
    expect(await earlier).toBe('settled');
  });

  it('I7: polls a task within the call that gives its promise, once', async () => {
    const module = make();
    let polls = 0;
    const next = (): Promise<void> => {
      polls++;
      return Promise.resolve();
    };
    const promise = module.wait_often(next, 1);
    expect(polls).toBe(1);
    await promise;
    expect(polls).toBe(1);
  });

  it('I7: a call whose task is polled by the microtask of an earlier one costs the instance', async () => {
    const module = make();
    module.bump_static();
    module.spawn_after(Promise.resolve());
    await expect(module.fail_first_poll('abort')).rejects.toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'fresh' } });
    expect([module.bump_static(), module.__revive.generation]).toEqual([1, 2]);
  });

  it('I1, I5: an asynchronous call that fails before it first waits gets its own error where a fresh instance follows', async () => {
    const module = make();
    module.__revive.configure({ recovery: 'fresh' });
    const earlier = module.wait_for(new Promise(() => {}));
    const failed = module.fail_first_poll('abort');
    await expect(failed).rejects.toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'fresh', callsLost: 2 } });
    await expect(earlier).rejects.toMatchObject({ code: 'REVIVE_INSTANCE_LOST' });
    expect(await module.ready(1)).toBe(2);
  });

  it('I7: a task that fails costs the instance, for its event is spent', async () => {
    const module = make();
    module.bump_static();
    await expect(module.fail_later_poll('abort', Promise.resolve())).rejects.toMatchObject({
      code: 'REVIVE_ABORT',
      report: { recovery: 'fresh' },
    });
    expect([module.bump_static(), module.__revive.generation]).toEqual([1, 2]);
  });

  it('I2: a sibling that fails is rolled back by itself', () => {
    const module = make();
    const [a, b] = [module.__revive.instance('a') as unknown as Package, module.__revive.instance('b') as unknown as Package];
    const of = new a.Counter(1);
    for (const each of [a, b, module]) each.bump_static();
    aborts(() => a.fail('abort'));
    expect([a.bump_static(), b.bump_static(), module.bump_static(), of.inc()]).toEqual([2, 2, 2, 2]);
  });

  it('I7: is for each instance what the program answers by its key, and fresh where it has no answer', () => {
    const module = make();
    expect(module.__revive.canRollBack).toBe(true);
    const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const answers = new Map<unknown, unknown>([
      [undefined, 'rollback'],
      ['kept', 'rollback'],
      ['new', 'fresh'],
      ['wrong', 'keep'],
    ]);
    module.__revive.configure({ recovery: (key) => answers.get(key) as 'fresh' });
    const left = (each: Package): number => {
      each.bump_static();
      expect(thrown(() => each.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
      return each.bump_static();
    };
    const of = (key: string): Package => module.__revive.instance(key) as unknown as Package;
    expect([left(module), left(of('kept')), left(of('new')), left(of('wrong'))]).toEqual([2, 2, 1, 1]);
    expect(complaints.mock.calls.flat().map(String).join()).toMatch(/option recovery/);
    complaints.mockRestore();
  });

  it('I7: begins with a fresh instance where the program or a plugin wants that', () => {
    const module = make();
    module.bump_static();
    module.__revive.configure({ recovery: 'fresh' });
    expect(thrown(() => module.fail('abort'))).toMatchObject({ report: { recovery: 'fresh' } });
    expect([module.bump_static(), module.__revive.generation]).toEqual([1, 2]);
    module.__revive.configure({ recovery: 'rollback' });
    const stop = module.__revive.use({ name: 'fresh', failed: () => 'fresh' });
    expect(thrown(() => module.fail('abort'))).toMatchObject({ report: { recovery: 'fresh' } });
    stop();
    expect(module.bump_static()).toBe(1);
    aborts(() => module.fail('abort'));
    expect(module.bump_static()).toBe(2);
  });

  it('I7: a state in which nothing goes well is given up', () => {
    const module = make();
    module.bump_static();
    const recoveries = Array.from(
      { length: 101 },
      () => (thrown(() => module.fail('abort')) as { report: { recovery: string } }).report.recovery,
    );
    expect(recoveries).toEqual([...Array.from({ length: 100 }, () => 'rollback'), 'fresh']);
    expect(module.bump_static()).toBe(1);
  });
});

describe.each([['fixtures'], ['fixtures-revive']])('rollback of %s after a panic that unwinds', (name) => {
  it('I7: undoes it where the program wants that, and keeps it otherwise', () => {
    const module = load<Package>('unwind', RUNTIME, name, 'rollback');
    expect(thrown(() => module.fail_holding_notes('panic-message'))).toMatchObject({ code: 'REVIVE_PANIC', report: { recovery: 'keep' } });
    expect(module.recall('half')).toBe('written');
    module.__revive.configure({ atomicPanics: true });
    module.remember('half', 'before');
    expect(thrown(() => module.fail_holding_notes('panic-message'))).toMatchObject({
      code: 'REVIVE_PANIC',
      report: { recovery: 'rollback' },
    });
    expect([module.recall('half'), module.notes()]).toEqual(['before', 1]);
  });

  it('I7: keeps the instance where the panic is in a task, which nothing undoes', async () => {
    const module = load<Package>('unwind', RUNTIME, name, 'rollback');
    module.__revive.configure({ atomicPanics: true });
    module.bump_static();
    await expect(module.fail_later_poll('panic-message', Promise.resolve())).rejects.toMatchObject({
      code: 'REVIVE_PANIC',
      report: { recovery: 'keep' },
    });
    expect([module.bump_static(), module.__revive.generation]).toEqual([2, 1]);
  });
});

describe('what a plugin wants and cannot have', () => {
  it('I7: undoes the turn of an abort that a plugin wants to be kept, where nothing more can run', () => {
    const module = load<Package>('abort', RUNTIME, 'fixtures', 'rollback');
    module.bump_static();
    module.__revive.use({ name: 'keeps all', failed: () => 'keep' });
    const recoveries: string[] = [];
    module.__revive.on('failure', ({ recovery }) => recoveries.push(recovery));
    thrown(() => module.fail('stack-overflow'));
    expect([module.bump_static(), module.__revive.generation, recoveries]).toEqual([2, 1, ['rollback']]);
  });
});
