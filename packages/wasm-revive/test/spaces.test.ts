/**
 * Past the last space, on the real output of the transform. The runtime's text is changed so that the counters begin near the end, or so that the
 * end comes soon.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import type { Revive } from '../src/index.js';
import { folder, load as loadFixtures, RUNTIME, removeFolders } from './fixtures.js';

interface Counter {
  inc(): number;
  add(other: Counter): number;
  free(): void;
  readonly __wbg_ptr: number;
}

/** What is used of the fixtures' exports. */
interface Fixtures {
  readonly Counter: new (n: number) => Counter;
  bump(): number;
  fail(kind: string): void;
}

interface Package extends Fixtures {
  readonly __revive: Revive<Fixtures>;
}

/** What is used of a module that is small enough to be started 10,000 times. */
interface Small {
  readonly Counter: new (n: number) => Counter;
  empty(): void;
  increment(): (n: number) => number;
}

const LAST = 2 ** 21;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

afterEach(removeFolders);

/** A package, on a runtime of which a text is changed. */
function load<P = Package>(find: string, put: string, name?: string): P {
  const runtime = join(folder(), 'runtime.cjs');
  const text = readFileSync(RUNTIME, 'utf8');
  expect(text).toContain(find);
  writeFileSync(runtime, text.replace(find, put));
  return loadFixtures<P>('abort', runtime, name);
}

/** The code of what something throws. */
function codeOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

const spaceOf = ({ __wbg_ptr }: Counter): number => Math.floor(__wbg_ptr / 2 ** 32);

/** The default instance, or a sibling, and what gives it another one. */
const ALL = [false, true].map((isSibling) => ({
  what: isSibling ? 'a sibling' : 'the default instance',
  of: <P extends object>(pkg: P & { readonly __revive: Revive<P> }): { one: P; renew(): void } => ({
    one: isSibling ? (pkg.__revive.instance('a') as P) : pkg,
    renew: () => void (isSibling ? pkg.__revive.evict('a') : pkg.__revive.reset()),
  }),
}));

describe.each(ALL)('$what', ({ of }) => {
  it('I4: is told by its handles up to the last space and past it', async () => {
    const { one, renew } = of(load('given = 0', `given = ${LAST - 5}`));
    const kept: Counter[] = [];
    for (let n = 0; n < 12; n++) {
      const counter = new one.Counter(n);
      // By each of those before, which it must not be taken for.
      for (const former of kept) {
        expect([codeOf(() => former.inc()), codeOf(() => counter.add(former))]).toEqual(['REVIVE_STALE_HANDLE', 'REVIVE_STALE_HANDLE']);
        former.free();
      }
      expect([counter.inc(), one.bump()]).toEqual([n + 1, 101]);
      kept.push(counter);
      if (n % 2 === 0) renew();
      else expect(codeOf(() => one.fail('abort'))).toBe('REVIVE_ABORT');
      await undefined;
    }
    const spaces = kept.map(spaceOf);
    expect(new Set(spaces).size).toBe(12);
    const beyond = spaces.map((space) => (space < 0 ? -1 - space : space)).filter((place) => place < 20);
    expect(beyond.length).toBeGreaterThan(4);
  });

  it('I4, I6: goes on for 10,000 instances more, while what is alive keeps its space', { timeout: 240_000 }, async () => {
    const { one, renew } = of(
      load<Small & { readonly __revive: Revive<Small> }>('(Number.MAX_SAFE_INTEGER + 1) / ADDRESSES', '64', 'bench-fixture'),
    );
    const kept: Counter[] = [];
    const closures: ((n: number) => number)[] = [];
    for (let n = 0; n < 10_000; n++) {
      if (n % 400 === 0) {
        kept.push(new one.Counter(n));
        if (n % 1_200 === 0) closures.push(one.increment());
      }
      renew();
      // An instance that is replaced ends when the turn is over.
      await undefined;
      if (n % 10 > 0) {
        one.empty();
        continue;
      }
      const counter = new one.Counter(n);
      const space = spaceOf(counter);
      if (kept.some((former) => spaceOf(former) === space)) throw new Error(`Space ${space} is that of an older handle, too.`);
      if (counter.inc() !== n + 1) throw new Error('The handle is not served by its own instance.');
      // Dropped, not freed: some of it is for the collector.
      if (n % 20 === 0) counter.free();
      if (n % 200 === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        gc();
      }
    }
    const counter = new one.Counter(7);
    for (const former of kept) {
      former.free();
      expect(codeOf(() => former.inc())).toBe('REVIVE_STALE_HANDLE');
    }
    expect(closures.map((closure) => closure(1))).toEqual(closures.map(() => undefined));
    expect(counter.inc()).toBe(8);
    expect(kept).toHaveLength(25);
  });

  it('I4, I9: comes to an end where everything alive bears a space, and goes on when some of it is gone', async () => {
    const pkg = load('(Number.MAX_SAFE_INTEGER + 1) / ADDRESSES', '64');
    const { one, renew } = of(pkg);
    const kept: Counter[] = [];
    let end: unknown;
    for (let n = 0; end === undefined && n < 100; n++) {
      end = codeOf(() => {
        kept.push(new one.Counter(n));
        renew();
      });
      await undefined;
    }
    expect([end, kept.length > 60 && kept.length <= 64]).toEqual(['REVIVE_CRASH_LOOP', true]);
    kept.length = 0;
    for (let n = 0; n < 3; n++) {
      await new Promise((resolve) => setImmediate(resolve));
      gc();
    }
    await new Promise((resolve) => setImmediate(resolve));
    renew();
    expect(new one.Counter(1).inc()).toBe(2);
  });
});
