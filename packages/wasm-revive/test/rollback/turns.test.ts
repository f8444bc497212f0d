/**
 * Random turns, some of which fail after they have done something: whatever they have done, nothing of it is left. SEED and PATH_ repeat a run.
 */

import { fileURLToPath } from 'node:url';
import type { InstanceView } from '@wasm-revive/kernel';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Package as Fixtures, load, RUNTIME, removeFolders, thrown, transformed } from '../fixtures.js';
import { difference, type Image, imageOf, type Layout, layoutOf, NO_LOG } from './image.js';
import { replayable } from './replay.js';

interface Counter {
  inc(): number;
  get(): number;
  add(other: Counter): number;
  eat(other: Counter): number;
  free(): void;
}

interface Package extends Fixtures {
  bump_static(): number;
  remember(key: string, value: string): void;
  recall(key: string): string | undefined;
  leak(bytes: number): void;
  double_all(numbers: Float64Array): void;
  length_adder(): (text: string) => number;
  Ticker: new (n: number) => { readonly tick: () => number; free(): void };
  spawn_after(promise: Promise<unknown>): void;
  tasks_finished(): number;
  fail_holding_notes(kind: string): void;
}

/** One thing that a turn does. `which` chooses among what there is. */
interface Op {
  readonly do: (typeof OPS)[number];
  readonly which: number;
  readonly size: number;
}

const OPS = [
  'new',
  'inc',
  'free',
  'eat',
  'bump',
  'remember',
  'echo',
  'leak',
  'double',
  'closure',
  'call',
  'ticker',
  'untick',
  'keep',
  'promise',
  'spawn',
] as const;

const FAILURES = ['panic-message', 'abort', 'oom', 'stack-overflow', 'out-of-bounds', 'arithmetic'] as const;

interface Turn {
  readonly ops: readonly Op[];
  /** How it ends: well, or by a failure after so many of its ops. */
  readonly end: 'well' | (typeof FAILURES)[number];
}

const turns: fc.Arbitrary<Turn[]> = fc.array(
  fc.record({
    ops: fc.array(fc.record({ do: fc.constantFrom(...OPS), which: fc.nat(99), size: fc.integer({ min: 1, max: 70_000 }) }), {
      maxLength: 12,
    }),
    end: fc.oneof(fc.constant('well' as const), fc.constantFrom(...FAILURES)),
  }),
  { minLength: 1, maxLength: 25 },
);

/** What there should be. */
interface Model {
  readonly counters: Map<Counter, number>;
  readonly freed: Set<Counter>;
  readonly notes: Map<string, string>;
  readonly adders: Map<(text: string) => number, number>;
  readonly tickers: Map<{ readonly tick: () => number; free(): void }, () => number>;
  readonly ticks: Map<() => number, number>;
  bumps: number;
}

function copy(model: Model): Model {
  return {
    counters: new Map(model.counters),
    freed: new Set(model.freed),
    notes: new Map(model.notes),
    adders: new Map(model.adders),
    tickers: new Map(model.tickers),
    ticks: new Map(model.ticks),
    bumps: model.bumps,
  };
}

class World {
  readonly module: Package;
  readonly layout: Layout;
  model: Model = {
    counters: new Map(),
    freed: new Set(),
    notes: new Map(),
    adders: new Map(),
    tickers: new Map(),
    ticks: new Map(),
    bumps: 0,
  };
  /** What turns have made that were undone. */
  readonly undone: { counters: Set<Counter>; closures: Set<(text: string) => number>; promises: Promise<unknown>[] } = {
    counters: new Set(),
    closures: new Set(),
    promises: [],
  };
  image: Image | undefined;
  view: InstanceView | undefined;
  differences: string[] = [];
  rolledBack = 0;

  constructor(module: Package, layout: Layout) {
    this.module = module;
    this.layout = layout;
    module.__revive.use({
      name: 'images',
      instantiated: (view) => {
        this.view = view;
      },
      committed: (view) => {
        this.image = imageOf(view, layout);
      },
    });
    // Plugins hear of turns from the next instance on.
    module.__revive.reset();
    this.model.bumps = module.bump_static();
    module.__revive.on('recovered', ({ rolledBack }) => {
      if (rolledBack !== true || this.view === undefined || this.image === undefined) {
        this.differences.push(`the instance was not rolled back: ${rolledBack}`);
        return;
      }
      this.rolledBack++;
      const different = difference(this.image, imageOf(this.view, layout));
      if (different !== undefined) this.differences.push(different);
    });
  }

  turn({ ops, end }: Turn): void {
    const before = copy(this.model);
    const run = (): void => {
      for (const op of ops) this.#run(op);
      if (end !== 'well') this.module.fail(end);
    };
    if (end === 'well') {
      this.module.nested(run);
      return;
    }
    const error = thrown(() => this.module.nested(run)) as { code?: string };
    if (error.code !== 'REVIVE_ABORT') throw error;
    for (const counter of this.model.counters.keys()) if (!before.counters.has(counter)) this.undone.counters.add(counter);
    for (const adder of this.model.adders.keys()) if (!before.adders.has(adder)) this.undone.closures.add(adder);
    this.model = before;
  }

