import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TransformError } from '../src/errors.js';
import { type Change, commit, recoverStaging } from '../src/write/commit.js';

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

type Tree = Record<string, string>;

const OLD: Tree = { 'app.js': 'old js', 'app.wasm': 'old wasm', 'package.json': '{}' };
const CHANGES: readonly Change[] = [
  { file: 'app.js', content: 'js for both' },
  { file: 'app.wasm', content: 'new wasm' },
  { file: 'snippets/new.js', content: 'snippet' },
  { file: 'app.js', content: 'new js' },
];
const NEW: Tree = { ...OLD, 'app.js': 'new js', 'app.wasm': 'new wasm', 'snippets/new.js': 'snippet' };
/** One for the list, then one for each change. */
const RENAMES = [...Array(CHANGES.length + 1).keys()];

let dir: string;

beforeEach(() => {
  killed.renamesLeft = Number.POSITIVE_INFINITY;
  dir = mkdtempSync(join(tmpdir(), 'wasm-revive-commit-'));
  write(OLD);
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(tree: Tree): void {
  for (const [file, text] of Object.entries(tree)) writeFileSync(join(dir, file), text);
}

function read(): Tree {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [join(parentPath, name).slice(dir.length + 1), readFileSync(join(parentPath, name), 'utf8')]),
  );
}

function killedAfter(renames: number, changes = CHANGES, watched?: readonly string[]): void {
  killed.renamesLeft = renames;
  expect(() => commit(dir, () => changes, { ...(watched !== undefined && { watched }) })).toThrow('killed');
  killed.renamesLeft = Number.POSITIVE_INFINITY;
}

function refusal(changes: readonly Change[]): TransformError {
  try {
    commit(dir, () => changes);
  } catch (error) {
    if (error instanceof TransformError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

it('makes its changes, in their order, and leaves nothing else', () => {
  commit(dir, () => CHANGES);
  expect(read()).toEqual(NEW);
});

it('leaves nothing when the changes can not be prepared', () => {
  expect(() =>
    commit(dir, (kept) => {
      mkdirSync(kept);
      writeFileSync(join(kept, 'app.js'), '');
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(read()).toEqual(OLD);
});

describe('the next run', () => {
  it('forgets what was staged without a list', () => {
    killedAfter(0);
    recoverStaging(dir);
    expect(read()).toEqual(OLD);
  });

  it.each(RENAMES.slice(1))('finishes after %i renames', (renames) => {
    killedAfter(renames);
    recoverStaging(dir);
    expect(read()).toEqual(NEW);
  });

  it.each(RENAMES)('forgets the rest when other files were written after %i renames', (renames) => {
    killedAfter(renames);
    const rebuilt = { 'app.js': 'newer js', 'app.wasm': 'newer wasm' };
    write(rebuilt);
    recoverStaging(dir);
    expect(read()).toMatchObject(rebuilt);
    expect(Object.keys(read()).filter((file) => file.includes('staging'))).toEqual([]);
  });

  it.each(RENAMES.slice(2))('forgets the rest when what was moved after %i renames is the old file again', (renames) => {
    killedAfter(renames);
    write(OLD);
    recoverStaging(dir);
    expect(read()).toMatchObject(OLD);
  });

  it.each(RENAMES.slice(1))('finishes after %i renames when only what it does not watch was touched', (renames) => {
    killedAfter(renames, CHANGES, ['app.js']);
    write({ 'app.wasm': 'touched' });
    recoverStaging(dir);
    expect(read()).toMatchObject({ 'app.js': 'new js', 'app.wasm': renames < 3 ? 'new wasm' : 'touched' });
  });
});

describe('what a rename would find too late', () => {
  it('a folder in the place of a file', () => {
    mkdirSync(join(dir, 'app.d.ts'));
    expect(refusal([...CHANGES, { file: 'app.d.ts', content: '' }])).toMatchObject({ code: 'REVIVE_BAD_OUTPUT' });
    expect(read()).toEqual(OLD);
  });

  it('a file in the place of a folder', () => {
    write({ snippets: 'a file' });
    const error = refusal(CHANGES);
    expect(error.code).toBe('REVIVE_BAD_OUTPUT');
    expect(error.message).toContain(`${join(dir, 'snippets')} is a file, where the package has a folder`);
    expect(read()).toEqual({ ...OLD, snippets: 'a file' });
  });

  it('a folder that is read-only', () => {
    mkdirSync(join(dir, 'snippets'), 0o555);
    expect(refusal(CHANGES)).toMatchObject({ code: 'REVIVE_READ_ONLY' });
    expect(read()).toEqual(OLD);
  });
});

it('replaces a link, whatever it leads to', () => {
  mkdirSync(join(dir, 'elsewhere'));
  symlinkSync(join(dir, 'elsewhere'), join(dir, 'link'));
  commit(dir, () => [{ file: 'link', content: 'a file' }]);
  expect(read()).toEqual({ ...OLD, link: 'a file' });
});

it('puts a copy of a link into place', () => {
  symlinkSync(join(dir, 'app.js'), join(dir, 'old-link'));
  commit(dir, () => [{ file: 'link', content: { copyOf: join(dir, 'old-link') } }]);
  expect(readlinkSync(join(dir, 'link'))).toBe(join(dir, 'app.js'));
});
