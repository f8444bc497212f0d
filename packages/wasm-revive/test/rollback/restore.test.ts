/** A state that is saved as bytes, and begun with elsewhere. SEED repeats a run. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Package as Fixtures, folder, load, RUNTIME, removeFolders, thrown, transformed, wasmFileOf } from '../fixtures.js';
import { layoutOf } from './image.js';

interface Package extends Fixtures {
  bump_static(): number;
  leak(bytes: number): void;
  length_adder(): (text: string) => number;
  recall(key: string): string | undefined;
  remember(key: string, value: string): void;
  timeout(ms: number): Promise<unknown>;
}

interface Hooked extends Package {
  draw(): number;
  fail_at_restore(kind: string): void;
  seed_at_restore(): void;
}

const VARIANTS = [
  ['fixtures', 'abort'],
  ['fixtures', 'unwind'],
  ['fixtures-mvp', 'abort'],
  ['fixtures-revive', 'unwind'],
] as const;

const WORKER = fileURLToPath(new URL('restore-worker.cjs', import.meta.url));

afterAll(removeFolders);

describe.each(VARIANTS)('%s, panic=%s', (name, panic) => {
  const dir = transformed('nodejs', panic, RUNTIME, name, 'rollback');
  const entry = wasmFileOf(dir).replace('_bg.wasm', '.js');
  const load_ = (): Package => {
    const require = createRequire(import.meta.url);
    delete require.cache[entry];
    return require(entry) as Package;
  };
  const saved = (): { readonly module: Package; readonly bytes: Uint8Array } => {
    const module = load_();
    for (let bump = 1; bump <= 5; bump++) module.bump_static();
    module.remember('key', 'value');
    module.remember('large', 'ä'.repeat(100_000));
    module.leak(2_000_000);
    return { module, bytes: module.__revive.checkpoint() };
  };

  it('I7: another process begins with it', () => {
    const { bytes, module } = saved();
    const file = join(folder(), 'state');
    writeFileSync(file, bytes);
    const answers: unknown = JSON.parse(execFileSync(process.execPath, [WORKER, entry, file], { encoding: 'utf8' }));
    expect(answers).toEqual([6, 'value', 100_000, 3, 'REVIVE_ABORT', 7, 4, 2]);
    // Saving has changed nothing.
    expect([module.bump_static(), module.__revive.generation]).toEqual([6, 1]);
  });

  it('I4, I7: the module itself goes back to it, and what it had made is stale', async () => {
    const { module, bytes } = saved();
    const [counter, adder] = [new module.Counter(1), module.length_adder()];
    module.remember('key', 'other');
    for (let time = 0; time < 3; time++) {
      module.__revive.restore(bytes);
      expect([module.bump_static(), module.recall('key')]).toEqual([6, 'value']);
    }
    expect(thrown(() => counter.get())).toMatchObject({ code: 'REVIVE_STALE_HANDLE' });
    // As after a reset, the instance that goes may be in a turn, and ends behind it.
    await new Promise((resolve) => setImmediate(resolve));
    expect([adder('text'), module.__revive.generation]).toEqual([undefined, 4]);
    const sibling = module.__revive.instance('room') as unknown as Package;
    module.__revive.restore(bytes, { instance: 'room' });
    expect([sibling.bump_static(), sibling.recall('key'), module.bump_static()]).toEqual([6, 'value', 7]);
    const again = module.__revive.checkpoint({ instance: 'room' });
    sibling.bump_static();
    module.__revive.restore(again, { instance: 'room' });
    expect([sibling.bump_static(), module.bump_static()]).toEqual([7, 8]);
  });

  it('I7: it is the same to the byte, whatever the instance had that begins with it', () => {
    const { module, bytes: first } = saved();
    // Where the program has hooks, to run them leaves bytes behind on Rust's stack.
    module.__revive.restore(first);
    const bytes = module.__revive.checkpoint();
    const { initial } = layoutOf(fileURLToPath(new URL(`../../../../.artifacts/${name}/${panic}/nodejs/`, import.meta.url)), dir);
    module.__revive.use({
      name: 'dirt',
      instantiated: ({ exports }) => {
        new Uint8Array((exports as { memory: WebAssembly.Memory }).memory.buffer).fill(255, initial - 64, initial);
      },
    });
    module.__revive.restore(bytes);
    const again = module.__revive.checkpoint();
    // With the crates, the generation is in memory, and another one: by that, and by the checksum, they differ.
    const differing = bytes.filter((byte, at) => byte !== again[at]).length;
    expect([again.length, differing <= (name === 'fixtures-revive' ? 5 : 0)]).toEqual([bytes.length, true]);
  });

  it('I9: saves nothing that would be lost without a word', async () => {
    const refuses = (module: Package, why: string): void =>
      expect(thrown(() => module.__revive.checkpoint())).toMatchObject({ code: 'REVIVE_NOT_SAVED', message: expect.stringContaining(why) });
    const owing = load_();
    void owing.wait_for(new Promise(() => {})).catch(() => {});
    refuses(owing, '1 promise is owed');
    const within = load_();
    within.nested(() => refuses(within, 'a call of it is running'));
    within.__revive.checkpoint();
    const timing = load_();
    void timing.timeout(1_000_000).catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    refuses(timing, 'owed');
    const plain = load<Package>(panic, RUNTIME, name);
    refuses(plain, '--recovery rollback');
    expect(thrown(() => plain.__revive.restore(new Uint8Array(0)))).toMatchObject({ code: 'REVIVE_NOT_RESTORED' });
  });

  it('I7, I9: bytes that were damaged change nothing', () => {
    const { module, bytes } = saved();
    module.remember('key', 'present');
    const counter = new module.Counter(1);
    const bumps = module.bump_static();
    const refuses = (damaged: unknown): void => {
      expect(thrown(() => module.__revive.restore(damaged as Uint8Array))).toMatchObject({
        code: 'REVIVE_NOT_RESTORED',
        message: expect.stringContaining('Nothing was changed'),
      });
    };
    for (const wrong of [undefined, 'text', new Uint8Array(0), bytes.subarray(1), new Uint8Array([...bytes.subarray(0, 500), 0])])
      refuses(wrong);
    const damage = fc.record({ at: fc.nat(bytes.length - 1), bit: fc.nat(7), cut: fc.boolean(), head: fc.boolean() });
    fc.assert(
      fc.property(damage, ({ at, bit, cut, head }) => {
        const place = head ? at % 400 : at;
        const damaged = cut ? bytes.slice(0, place) : bytes.slice();
        if (!cut) damaged[place] = (damaged[place] as number) ^ (1 << bit);
        refuses(damaged);
      }),
      { numRuns: 60, ...(process.env.SEED !== undefined && { seed: Number(process.env.SEED) }) },
    );
    expect([counter.inc(), module.bump_static(), module.recall('key'), module.__revive.generation]).toEqual([2, bumps + 1, 'present', 1]);
  });
});

it('I9: the state of another build is refused', () => {
  const [one, other] = [
    load<Package>('abort', RUNTIME, 'fixtures', 'rollback'),
    load<Package>('abort', RUNTIME, 'fixtures-debug', 'rollback'),
  ];
  expect(thrown(() => other.__revive.restore(one.__revive.checkpoint()))).toMatchObject({
    code: 'REVIVE_NOT_RESTORED',
    message: expect.stringMatching(/they are of build [0-9a-f]{16} of the module, and this is build [0-9a-f]{16}/),
  });
});

describe.each(['abort', 'unwind'] as const)('hooks, panic=%s', (panic) => {
  const hooked = (): Hooked => load<Hooked>(panic, RUNTIME, 'fixtures-revive', 'rollback');

  it('I7: a generator of random numbers repeats itself after a restore, unless the program seeds it anew', () => {
    const module = hooked();
    const draws = (): number[] => Array.from({ length: 8 }, () => module.draw());
    const plain = module.__revive.checkpoint();
    const first = draws();
    module.__revive.restore(plain);
    expect(draws()).toEqual(first);
    module.seed_at_restore();
    const seeded = module.__revive.checkpoint();
    const all = [draws()];
    const heard: unknown[] = [];
    module.__revive.on('recovered', ({ restored, generation, error }) =>
      heard.push([restored, generation, error, module.recall('restored')]),
    );
    for (let time = 0; time < 2; time++) {
      module.__revive.restore(seeded);
      all.push(draws());
    }
    expect(new Set(all.map(String)).size).toBe(3);
    // The hooks have run before anybody hears of it.
    const seed = expect.stringMatching(/^with seed \d+$/);
    expect(heard).toEqual([
      [true, 3, undefined, seed],
      [true, 4, undefined, seed],
    ]);
    module.__revive.reset();
    expect([heard.length, (heard[2] as unknown[])[0]]).toEqual([3, undefined]);
  });

  it('I1, I7: where a hook fails, whoever restores gets its error, and a fresh instance serves: what was to change must not serve as it was', () => {
    const module = hooked();
    module.seed_at_restore();
    module.fail_at_restore('panic-message');
    module.remember('key', 'value');
    const bytes = module.__revive.checkpoint();
    const heard: unknown[] = [];
    module.__revive.on('recovered', ({ restored, rolledBack, error }) => heard.push([restored, rolledBack, error]));
    const error = thrown(() => module.__revive.restore(bytes));
    expect(error).toMatchObject({
      code: panic === 'abort' ? 'REVIVE_ABORT' : 'REVIVE_PANIC',
      message: expect.stringContaining('the message of panic-message'),
      report: { entrypoint: 'a hook of on_restore', recovery: 'rollback' },
    });
    expect(heard).toEqual([
      [undefined, true, undefined],
      [true, undefined, error],
      [undefined, undefined, undefined],
    ]);
    expect(['key', 'half', 'restored'].map((key) => module.recall(key))).toEqual([undefined, undefined, undefined]);
    expect([module.add(1, 2), module.__revive.generation, module.__revive.state]).toEqual([3, 3, 'running']);
  });
});