  #run({ do: what, which, size }: Op): void {
    const { module, model } = this;
    const pick = <T>(all: Iterable<T>): T | undefined => {
      const list = [...all];
      return list[which % Math.max(1, list.length)];
    };
    const counter = pick(model.counters.keys());
    switch (what) {
      case 'new':
        model.counters.set(which % 2 === 0 ? new module.Counter(size) : module.Counter.of(size), size);
        break;
      case 'inc':
        if (counter) model.counters.set(counter, counter.inc());
        break;
      case 'free':
        if (counter) this.#freed(counter, () => counter.free());
        break;
      case 'eat': {
        const other = [...model.counters.keys()].find((one) => one !== counter);
        if (counter && other) this.#freed(other, () => void model.counters.set(counter, counter.eat(other)));
        break;
      }
      case 'bump':
        model.bumps = module.bump_static();
        break;
      case 'remember': {
        const [key, value] = [`key ${which % 5}`, 'x'.repeat(size % 3000)];
        module.remember(key, value);
        model.notes.set(key, value);
        break;
      }
      case 'echo':
        expect(module.echo('ä'.repeat(size % 5000))).toHaveLength(size % 5000);
        break;
      case 'leak':
        module.leak(size * 3);
        break;
      case 'double': {
        const numbers = Float64Array.from({ length: size % 700 }, (_, n) => n);
        module.double_all(numbers);
        expect(numbers[numbers.length - 1] ?? 0).toBe(Math.max(0, numbers.length - 1) * 2);
        break;
      }
      case 'closure':
        model.adders.set(module.length_adder(), 0);
        break;
      case 'call': {
        const adder = pick(model.adders.keys());
        if (adder) model.adders.set(adder, adder('y'.repeat(size % 100)));
        break;
      }
      case 'ticker': {
        const ticker = new module.Ticker(0);
        const { tick } = ticker;
        model.tickers.set(ticker, tick);
        model.ticks.set(tick, tick());
        break;
      }
      case 'untick': {
        const ticker = pick(model.tickers.keys());
        if (!ticker) break;
        const tick = model.tickers.get(ticker) as () => number;
        if (which % 2 === 0) model.ticks.set(tick, tick());
        else {
          ticker.free();
          model.tickers.delete(ticker);
          model.ticks.delete(tick);
        }
        break;
      }
      case 'keep':
        expect(module.same({ which })).toEqual({ which });
        break;
      case 'promise':
        this.undone.promises.push(module.ready(which));
        break;
      case 'spawn':
        module.spawn_after(Promise.resolve());
        break;
    }
  }

  #freed(counter: Counter, free: () => void): void {
    this.model.counters.delete(counter);
    free();
    this.model.freed.add(counter);
  }

  /** Everything is as the model says. */
  check(): void {
    const { module, model, undone } = this;
    expect(this.differences).toEqual([]);
    expect(module.__revive.generation).toBe(2);
    for (const [counter, n] of model.counters) expect(counter.get()).toBe(n);
    for (const counter of model.freed) expect(String(thrown(() => counter.get()))).toContain('null pointer');
    for (const counter of undone.counters) {
      expect(thrown(() => counter.get())).toMatchObject({ code: 'REVIVE_STALE_HANDLE', message: expect.stringContaining('undone') });
      counter.free();
    }
    for (const adder of undone.closures) expect(adder('stale')).toBeUndefined();
    for (const [key, value] of model.notes) expect(module.recall(key)).toBe(value);
    for (const [adder, total] of model.adders) expect(adder('')).toBe(total);
    for (const tick of model.ticks.keys()) model.ticks.set(tick, (model.ticks.get(tick) as number) + 1);
    for (const [tick, n] of model.ticks) expect(tick()).toBe(n);
    for (const [ticker, tick] of model.tickers) expect(ticker.tick).toBe(tick);
    const bumps = module.bump_static();
    expect(bumps).toBe(model.bumps + 1);
    model.bumps = bumps;
  }
}

const VARIANTS = [
  ['fixtures', 'abort', 'rollback'],
  ['fixtures', 'unwind', 'rollback'],
  ['fixtures-mvp', 'abort', 'rollback'],
  ['fixtures', 'abort', 'copy'],
  ['fixtures', 'unwind', 'copy'],
  ['fixtures-mvp', 'abort', 'copy'],
] as const;

afterAll(removeFolders);

describe.each(VARIANTS)('random turns of %s, panic=%s, %s', (name, panic, undone) => {
  it('I7: leave nothing of those that fail', { timeout: 120_000 }, async () => {
    const original = fileURLToPath(new URL(`../../../../.artifacts/${name}/${panic}/nodejs/`, import.meta.url));
    const layout = undone === 'copy' ? NO_LOG : layoutOf(original, transformed('nodejs', panic, RUNTIME, name, undone));
    const rolledBack: number[] = [];
    await fc.assert(
      fc.asyncProperty(turns, async (all) => {
        const world = new World(load<Package>(panic, RUNTIME, name, undone), layout);
        for (const turn of all) {
          world.turn(panic === 'unwind' && turn.end === 'panic-message' ? { ...turn, end: 'abort' } : turn);
          world.check();
        }
        // What was promised in a turn that was undone is rejected; all others are resolved.
        await Promise.allSettled(world.undone.promises);
        world.check();
        rolledBack.push(world.rolledBack);
        removeFolders();
      }),
      replayable(),
    );
    expect(rolledBack.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(20);
  });
});
