/** What a plugin, or a listener, gets that calls the module from where it is called itself: the table of `packages/kernel/README.md`, row by row. */
import { createRequire } from 'node:module';
import type { Plugin } from '@wasm-revive/kernel';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { Events } from '../src/index.js';
import { load as loadFixtures, type Package, RUNTIME, removeFolders, thrown, transformed, wasmFileOf } from './fixtures.js';

interface Fixtures extends Package {
  panic_in_hook(how: string, f: () => unknown): void;
  multiplier(factor: number): (n: number) => number | undefined;
}

type Recovering = 'fresh' | 'rollback';

/** What the call gives: `served`, or the code of its error and its words. */
type Given = string;

const ABORTED = 'REVIVE_ABORT: Rust aborted in fail: unreachable code was executed (unreachable)';
const UNDECIDED =
  /^REVIVE_ABORT: Rust aborted \(unreachable\)\. This call came while plugins were being asked about that, and did nothing\./;

const require = createRequire(import.meta.url);
const files: Partial<Record<Recovering, string>> = {};

/** The fixtures, transformed once and loaded anew. */
function load(recovery: Recovering): Fixtures {
  files[recovery] ??= wasmFileOf(
    transformed('nodejs', 'abort', RUNTIME, 'fixtures', recovery === 'rollback' ? recovery : undefined),
  ).replace('_bg.wasm', '.js');
  delete require.cache[require.resolve(files[recovery])];
  return require(files[recovery]) as Fixtures;
}

afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(removeFolders);

/** A package of which a plugin, or whoever is made by `put`, calls the module the first time that it is called itself. */
function calling(recovery: Recovering, put: (ns: Fixtures, call: () => void) => void): { readonly ns: Fixtures; readonly given: Given[] } {
  const ns = load(recovery);
  const given: Given[] = [];
  let isArmed = false;
  put(ns, () => {
    if (!isArmed) return;
    isArmed = false;
    try {
      given.push(ns.add(1, 2) === 3 ? 'served' : 'wrong');
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      given.push(`${code}: ${message}`);
    }
  });
  ns.__revive.reset();
  ns.add(1, 2);
  isArmed = true;
  return { ns, given };
}

/** The same in a hook of a plugin. */
function inHook(recovery: Recovering, hook: keyof Omit<Plugin, 'name' | 'package'>): ReturnType<typeof calling> {
  return calling(recovery, (ns, call) => {
    const run = (_: unknown, poll?: () => void): undefined => {
      call();
      if (hook === 'polls') poll?.();
    };
    ns.__revive.use({ name: 'calls', [hook]: run });
  });
}

const fails = ({ fail }: Fixtures): void => expect((thrown(() => fail('abort')) as { code: string }).code).toBe('REVIVE_ABORT');

/** What calls the hook; the call in it is made within that. */
const HOOKS: readonly (readonly [
  hook: keyof Omit<Plugin, 'name' | 'package'>,
  provoke: (ns: Fixtures) => unknown,
  given: Readonly<Record<Recovering, Given | RegExp | undefined>>,
])[] = [
  ['entered', (ns) => ns.bump(), { fresh: 'served', rollback: 'served' }],
  ['committed', (ns) => ns.bump(), { fresh: 'served', rollback: 'served' }],
  ['polls', (ns) => ns.ready(1), { fresh: 'served', rollback: undefined }],
  ['polls', (ns) => ns.wait_for(Promise.resolve(1)), { fresh: 'served', rollback: 'served' }],
  ['threw', (ns) => thrown(() => ns.throw_text('of Rust')), { fresh: 'served', rollback: 'served' }],
  ['leavesHook', (ns) => thrown(() => ns.panic_in_hook('calling', throwIt)), { fresh: 'served', rollback: 'served' }],
  ['failed', fails, { fresh: UNDECIDED, rollback: UNDECIDED }],
  ['lost', fails, { fresh: ABORTED, rollback: undefined }],
  ['undone', fails, { fresh: undefined, rollback: ABORTED }],
];

function throwIt(): never {
  throw new Error('of JavaScript');
}

describe.each<Recovering>(['fresh', 'rollback'])('I1, I3: a call of the module, %s', (recovery) => {
  it.each(HOOKS)('within the hook %s', async (hook, provoke, given) => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const { ns, given: got } = inHook(recovery, hook);
    await provoke(ns);
    const expected = given[recovery];
    expect(got).toEqual(expected === undefined ? [] : [typeof expected === 'string' ? expected : expect.stringMatching(expected)]);
    expect(ns.add(1, 2)).toBe(3);
  });

  it.each<keyof Events>(['failure', 'recovered'])('within a listener of %s', async (event) => {
    const { ns, given } = calling(recovery, (ns, call) => void ns.__revive.on(event, call));
    fails(ns);
    await new Promise((resolve) => setImmediate(resolve));
    expect(given).toEqual(['served']);
    expect(ns.add(1, 2)).toBe(3);
  });

  it('within a listener of stale', async () => {
    const { ns, given } = calling(recovery, (ns, call) => void ns.__revive.on('stale', call));
    const closure = ns.multiplier(2);
    ns.__revive.reset();
    await new Promise((resolve) => setImmediate(resolve));
    expect(closure(1)).toBeUndefined();
    await new Promise((resolve) => setImmediate(resolve));
    expect(given).toEqual(['served']);
  });

  it('within onFailure', () => {
    const { ns, given } = calling(recovery, (ns, call) => ns.__revive.configure({ onFailure: call }));
    fails(ns);
    expect(given).toEqual(['served']);
  });

  it('within a redaction', () => {
    const { ns, given } = calling(recovery, (ns, call) => {
      ns.__revive.configure({
        redact(text) {
          call();
          return text;
        },
      });
    });
    thrown(() => ns.fail('panic-message'));
    expect(given).toEqual([expect.stringMatching(/^REVIVE_ABORT: /)]);
    expect(given[0]).not.toMatch(/stack overflow/);
    expect(ns.add(1, 2)).toBe(3);
  });

  it('by a closure that the instance has made, within the hook failed', () => {
    let closure: ((n: number) => unknown) | undefined;
    let error: unknown;
    const { ns } = calling(recovery, (ns) => {
      ns.__revive.configure({ staleClosures: 'throw' });
      ns.__revive.use({
        name: 'calls',
        failed() {
          error = thrown(() => closure?.(1));
          return undefined;
        },
      });
    });
    closure = ns.multiplier(2);
    fails(ns);
    expect(error).toMatchObject({
      code: 'REVIVE_STALE_HANDLE',
      message: expect.stringContaining('was lost (Rust aborted (unreachable). This call came'),
    });
  });
});

it('I2: a call of the module within the hook failed is served after a panic that is kept', () => {
  const { __revive, add, fail } = loadFixtures('unwind');
  let sum: number | undefined;
  __revive.use({
    name: 'calls',
    failed() {
      sum = add(1, 2);
      return undefined;
    },
  });
  __revive.reset();
  expect((thrown(() => fail('panic-message')) as { code: string }).code).toBe('REVIVE_PANIC');
  expect([sum, __revive.generation]).toEqual([3, 2]);
});
