/** A copy in the cache that one process begins to use at the moment at which another takes it away: each moment at which that can be. */
import { cpSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { transformToCache } from '../src/index.js';

/** What happens before a file or folder is renamed, as if another process did it. */
const other = vi.hoisted(() => ({ before: (_from: string, _to: string): void => {} }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    renameSync: (from: string, to: string): void => {
      other.before(from, to);
      fs.renameSync(from, to);
    },
  };
});

const FIXTURE = new URL('../../../.artifacts/fixtures/abort/nodejs/', import.meta.url);
const RUNTIME = { code: '', types: '' };
const OPTIONS = { runtime: { esm: RUNTIME, cjs: RUNTIME }, version: '9.9.9' } as const;
const FILES = ['wasm_revive_fixtures.js', 'wasm_revive_fixtures_bg.wasm', 'wasm-revive.cjs'];

const folders: string[] = [];
afterEach(() => {
  other.before = () => {};
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A cache with a copy in it that nobody has used for long; and what has it taken away. */
function unused(): { copy: string; use: () => string; takeAway: () => void } {
  const root = mkdtempSync(join(tmpdir(), 'wasm-revive-cache-'));
  folders.push(root);
  const [pkg, another] = ['pkg', 'another'].map((name) => join(root, name)) as [string, string];
  for (const dir of [pkg, another]) cpSync(FIXTURE, dir, { recursive: true });
  const made = (dir: string): string => transformToCache(dir, { ...OPTIONS, cacheDir: join(root, 'cache') }).folder;
  const copy = made(pkg);
  utimesSync(join(dirname(copy), 'about.json'), 0, 0);
  return {
    copy,
    use: () => made(pkg),
    takeAway: () => {
      writeFileSync(join(another, 'more.txt'), String(Math.random()));
      made(another);
    },
  };
}

/** Whether the name is that of what is taken away, at that step. */
const STEPS: Record<string, (from: string, to: string) => boolean> = {
  'before it is taken': (from, to) => from.endsWith('about.json') && to.includes('taken-'),
  'after it was taken': (_, to) => to.includes('.wasm-revive-gone-'),
};

it.each(Object.keys(STEPS))('%s: who begins to use it has a whole one', (step) => {
  const { copy, use, takeAway } = unused();
  let used: string | undefined;
  other.before = (from, to) => {
    if (used !== undefined || !STEPS[step]?.(from, to) || !from.startsWith(dirname(copy))) return;
    used = '';
    used = use();
  };
  takeAway();
  expect(used).toBeDefined();
  expect(readdirSync(used as string)).toEqual(expect.arrayContaining(FILES));
  expect(readdirSync(use())).toEqual(expect.arrayContaining(FILES));
});

it('taken away by two at once, it goes once', () => {
  const { copy, use, takeAway } = unused();
  let isNested = false;
  other.before = (from, to) => {
    if (isNested || !STEPS['before it is taken']?.(from, to)) return;
    isNested = true;
    takeAway();
  };
  takeAway();
  expect(isNested).toBe(true);
  expect(readdirSync(join(copy, '../..')).filter((name) => name.startsWith('pkg-') || name.startsWith('.'))).toEqual([]);
  expect(readdirSync(use())).toEqual(expect.arrayContaining(FILES));
});
