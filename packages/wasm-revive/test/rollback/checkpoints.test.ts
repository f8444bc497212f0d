/** A state in which nothing goes well any more is given up for an older one. */
import { fileURLToPath } from 'node:url';
import type { InstanceView } from '@wasm-revive/kernel';
import { afterAll, describe, expect, it } from 'vitest';
import type { CrashReport } from '../../src/index.js';
import { type Package as Fixtures, load, RUNTIME, removeFolders, thrown, transformed } from '../fixtures.js';
import { layoutOf } from './image.js';

interface Package extends Fixtures {
  readonly Ticker: new (n: number) => { readonly tick: () => number; free(): void };
  bump_static(): number;
  leak(bytes: number): void;
  length_adder(): (text: string) => number;
  memory_pages(): number;
  recall(key: string): string | undefined;
  remember(key: string, value: string): void;
  spawn_after(promise: Promise<unknown>): void;
  tasks_finished(): number;
  timeout(ms: number): Promise<unknown>;
}

const VARIANTS = [
  ['fixtures', 'abort'],
  ['fixtures', 'unwind'],
  ['fixtures-mvp', 'abort'],
  ['fixtures-revive', 'unwind'],
] as const;

/** So many failures in a row give a state up. */
const MOST = 100;

afterAll(removeFolders);

