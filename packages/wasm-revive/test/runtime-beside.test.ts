/** The runtime beside a package has what its modules need: what undoes turns is there where turns are undone. */
import { cpSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { transform } from 'wasm-revive/transform';
import { folder, type Package, removeFolders } from './fixtures.js';

const ARTIFACTS = new URL('../../../.artifacts/', import.meta.url);
const FIXTURES = 'wasm_revive_fixtures';
const OTHER = 'wasm_revive_bench_fixture';

afterEach(removeFolders);

const load = (dir: string, file: string): unknown => createRequire(join(dir, 'program.cjs'))(`./${file}`);

/** Two modules in one folder. */
function twoModules(): string {
  const dir = folder();
  cpSync(new URL('fixtures/abort/nodejs/', ARTIFACTS), dir, { recursive: true });
  cpSync(new URL('bench-fixture/abort/nodejs/', ARTIFACTS), dir, { recursive: true });
  return dir;
}

/** Whether a call that aborts is undone: then objects that were there before it still are. */
function isUndone(dir: string): boolean {
  const { Counter, fail } = load(dir, `${FIXTURES}.js`) as Package;
  const counter = new Counter(1);
  expect(() => fail('abort')).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }) as Error);
  try {
    return counter.inc() === 2;
  } catch (error) {
    expect(error).toMatchObject({ code: 'REVIVE_STALE_HANDLE' });
    return false;
  }
}

describe('the runtime beside a package', () => {
  it.each([
    ['fresh', false],
    ['rollback', true],
  ] as const)('has what undoes turns only where turns are undone › %s', (recovery, undoes) => {
    const dir = folder();
    cpSync(new URL('fixtures/abort/nodejs/', ARTIFACTS), dir, { recursive: true });
    transform({ dir, recovery });
    expect('undoSupport' in (load(dir, 'wasm-revive.cjs') as object)).toBe(undoes);
    expect(readFileSync(join(dir, 'wasm-revive.d.cts'), 'utf8').includes('undoSupport')).toBe(undoes);
    expect(isUndone(dir)).toBe(undoes);
  });

  it('goes on undoing the turns of a module when another one of the folder is transformed without', () => {
    const dir = twoModules();
    transform({ dir, name: FIXTURES, recovery: 'rollback' });
    transform({ dir, name: OTHER });
    expect(isUndone(dir)).toBe(true);
    expect(load(dir, `${OTHER}.js`)).toHaveProperty('__revive');
  });

  it('undoes turns of a module that is added to one whose turns are not undone', () => {
    const dir = twoModules();
    transform({ dir, name: OTHER });
    transform({ dir, name: FIXTURES, recovery: 'rollback' });
    expect(isUndone(dir)).toBe(true);
  });
});

describe('glue', () => {
  it.each(['fresh', 'rollback'] as const)('is ASCII where it was: engines read that faster › %s', (recovery) => {
    const dir = folder();
    cpSync(new URL('bench-fixture/abort/nodejs/', ARTIFACTS), dir, { recursive: true });
    const isAscii = (): boolean => /^[\0-\x7f]*$/.test(readFileSync(join(dir, `${OTHER}.js`), 'latin1'));
    expect(isAscii()).toBe(true);
    transform({ dir, recovery });
    expect(isAscii()).toBe(true);
  });
});
