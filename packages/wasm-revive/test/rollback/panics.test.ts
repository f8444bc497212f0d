/**
 * Panics in turns on published crates, as programs see them: with `atomicPanics` nothing of the turn is left, and without it the instance goes on, with
 * what it is by then.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { InstanceView } from '@wasm-revive/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Revive } from '../../src/index.js';
import { RUNTIME, removeFolders, thrown, transformed, wasmFileOf } from '../fixtures.js';
import { changeSince, imageOf, type Layout, layoutOf } from './image.js';
import { NAMES, WORKLOADS, type Workload } from './workloads.js';

type Workloads = Record<Workload, (seed: number, size: number) => number> & {
  hold(mebibytes: number): void;
  touch_and_abort(kibibytes: number, value: number): void;
};

/** So many panics of a turn are made, spread over it. More rollbacks in a row cost an instance. */
const MOST = 40;

/** How many turns go well before. */
const TURNS_BEFORE = 3;

let module: Workloads & { readonly __revive: Revive<Workloads> };
let view: InstanceView | undefined;
let layout: Layout;
/** So many random numbers until Rust panics. */
let left = 0;

const { stackTraceLimit } = Error;

beforeAll(() => {
  const host = { make: (n: number) => ({ n }), number: ({ n }: { n: number }) => n, panics: () => --left === 0 };
  Object.assign(globalThis, { host });
  const outDir = transformed('nodejs', 'unwind', RUNTIME, 'undo-workloads-panics', 'rollback');
  layout = layoutOf(fileURLToPath(new URL('../../../../.artifacts/undo-workloads-panics/unwind/nodejs/', import.meta.url)), outDir);
  module = createRequire(import.meta.url)(wasmFileOf(outDir).replace('_bg.wasm', '.js'));
  module.__revive.use({
    name: 'view',
    instantiated: (instance) => {
      view ??= instance;
    },
  });
  // Plugins hear of instances from the next one on.
  module.__revive.reset();
  module.hold(1);
  Error.stackTraceLimit = 0;
}, 120_000);

afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
  removeFolders();
});

/** Has a turn panic at its kth random number. */
function panicAt(of: Workload, seed: number, k: number): unknown {
  left = k;
  const error = thrown(() => module[of](seed, WORKLOADS[of]));
  expect(left).toBe(0);
  return error;
}

/** How many random numbers a turn draws, which is run on an instance beside it, and what it gives there. */
function countAndRun(of: Workload, seed: number): { readonly count: number; readonly result: number } {
  const beside = module.__revive.instance('beside') as unknown as Workloads;
  left = 0;
  const result = beside[of](seed, WORKLOADS[of]);
  return { count: -left, result };
}

describe('a panic in a turn', () => {
  it.each(NAMES)('I7: leaves nothing of %s, where the program wants that', (of) => {
    module.__revive.configure({ atomicPanics: true });
    for (let seed = 0; seed < TURNS_BEFORE; seed++) expect(module[of](seed, WORKLOADS[of])).toBe(countAndRun(of, seed).result);
    const { count, result } = countAndRun(of, TURNS_BEFORE);
    const before = imageOf(view as InstanceView, layout);
    const step = Math.max(1, Math.ceil(count / MOST));
    for (let k = 1; k <= count; k += step) {
      expect(panicAt(of, TURNS_BEFORE, k)).toMatchObject({ code: 'REVIVE_PANIC', report: { recovery: 'rollback' } });
      expect(changeSince(before, view as InstanceView, layout)).toBeUndefined();
    }
    expect(module[of](TURNS_BEFORE, WORKLOADS[of])).toBe(result);
    // What is looked at is the instance that serves.
    expect(changeSince(before, view as InstanceView, layout)).toBeDefined();
  });

  it.each(NAMES)('I7: keeps the instance of %s otherwise, and turns behind it are undone', (of) => {
    module.__revive.configure({ atomicPanics: false });
    const { generation } = module.__revive;
    for (let seed = 10; seed < 18; seed++) {
      const { count } = countAndRun(of, seed);
      expect(panicAt(of, seed, 1 + ((seed * 7919) % count))).toMatchObject({ code: 'REVIVE_PANIC', report: { recovery: 'keep' } });
      const before = imageOf(view as InstanceView, layout);
      expect(thrown(() => module.touch_and_abort(20, seed))).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'rollback' } });
      expect(changeSince(before, view as InstanceView, layout)).toBeUndefined();
      // What is half done stays so: a turn may panic by itself.
      try {
        expect(module[of](seed + 100, WORKLOADS[of])).toBeTypeOf('number');
      } catch (error) {
        expect(error).toMatchObject({ code: 'REVIVE_PANIC' });
      }
    }
    expect([module.__revive.generation, module.__revive.state]).toEqual([generation, 'running']);
  });
});
