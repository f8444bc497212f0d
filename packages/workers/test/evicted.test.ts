/** A Durable Object that workerd has evicted takes its instance along. Runs in Node.js, where garbage can be collected when a test wants it. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Plugin } from '@wasm-revive/kernel';
import { expect, test, vi } from 'vitest';
import { transform } from 'wasm-revive/transform';
import { serve, type WorkerPackage } from '../src/index.js';
import { nodePackage } from './build-worker.ts';

vi.mock('cloudflare:workers', () => {
  class Entrypoint {
    readonly ctx: unknown;
    readonly env: unknown;
    constructor(ctx: unknown, env: unknown) {
      this.ctx = ctx;
      this.env = env;
    }
  }
  return { DurableObject: Entrypoint, WorkerEntrypoint: Entrypoint, WorkflowEntrypoint: Entrypoint };
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** The fixture, and the memories of its instances. */
function load() {
  const dir = nodePackage('abort');
  transform({ dir });
  const pkg = createRequire(import.meta.url)(join(dir, 'index.js')) as WorkerPackage;
  const memories: WeakRef<object>[] = [];
  const plugin: Plugin = {
    name: 'memories',
    instantiated: ({ exports }) => void memories.push(new WeakRef(exports?.memory as object)),
  };
  pkg.__revive.use(plugin);
  return { pkg, memories };
}

test('an object whose constructor throws leaves no instance, however often workerd constructs it anew [I6]', () => {
  const { pkg, memories } = load();
  // The `worker` crate writes its panics on the console by itself.
  const console = vi.spyOn(globalThis.console, 'error').mockImplementation(() => undefined);
  const { Loaded } = serve(pkg, { objects: ['Loaded'], revive: { maxInstances: 10 } }).classes;
  if (Loaded === undefined) throw new Error('There is no class Loaded.');
  const stateOf = (id: number) => ({
    id,
    get storage(): never {
      throw new Error('There is no storage.');
    },
  });
  for (let id = 1; id <= 30; id++) expect(() => new Loaded(stateOf(id) as never, {} as never)).toThrow(/^Rust panicked in new Loaded/);
  expect(memories).toHaveLength(30);
  console.mockRestore();
});

test('evicted objects’ instances are collected with them, and no others [I6]', async () => {
  const { pkg, memories } = load();
  const { Counter } = serve(pkg, { objects: ['Counter'] }).classes;
  if (Counter === undefined) throw new Error('There is no class Counter.');
  const construct = (id: number) => new Counter({ id } as never, {} as never) as { addCount(by: number): number };

  const kept = construct(0);
  expect(kept.addCount(1)).toBe(1);
  (() => {
    for (let id = 1; id <= 20; id++) expect(construct(id).addCount(id === 13 ? 1 : id)).toBeGreaterThan(0);
  })();
  expect(memories).toHaveLength(21);
  await expect
    .poll(() => {
      collect();
      return memories.filter((memory) => memory.deref() !== undefined).length;
    })
    .toBe(1);
  expect(kept.addCount(1)).toBe(2);
});

test('an instance that the budget of memory has ended is collected, while its object stays [I6]', async () => {
  const { pkg, memories } = load();
  const { Counter } = serve(pkg, { objects: ['Counter'], revive: { memoryBudgetMiB: 5 } }).classes;
  if (Counter === undefined) throw new Error('There is no class Counter.');
  const construct = (id: number) => new Counter({ id } as never, {} as never) as { addCount(by: number): number };
  let givenUp = 0;
  pkg.__revive.on('overBudget', () => givenUp++);

  const objects = Array.from({ length: 20 }, (_, id) => construct(id));
  for (const object of objects) {
    expect(object.addCount(1)).toBe(1);
    // The budget is looked at in a microtask.
    await Promise.resolve();
  }
  expect(givenUp).toBeGreaterThan(15);
  const { memoryBytes } = pkg.__revive.stats;
  expect(memoryBytes).toBeLessThanOrEqual(5 * 2 ** 20);
  await expect
    .poll(() => {
      collect();
      return memories.flatMap((memory) => (memory.deref() as WebAssembly.Memory | undefined)?.buffer.byteLength ?? []);
    })
    .toSatisfy((lengths: number[]) => lengths.reduce((sum, length) => sum + length, 0) <= memoryBytes);
  expect(objects.at(-1)?.addCount(1)).toBe(2);
  expect(objects[0]?.addCount(2)).toBe(2);
});