describe.each(VARIANTS)('%s, panic=%s', (name, panic) => {
  const make = (): Package => load<Package>(panic, RUNTIME, name, 'rollback');

  /** Has the module fail until its state is given up. Gives the last report. */
  const giveUp = (module: Package): CrashReport => {
    let report: CrashReport | undefined;
    for (let time = 0; time <= MOST; time++) ({ report } = thrown(() => module.fail('abort')) as { report: CrashReport });
    return report as CrashReport;
  };

  it('I4, I7: what was freed since is there again, and the report says what is lost', () => {
    const module = make();
    module.remember('key', 'old');
    const [kept, freed, ticker, adder] = [new module.Counter(1), new module.Counter(2), new module.Ticker(0), module.length_adder()];
    const { tick } = ticker;
    adder('four');
    module.__revive.configure({ checkpoints: { turns: 4 } });
    for (let bump = 1; bump <= 4; bump++) module.bump_static();
    // From here on it is given up; three turns are too few for the next.
    const events: unknown[] = [];
    module.__revive.on('recovered', (event) => events.push(event));
    kept.inc();
    freed.free();
    module.nested(() => {
      ticker.free();
      module.remember('key', 'new');
      adder('four more');
      module.leak(300_000);
    });
    for (let time = 0; time < MOST; time++) {
      expect(thrown(() => module.fail('abort'))).toMatchObject({ report: { recovery: 'rollback' } });
      expect(events.at(-1)).not.toHaveProperty('givenUp');
    }
    expect(thrown(() => module.fail('abort'))).toMatchObject({ report: { recovery: 'rollback', givenUp: { turns: 3 } } });
    expect(events.at(-1)).toMatchObject({ rolledBack: true, givenUp: { turns: 3, ageMs: expect.any(Number) } });
    expect([module.__revive.generation, module.recall('key'), module.bump_static()]).toEqual([1, 'old', 5]);
    expect([kept.get(), freed.get(), ticker.tick, tick(), adder('')]).toEqual([1, 2, tick, 1, 4]);
  });

  it('I2, I4, I5: what was made since is stale, promises are rejected, and tasks run', async () => {
    const module = make();
    await module.ready(1);
    module.__revive.configure({ checkpoints: { turns: 3 } });
    for (let bump = 1; bump <= 3; bump++) module.bump_static();
    const made = module.nested(() => ({ counter: new module.Counter(1), adder: module.length_adder() })) as {
      counter: { get(): number; free(): void };
      adder: (text: string) => number;
    };
    const pending = module.wait_for(new Promise(() => {}));
    const report = giveUp(module);
    expect(report).toMatchObject({ recovery: 'rollback', callsLost: 1 });
    await expect(pending).rejects.toMatchObject({ code: 'REVIVE_INSTANCE_LOST' });
    expect(thrown(() => made.counter.get())).toMatchObject({ code: 'REVIVE_STALE_HANDLE' });
    expect([made.counter.free(), made.adder('text')]).toEqual([undefined, undefined]);
    expect(await module.ready(7)).toBe(8);
    const finished = module.tasks_finished();
    module.spawn_after(Promise.resolve());
    await new Promise((resolve) => setImmediate(resolve));
    expect(module.tasks_finished()).toBe(finished + 1);
  });

  it('I5: keeps no state in which Rust waits for what comes only once', async () => {
    const module = make();
    module.__revive.configure({ checkpoints: { turns: 1 } });
    // Each of these turns leaves something to come.
    const promise = module.wait_for(Promise.resolve(1));
    module.spawn_after(Promise.resolve());
    expect(giveUp(module)).toMatchObject({ recovery: 'fresh' });
    await expect(promise).rejects.toMatchObject({ code: 'REVIVE_INSTANCE_LOST' });
  });

  it.each<[string, (module: Package) => unknown]>([
    ['a promise is owed', (module) => module.wait_for(new Promise(() => {})).catch(() => {})],
    ['a timer is pending', (module) => module.timeout(1_000_000).catch(() => {})],
    ['a task waits for a promise', (module) => module.spawn_after(new Promise(() => {}))],
  ])('I5: keeps none while %s', async (_, wait) => {
    const module = make();
    wait(module);
    await new Promise((resolve) => setImmediate(resolve));
    module.__revive.configure({ checkpoints: { turns: 1 } });
    module.bump_static();
    expect(giveUp(module)).toMatchObject({ recovery: 'fresh' });
  });

  it('I5: keeps one as soon as all that was awaited has come', async () => {
    const module = make();
    let settle: (value: string) => void = () => {};
    const pending = module.wait_for(new Promise((resolve) => (settle = resolve)));
    const timeout = module.timeout(1);
    await new Promise((resolve) => setImmediate(resolve));
    module.__revive.configure({ checkpoints: { turns: 1 } });
    module.bump_static();
    await timeout;
    module.bump_static();
    settle('settled');
    expect(await pending).toBe('settled');
    expect(module.bump_static()).toBe(3);
    expect(giveUp(module)).toMatchObject({ recovery: 'rollback', givenUp: { turns: 0 } });
    expect(giveUp(module)).toMatchObject({ recovery: 'fresh' });
  });

  it('I7: goes back further and further, and begins anew where nothing is left', () => {
    const module = make();
    module.__revive.configure({ checkpoints: { turns: 2, keep: 2 } });
    for (let bump = 1; bump <= 7; bump++) module.bump_static();
    expect(giveUp(module)).toMatchObject({ recovery: 'rollback', givenUp: { turns: 1 } });
    expect(giveUp(module)).toMatchObject({ recovery: 'rollback' });
    expect(module.bump_static()).toBe(5);
    expect(giveUp(module)).toMatchObject({ recovery: 'fresh' });
    expect(module.bump_static()).toBe(1);
  });

  it('I6: takes no more memory, however often', () => {
    const module = make();
    const pages: number[] = [];
    for (let time = 0; time < 6; time++) {
      module.__revive.configure({ checkpoints: { turns: 1 } });
      module.bump_static();
      const before = module.memory_pages();
      giveUp(module);
      pages.push(module.memory_pages() - before);
    }
    expect(pages).toEqual(pages.map(() => 0));
  });

  it('I7: goes back where the log itself may be damaged', () => {
    const original = fileURLToPath(new URL(`../../../../.artifacts/${name}/${panic}/nodejs/`, import.meta.url));
    const { initial } = layoutOf(original, transformed('nodejs', panic, RUNTIME, name, 'rollback'));
    const module = make();
    let view: InstanceView | undefined;
    module.__revive.use({
      name: 'memory',
      instantiated: (instance) => {
        view = instance;
      },
    });
    module.__revive.reset();
    module.__revive.configure({ checkpoints: { turns: 2 } });
    for (let bump = 1; bump <= 3; bump++) module.bump_static();
    const damaging = (): unknown =>
      module.nested(() => {
        module.bump_static();
        const { memory } = (view as InstanceView).exports as { memory: WebAssembly.Memory };
        new Uint8Array(memory.buffer).fill(255, initial, initial + 100_000);
      });
    expect(thrown(damaging)).toMatchObject({ report: { recovery: 'rollback', givenUp: { turns: 1 }, failure: { cause: 'corruption' } } });
    expect(module.bump_static()).toBe(3);
    expect(thrown(() => module.fail('oom'))).toMatchObject({ report: { recovery: 'rollback' } });
    expect(module.bump_static()).toBe(4);
  });

  it('refuses what says nothing of when', () => {
    const module = make();
    expect(String(thrown(() => module.__revive.configure({ checkpoints: {} })))).toContain('neither after how many');
    expect(String(thrown(() => module.__revive.configure({ checkpoints: { turns: 0 } })))).toContain('checkpoints.turns');
  });
});
