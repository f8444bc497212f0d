/** Copies of packages in a cache: the package stays as it is, and each content has one copy. */
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { type CacheOptions, defaultCacheDir, transformToCache } from '../src/index.js';

const FIXTURE = new URL('../../../.artifacts/fixtures/abort/nodejs/', import.meta.url);
const BUILT = new URL('../dist/index.js', import.meta.url).href;
const RUNTIME = { code: '', types: '' };
const OPTIONS = { runtime: { esm: RUNTIME, cjs: RUNTIME }, version: '9.9.9' } as const;
const MAIN = 'wasm_revive_fixtures.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A project with the fixtures as a dependency. */
function project(): { root: string; pkg: string } {
  const root = mkdtempSync(join(tmpdir(), 'wasm-revive-cache-'));
  folders.push(root);
  const pkg = join(root, 'node_modules/fixtures');
  cpSync(FIXTURE, pkg, { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  return { root, pkg };
}

function contents(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true }).map(String);
  return Object.fromEntries(files.filter((file) => statSync(join(dir, file)).isFile()).map((file) => [file, read(dir, file)]));
}
const read = (dir: string, file: string): string => readFileSync(join(dir, file), 'latin1');
const cached = (dir: string, options: Partial<CacheOptions> = {}): string => transformToCache(dir, { ...OPTIONS, ...options }).folder;

describe('a copy in the cache', () => {
  it('is transformed, and leaves the package as it was', () => {
    const { root, pkg } = project();
    const before = contents(pkg);
    const { folder, result } = transformToCache(pkg, OPTIONS);
    expect(folder.startsWith(join(root, 'node_modules/.cache/wasm-revive/'))).toBe(true);
    expect(read(folder, MAIN)).toContain('__revive');
    expect(contents(pkg)).toEqual(before);
    expect(result).toMatchObject({ outDir: folder, modules: [{ name: 'wasm_revive_fixtures', target: 'nodejs' }] });
  });

  it('is found again, with what the transform said, and not written a second time', () => {
    const { pkg } = project();
    const first = transformToCache(pkg, OPTIONS);
    const { ino, mtimeMs } = statSync(join(first.folder, MAIN));
    expect(transformToCache(pkg, OPTIONS)).toEqual(first);
    expect(statSync(join(first.folder, MAIN))).toMatchObject({ ino, mtimeMs });
    expect(readdirSync(join(first.folder, '../..'))).toHaveLength(1);
  });

  it('is another one where the package, its surroundings or the options are', () => {
    const { root, pkg } = project();
    const all = [cached(pkg), cached(pkg, { recovery: 'rollback' }), cached(pkg, { version: '9.9.10' })];
    writeFileSync(join(pkg, 'more.txt'), 'more');
    all.push(cached(pkg));
    writeFileSync(join(pkg, 'more.txt'), 'less');
    all.push(cached(pkg));
    rmSync(join(pkg, 'package.json'));
    all.push(cached(pkg));
    writeFileSync(join(root, 'package.json'), '{}');
    all.push(cached(pkg));
    expect(new Set(all).size).toBe(all.length);
  });

  it('has the module system that the package has from around it', () => {
    const { pkg } = project();
    rmSync(join(pkg, 'package.json'));
    expect(JSON.parse(read(join(cached(pkg), '..'), 'package.json'))).toEqual({ type: 'module' });
  });

  it('is refused as the package would be, and leaves nothing', () => {
    const { pkg } = project();
    rmSync(join(pkg, MAIN));
    const cacheDir = join(pkg, '../../cache');
    mkdirSync(cacheDir);
    expect(() => cached(pkg, { cacheDir })).toThrow(expect.objectContaining({ code: 'REVIVE_NO_GLUE' }));
    expect(readdirSync(cacheDir)).toEqual([]);
  });

  it('says what to do where the cache is a place that nothing can be written to', () => {
    const { root, pkg } = project();
    const cacheDir = join(root, 'package.json/cache');
    expect(() => cached(pkg, { cacheDir })).toThrow(
      expect.objectContaining({
        code: 'REVIVE_BAD_OUTPUT',
        message: expect.stringMatching(/can't be written: .* Give another one .*WASM_REVIVE_CACHE/),
      }),
    );
  });

  it('is read where nothing can be written any more, as in an image that was built with it', () => {
    const { root, pkg } = project();
    const cacheDir = join(root, 'cache');
    const first = cached(pkg, { cacheDir });
    chmodSync(cacheDir, 0o500);
    expect(cached(pkg, { cacheDir })).toBe(first);
  });

  it('appears whole when several processes make it at once', async () => {
    const { pkg } = project();
    const program = `
      import { transformToCache } from ${JSON.stringify(BUILT)};
      const { folder } = transformToCache(${JSON.stringify(pkg)}, ${JSON.stringify(OPTIONS)});
      console.log(folder);`;
    const run = promisify(execFile);
    const runs = await Promise.all([1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '-e', program])));
    const [folder = '', ...others] = new Set(runs.map(({ stdout }) => stdout.trim()));
    expect(others).toEqual([]);
    expect(readdirSync(folder)).toContain('wasm-revive.cjs');
    expect(readdirSync(join(folder, '../..'))).toHaveLength(1);
  });
});

describe('the default cache', () => {
  it("is the project's, for a dependency of a dependency and for a folder of the project's own", () => {
    const { root } = project();
    const expected = join(root, 'node_modules/.cache/wasm-revive');
    expect(defaultCacheDir(join(root, 'node_modules/.pnpm/a@1/node_modules/a'))).toBe(expected);
    expect(defaultCacheDir(join(root, 'build/pkg'))).toBe(expected);
    // As wasm-pack writes it.
    const own = join(root, 'pkg');
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'package.json'), '{}');
    expect(defaultCacheDir(own)).toBe(expected);
    expect(existsSync(expected)).toBe(false);
  });
});
