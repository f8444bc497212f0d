/** `memoryLimitMiB`: to how much the memory may grow, and with it how much the undo log takes from the beginning. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from '@wasm-revive/bindgen';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { folder, RUNTIME, removeFolders, transformed, wasmFileOf } from '../fixtures.js';

/** Declares no maximum of its own. */
const PACKAGE = fileURLToPath(new URL('../../../../.artifacts/bench-fixture/abort/nodejs/', import.meta.url));

interface Package {
  ticks(count: number): number;
  abort(): void;
  increment(): (by: number) => number;
  readonly Counter: new (count: number) => { inc(): number; free(): void };
  fill(mebibytes: number): void;
  echo(text: string): string;
  readonly __revive: { readonly generation: number; readonly stats: { readonly memoryBytes: number } };
}

afterAll(removeFolders);

function noMemory(): never {
  throw new RangeError('Array buffer allocation failed');
}

describe('memoryLimitMiB', () => {
  const limit = (outDir: string, memoryLimitMiB: number): unknown =>
    transform({ dir: PACKAGE, outDir, recovery: 'rollback', memoryLimitMiB, version: '9.9.9', runtime: { import: RUNTIME } });
  const load = (memoryLimitMiB: number): Package => {
    const outDir = folder();
    limit(outDir, memoryLimitMiB);
    return createRequire(import.meta.url)(path.join(outDir, 'wasm_revive_bench_fixture.js')) as Package;
  };

  it('I6: is paid for from the beginning, 1 KiB for each MiB', () => {
    const [large, small] = [load(1024), load(16)].map(({ __revive }) => __revive.stats.memoryBytes) as [number, number];
    // In whole pages.
    expect(large - small).toBe((1024 - 16) * 1024 + 16 * 1024);
  });

  it('I2: a turn for which the log has no room is out of memory, says how much it lacked, and is undone', () => {
    const pkg = load(48);
    // Memory that is new in a turn needs none of the log.
    pkg.fill(30);
    expect(() => pkg.fill(30)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/out of memory \(524288 bytes could not be/) }),
    );
    expect(pkg.__revive.stats.memoryBytes).toBeLessThanOrEqual(48 * 2 ** 20);
    pkg.fill(10);
    expect(pkg.echo('goes on')).toBe('goes on');
  });

  it.each([0, 1025, 1.5, Number.NaN, -1])('I9: %s is refused, and nothing is written', (memoryLimitMiB) => {
    const outDir = path.join(folder(), 'out');
    expect(() => limit(outDir, memoryLimitMiB)).toThrow(
      /memoryLimitMiB is .*\. It has to be a whole number from 1 to 1024\. Nothing was changed\./,
    );
    expect(existsSync(outDir)).toBe(false);
  });

  it('I9: less than the memory begins with is refused, and it is said how much that is', () => {
    expect(() => load(1)).toThrow(/begins with \d+ pages, with the log \d+, and may have 16/);
  });

  it.each([
    ['a copy', (): { mockRestore(): void } => vi.spyOn(ArrayBuffer.prototype, 'slice').mockImplementation(noMemory)],
    ['another instance', () => vi.spyOn(WebAssembly, 'Instance').mockImplementation(noMemory)],
  ])('I1, I5: where there is no memory for %s, it stays as large as it is, and serves', (_, refuse) => {
    const pkg = load(1024);
    const counter = new pkg.Counter(1);
    const host = {
      tick: () => {
        pkg.fill(40);
        pkg.abort();
      },
    };
    Object.assign(globalThis, { host });
    const refusal = refuse();
    try {
      expect(() => pkg.ticks(1)).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
      expect([counter.inc(), pkg.echo('on')]).toEqual([2, 'on']);
      expect(pkg.__revive.stats.memoryBytes).toBeGreaterThan(40 * 2 ** 20);
    } finally {
      refusal.mockRestore();
    }
    expect(() => pkg.ticks(1)).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    expect(pkg.__revive.stats.memoryBytes).toBeLessThan(40 * 2 ** 20);
    expect(counter.inc()).toBe(3);
  });

  it('I6: memory that an undone turn has grown is given back, and all state goes on', () => {
    const pkg = load(1024);
    const counter = new pkg.Counter(1);
    const increment = pkg.increment();
    pkg.fill(3);
    const [first, before] = [increment(1), pkg.__revive.stats.memoryBytes];
    const host = { tick: (x: number) => x + 1 };
    Object.assign(globalThis, { host });
    for (let turn = 0; turn < 5; turn++) {
      let grown = 0;
      host.tick = () => {
        pkg.fill(200);
        counter.inc();
        grown = pkg.__revive.stats.memoryBytes;
        pkg.abort();
        return 0;
      };
      expect(() => pkg.ticks(1)).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
      expect(grown).toBeGreaterThan(200 * 2 ** 20);
      expect([pkg.__revive.stats.memoryBytes, pkg.__revive.generation]).toEqual([before, 1]);
      host.tick = (x) => x + 1;
      expect([counter.inc(), increment(1), pkg.ticks(1), pkg.echo('on')]).toEqual([turn + 2, first, pkg.ticks(1), 'on']);
    }
    counter.free();
    expect(() => counter.inc()).toThrow();
  });

  it('I6: the memory of an instance that the program has made stays the one that it is', async () => {
    const dir = transformed('bundler', 'abort', undefined, 'fixtures', 'rollback');
    const pkg = (await import(pathToFileURL(path.join(dir, 'wasm_revive_fixtures_bg.js')).href)) as {
      __wbg_set_wasm(exports: WebAssembly.Exports, module: WebAssembly.Module): void;
      bump(): number;
      fail(kind: string): void;
    };
    const module = new WebAssembly.Module(new Uint8Array(readFileSync(wasmFileOf(dir))));
    const imports = { './wasm_revive_fixtures_bg.js': pkg as unknown as WebAssembly.ModuleImports };
    const { exports } = new WebAssembly.Instance(module, imports);
    pkg.__wbg_set_wasm(exports, module);
    (exports.__wbindgen_start as () => void)();
    const first = pkg.bump();
    const { memory } = exports as { memory: WebAssembly.Memory };
    const before = memory.buffer.byteLength;
    expect(() => pkg.fail('oom')).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    expect(pkg.bump()).toBe(first + 1);
    // With another one in its place, the program would look at what nobody writes to any more.
    expect(memory.buffer.byteLength).toBeGreaterThan(before + 16 * 2 ** 20);
    const bytes = new Uint8Array(memory.buffer).slice();
    pkg.bump();
    expect(Buffer.compare(bytes, new Uint8Array(memory.buffer))).not.toBe(0);
  });
});
