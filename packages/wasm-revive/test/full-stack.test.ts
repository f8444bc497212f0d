/** A stack with hardly any room left, at every depth: what has failed is counted once, and told as often as it is counted (I1). */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from '@wasm-revive/bindgen';
import { afterAll, expect, it, vi } from 'vitest';
import type { Revive } from '../src/index.js';

interface Fixtures {
  add(a: number, b: number): number;
  fail(kind: string): void;
  readonly __revive: Revive;
}

const outDir = mkdtempSync(join(tmpdir(), 'wasm-revive-'));
afterAll(() => rmSync(outDir, { recursive: true, force: true }));

/** Runs something under so many frames. */
function under(frames: number, run: () => void): void {
  if (frames === 0) run();
  else under(frames - 1, run);
}

it('I1: a panic that is kept is counted and told, wherever the stack ends', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
  const dir = fileURLToPath(new URL('../../../.artifacts/fixtures/unwind/nodejs/', import.meta.url));
  const runtime = fileURLToPath(new URL('../dist/runtime.cjs', import.meta.url));
  transform({ dir, outDir, version: '9.9.9', runtime: { import: runtime } });
  const { __revive, add, fail } = createRequire(import.meta.url)(join(outDir, 'wasm_revive_fixtures.js')) as Fixtures;
  let told = 0;
  __revive.on('failure', () => void told++);
  let deepest = 0;
  const measure = (): void => {
    deepest++;
    measure();
  };
  expect(measure).toThrow(RangeError);
  let panics = 0;
  for (let frames = Math.floor(deepest * 0.7); frames < deepest * 1.3; frames += 1 + Math.floor((deepest * 1.3 - frames) / 400)) {
    const before = { told, failures: __revive.stats.failures };
    let code: unknown;
    try {
      under(frames, () => {
        try {
          fail('panic-message');
        } catch (error) {
          code = (error as { code?: unknown }).code;
        }
      });
    } catch {
      // There was no room to get there, or to come back.
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (code === 'REVIVE_PANIC') panics++;
    expect([frames, told - before.told]).toEqual([frames, __revive.stats.failures - before.failures]);
    expect(__revive.stats.failures - before.failures).toBeLessThanOrEqual(1);
    expect(add(1, 2)).toBe(3);
  }
  expect(panics).toBeGreaterThan(10);
  expect(logged.mock.calls.filter(([text]) => String(text).includes('a listener'))).toEqual([]);
  logged.mockRestore();
}, 60_000);
