/** `memoryLimitMiB`: to how much the memory may grow, and with it how much the undo log takes from the beginning. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from '@wasm-revive/bindgen';
import { afterAll, describe, expect, it } from 'vitest';
import { folder, RUNTIME, removeFolders } from '../fixtures.js';

/** Declares no maximum of its own. */
const PACKAGE = fileURLToPath(new URL('../../../../.artifacts/bench-fixture/abort/nodejs/', import.meta.url));

interface Package {
  fill(mebibytes: number): void;
  echo(text: string): string;
  readonly __revive: { readonly stats: { readonly memoryBytes: number } };
}

afterAll(removeFolders);

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
});
