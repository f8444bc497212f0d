/**
 * Futures that wasm-bindgen's own executor polls, in a turn that fails: it is run once more where nothing would be done twice (I2, I5), and a fresh
 * instance follows where something would, or where that fails, too.
 */
import { createRequire } from 'node:module';
import type { CrashReport } from '@wasm-revive/kernel';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { type Package as Fixtures, RUNTIME, removeFolders, transformed, wasmFileOf } from '../fixtures.js';

interface Package extends Fixtures {
  bump_static(): number;
  remember_later(key: string, value: string): void;
  spawn_after(promise: Promise<unknown>): void;
  spawn_fail(kind: string, promise: Promise<unknown>): void;
  tasks_finished(): number;
  wait_often(next: () => unknown, times: number): Promise<number>;
}

interface Told {
  readonly module: Package;
  readonly traps: Traps;
  readonly reports: CrashReport[];
  /** The polls that are run again, and how many failures were reported by then. */
  readonly again: unknown[];
}

/** Has the engine trap at the end of the n-th call of a closure of Rust's from now on, after all that it does. */
interface Traps {
  at: number;
}

function load(panic: 'abort' | 'unwind' = 'abort'): Told {
  const traps: Traps = { at: 0 };
  const { Instance, RuntimeError } = WebAssembly;
  const trapping = (name: string, run: (...args: unknown[]) => unknown) => {
    if (!name.includes('closures_____invoke')) return run;
    return (...args: unknown[]): unknown => {
      const isLast = traps.at > 0 && --traps.at === 0;
      const result = run(...args);
      if (isLast) throw new RuntimeError('unreachable');
      return result;
    };
  };
  vi.stubGlobal('WebAssembly', {
    ...Object.fromEntries(Object.getOwnPropertyNames(WebAssembly).map((name) => [name, Reflect.get(WebAssembly, name)])),
    Instance: class extends Instance {
      readonly #exports: WebAssembly.Exports;

      constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
        super(module, imports);
        const wrapped = Object.entries(super.exports).map(([name, value]) => [
          name,
          typeof value === 'function' ? trapping(name, value as () => unknown) : value,
        ]);
        this.#exports = Object.fromEntries(wrapped) as WebAssembly.Exports;
      }

      override get exports(): WebAssembly.Exports {
        return this.#exports;
      }
    },
  });
  const require = createRequire(import.meta.url);
  const file = wasmFileOf(transformed('nodejs', panic, RUNTIME, 'fixtures', 'rollback')).replace('_bg.wasm', '.js');
  // It keeps the engine's functions as they are when it is loaded.
  delete require.cache[RUNTIME];
  const module = require(file) as Package;
  const reports: CrashReport[] = [];
  const again: unknown[] = [];
  module.__revive.on('failure', (report) => void reports.push(report));
  module.__revive.on('retried', ({ entrypoint, attempt, error }) => void again.push([entrypoint, attempt, error.code, reports.length]));
  return { module, traps, reports, again };
}

const turn = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

const recoveries = (reports: readonly CrashReport[]): string[] => reports.map(({ recovery }) => recovery);

afterEach(() => {
  vi.unstubAllGlobals();
});
afterAll(removeFolders);

/** Spawns tasks that do nothing outside, has the executor's turn trap, and gives when it has been over for long. */
async function pollTrapping(module: Package, traps: Traps, tasks: number, times = 1): Promise<void> {
  let settle = (): void => {};
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  for (let task = 0; task < tasks; task++) module.spawn_after(promise);
  await turn();
  settle();
  // Each reaction is a call; the microtask that they have queued is the next.
  traps.at = tasks + times;
  await turn();
  traps.at = 0;
}

it.each([1, 3])('I2, I5: polls the tasks (%i) of such a turn again, each of which has been polled once then', async (tasks) => {
  const { module, traps, reports, again } = load();
  module.bump_static();
  const pending = module.wait_for(new Promise(() => {}));
  pending.catch(() => {});
  await pollTrapping(module, traps, tasks);
  expect([module.tasks_finished(), module.bump_static(), module.__revive.generation]).toEqual([tasks, 2, 1]);
  expect(recoveries(reports)).toEqual(['rollback']);
  // A listener may do something about the cause before that.
  expect(again).toEqual([['a poll of futures', 1, 'REVIVE_ABORT', 0]]);
  expect(reports[0]).not.toHaveProperty('firstAttempt');
  expect(module.__revive.stats).toMatchObject({ inFlight: 1, failures: 1, recoveries: 1 });
  // The next turn may fail as this one.
  await pollTrapping(module, traps, tasks);
  expect([module.tasks_finished(), recoveries(reports)]).toEqual([2 * tasks, ['rollback', 'rollback']]);
});

