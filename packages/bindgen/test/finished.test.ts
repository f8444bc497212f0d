/** The run after one that was killed: it finishes that, and says what it has done where it was asked for the same. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { transform } from '../src/index.js';

/** A process that is killed makes no more renames. */
const killed = vi.hoisted(() => ({ renamesLeft: Number.POSITIVE_INFINITY }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    renameSync(from: string, to: string) {
      if (killed.renamesLeft-- <= 0) throw new Error('killed');
      fs.renameSync(from, to);
    },
  };
});

const RUNTIME = { code: '', types: '' };
const OPTIONS = { runtime: { esm: RUNTIME, cjs: RUNTIME }, version: '9.9.9' } as const;
const FIXTURE = new URL('../../../.artifacts/fixtures/abort/nodejs/', import.meta.url);

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'wasm-revive-finished-'));
  cpSync(FIXTURE, dir, { recursive: true });
});
afterEach(() => {
  killed.renamesLeft = Number.POSITIVE_INFINITY;
  rmSync(dir, { recursive: true, force: true });
});

/** A run that was killed after it had moved two of its files. */
function killedRun(): void {
  killed.renamesLeft = 3;
  expect(() => transform({ ...OPTIONS, dir })).toThrow(/killed/);
  killed.renamesLeft = Number.POSITIVE_INFINITY;
}

it('asked for the same, it gives what an undisturbed run would', () => {
  const undisturbed = mkdtempSync(join(tmpdir(), 'wasm-revive-finished-'));
  cpSync(FIXTURE, undisturbed, { recursive: true });
  const expected = transform({ ...OPTIONS, dir: undisturbed });
  rmSync(undisturbed, { recursive: true });
  killedRun();
  expect(transform({ ...OPTIONS, dir, recovery: 'fresh' })).toEqual({ ...expected, outDir: dir });
  // From then on the package is transformed, as ever.
  expect(() => transform({ ...OPTIONS, dir })).toThrow(expect.objectContaining({ code: 'REVIVE_ALREADY_TRANSFORMED' }));
});

it.each([{ recovery: 'rollback' }, { version: '9.9.10' }] as const)(
  'asked for something else, it says that it finished another one: %j',
  (others) => {
    killedRun();
    expect(() => transform({ ...OPTIONS, ...others, dir })).toThrow(
      expect.objectContaining({
        code: 'REVIVE_ALREADY_TRANSFORMED',
        message: expect.stringMatching(/An earlier run was interrupted, with other options than this one's: it has been finished just now/),
      }),
    );
  },
);

it('a list that says what no run would is refused: it may come with the package', () => {
  killedRun();
  const list = join(dir, 'wasm-revive-staging/staged.json');
  const staged = JSON.parse(readFileSync(list, 'utf8'));
  staged.run.result.warnings = ['\u001b[2J'];
  writeFileSync(list, JSON.stringify(staged));
  expect(() => transform({ ...OPTIONS, dir })).toThrow(expect.objectContaining({ code: 'REVIVE_BAD_STAGING' }));
});
