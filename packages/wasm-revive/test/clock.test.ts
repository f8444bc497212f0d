/** What a manager does by the time, on a clock that stands until the test moves it: the real output of the transform, with a runtime of the test's own. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { abortDetector } from '@wasm-revive/abort-detector';
import { shim } from '@wasm-revive/entrypoint-shim';
import type { Factory, ModuleDescription } from '@wasm-revive/kernel';
import { type Clock, createManager } from '@wasm-revive/reinit-manager';
import { afterEach, expect, it } from 'vitest';
import { folder, load, never, type Package, removeFolders } from './fixtures.js';

afterEach(removeFolders);

interface Timer {
  readonly due: number;
  readonly isAwaited: boolean;
  run(): void;
}

/** A clock that stands until the test moves it. */
class HandClock implements Clock {
  time = 0;
  readonly timers = new Set<Timer>();

  now(): number {
    return this.time;
  }

  random(): number {
    return 0.5;
  }

  later(run: () => void, ms: number, isAwaited = false): () => void {
    const timer: Timer = { due: this.time + ms, isAwaited, run };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  pass(ms: number): void {
    this.time += ms;
    for (const timer of this.timers) {
      if (timer.due <= this.time && this.timers.delete(timer)) timer.run();
    }
  }
}

/** The fixtures under a manager that is given the clock. */
function loadWith(clock: Clock): Package {
  const runtime = join(folder(), 'runtime.cjs');
  writeFileSync(runtime, '');
  const module = createRequire(import.meta.url)(runtime) as Record<string, unknown>;
  module.revive = (factory: Factory, description: ModuleDescription) => {
    const application = createManager(factory, description, { plugins: [abortDetector()], clock });
    return Object.assign(application, { wasm: shim(() => application.exports()) });
  };
  return load('abort', runtime);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('I7: an instance is replaced when it has served for `recycle.ageMs` by the clock of the manager', async () => {
  const clock = new HandClock();
  const wasm = loadWith(clock);
  const recycled: unknown[] = [];
  wasm.__revive.on('recycled', (event) => recycled.push(event));
  wasm.__revive.configure({ recycle: { ageMs: 60_000 } });
  for (const [ms, generation] of [
    [59_999, 1],
    [1, 2],
    [59_999, 2],
    [1, 3],
  ] as const) {
    clock.pass(ms);
    wasm.bump();
    await turn();
    expect(wasm.__revive.generation).toBe(generation);
  }
  expect(recycled).toEqual([1, 2].map((from) => ({ reason: 'age', from, generation: from + 1 })));
});

it('I5: the time of a drain passes by the clock of the manager, and leaves no timer', async () => {
  const clock = new HandClock();
  const wasm = loadWith(clock);
  const drained: unknown[] = [];
  wasm.__revive.on('drained', (event) => drained.push(event));
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      wasm.__revive.on('drained', () => resolve());
    });
  wasm.__revive.configure({ recycle: { turns: 1 }, drainMs: 30_000 });
  const flights = [wasm.wait_for(never()), wasm.ready(1)];
  await flights[1];
  expect(wasm.__revive.generation).toBe(2);
  clock.pass(29_999);
  await turn();
  expect(drained).toEqual([]);
  clock.pass(1);
  await expect(flights[0]).rejects.toMatchObject({
    code: 'REVIVE_INSTANCE_LOST',
    message: expect.stringContaining('This call had 30000 ms to finish.'),
  });
  await turn();
  expect([drained, clock.timers.size]).toEqual([[{ generation: 1, callsLost: 1 }], 0]);
  // One that ends by itself leaves none, either.
  const second = next();
  await wasm.ready(1);
  await second;
  expect([drained.at(-1), clock.timers.size]).toEqual([{ generation: 2, callsLost: 0 }, 0]);
});

it('I5: a drain that the program comes to await keeps the process from then on, and for no longer than it had', async () => {
  const clock = new HandClock();
  const wasm = loadWith(clock);
  const timers = (): [number, boolean][] => [...clock.timers].map(({ due, isAwaited }) => [due, isAwaited]);
  wasm.__revive.configure({ recycle: { turns: 1 }, drainMs: 1_000 });
  const flight = wasm.wait_for(never());
  await turn();
  expect(timers()).toEqual([[1_000, false]]);
  clock.pass(400);
  const disposed = wasm.__revive.dispose({ drainMs: 5_000 });
  // The second is that of the instance that serves when the module is disposed of.
  expect(timers().sort()).toEqual([
    [1_000, true],
    [5_400, true],
  ]);
  const sooner = wasm.__revive.dispose({ drainMs: 100 });
  expect(timers()).toEqual([
    [500, true],
    [500, true],
  ]);
  clock.pass(100);
  await expect(flight).rejects.toMatchObject({ message: expect.stringContaining('This call had 100 ms to finish.') });
  await Promise.all([disposed, sooner]);
  expect([wasm.__revive.state, clock.timers.size]).toEqual(['disposed', 0]);
});