it('I1, I5: what fails again costs the instance, is one failure, and every call in flight is rejected', async () => {
  const { module, reports, again } = load();
  const recovered: unknown[] = [];
  module.__revive.on('recovered', ({ generation, rolledBack }) => recovered.push([generation, rolledBack]));
  module.bump_static();
  const pending = module.wait_for(new Promise(() => {}));
  module.spawn_fail('abort', Promise.resolve());
  await expect(pending).rejects.toMatchObject({ code: expect.stringMatching(/^REVIVE_(ABORT|INSTANCE_LOST)$/) });
  expect(recoveries(reports)).toEqual(['fresh']);
  expect(again).toEqual([['a poll of futures', 1, 'REVIVE_ABORT', 0]]);
  const [{ failure, firstAttempt }] = JSON.parse(JSON.stringify(reports)) as [CrashReport];
  expect(firstAttempt).toMatchObject({ kind: 'aborted', cause: 'cause' in failure ? failure.cause : '' });
  expect([module.bump_static(), module.__revive.generation]).toEqual([1, 2]);
  expect(module.__revive.stats).toMatchObject({ failures: 1, recoveries: 1 });
  expect(recovered).toEqual([[2, undefined]]);
});

it('I1, I5: is one failure, too, where a listener has the instance replaced before the second time', async () => {
  const { module, reports } = load();
  module.bump_static();
  module.__revive.on('retried', () => module.__revive.reset());
  const pending = module.wait_for(new Promise(() => {}));
  module.spawn_fail('abort', Promise.resolve());
  await expect(pending).rejects.toMatchObject({ code: 'REVIVE_ABORT' });
  expect(reports.map(({ recovery, generation }) => [recovery, generation])).toEqual([['fresh', 1]]);
  expect([module.bump_static(), module.__revive.generation]).toEqual([1, 2]);
});

it('I7: a turn that has called something of the program’s is not run again', async () => {
  const { module, traps, reports } = load();
  let calls = 0;
  let settle = (): void => {};
  const next = (): Promise<void> => {
    calls++;
    return calls > 1 ? Promise.resolve() : new Promise<void>((resolve) => (settle = resolve));
  };
  const waiting = module.wait_often(next, 2);
  waiting.catch(() => {});
  await turn();
  settle();
  // The reaction, then the poll, which calls `next` for the second time.
  traps.at = 2;
  await expect(waiting).rejects.toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'fresh' } });
  expect([calls, recoveries(reports), module.__revive.generation]).toEqual([2, ['fresh'], 2]);
});

it('I7: a turn that has called what a class of promises does by itself is not run again', async () => {
  /** Its work begins as soon as somebody waits for it. */
  class Lazy extends Promise<unknown> {
    static begun = 0;
  }
  const { then } = Promise.prototype;
  const begin = function (this: Promise<unknown>, ...callbacks: Parameters<typeof then>): unknown {
    Lazy.begun++;
    return then.apply(this, callbacks);
  };
  Object.defineProperty(Lazy.prototype, 'then', { value: begin });
  /** Whoever waits for it makes another. */
  class Counted extends Promise<unknown> {
    static made = 0;
    constructor(executor: ConstructorParameters<typeof Promise>[0]) {
      super(executor);
      Counted.made++;
    }
  }
  const { module, traps, reports } = load();
  for (const [promise, done] of [
    [new Lazy(() => {}), () => Lazy.begun],
    [new Counted(() => {}), () => Counted.made - 1],
  ] as const) {
    module.bump_static();
    module.spawn_after(promise);
    traps.at = 1;
    await turn();
    traps.at = 0;
    expect([done(), reports.at(-1)?.recovery]).toEqual([1, 'fresh']);
  }
  module.bump_static();
  module.spawn_after(new Promise(() => {}));
  traps.at = 1;
  await turn();
  expect(reports.at(-1)?.recovery).toBe('rollback');
});

it('I7: a turn that has settled a promise is not run again', async () => {
  const { module, traps, reports } = load();
  const waiting = module.wait_for(Promise.resolve('value'));
  traps.at = 2;
  expect(await waiting).toBe('value');
  await turn();
  expect([recoveries(reports), module.__revive.generation]).toEqual([['fresh'], 2]);
});

it('I2: a panic that unwinds is kept, as it is without', async () => {
  const { module, reports } = load('unwind');
  module.__revive.configure({ atomicPanics: true });
  await expect(module.fail_later_poll('panic-message', Promise.resolve())).rejects.toMatchObject({ code: 'REVIVE_PANIC' });
  expect([recoveries(reports), module.__revive.generation]).toEqual([['keep'], 1]);
});
