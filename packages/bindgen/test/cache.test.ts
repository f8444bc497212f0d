/** Copies of packages in a cache: the package stays as it is, and each content has one copy. */
import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
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

  it('has its start function run once for each content, where that is asked for, and is another one then', () => {
    const { pkg } = project();
    const plain = cached(pkg);
    const ran: string[] = [];
    const prewarm: CacheOptions['prewarm'] = (dir) => {
      ran.push(dir);
      return { prewarmed: new Map(), warnings: ['asked for the time'] };
    };
    const made = transformToCache(pkg, { ...OPTIONS, prewarm });
    expect(made.folder).not.toBe(plain);
    expect(made.result.warnings).toEqual(['asked for the time']);
    expect(transformToCache(pkg, { ...OPTIONS, prewarm })).toEqual(made);
    expect([cached(pkg), ran]).toEqual([plain, [pkg]]);
    writeFileSync(join(pkg, 'more.txt'), 'more');
    expect(cached(pkg, { prewarm })).not.toBe(made.folder);
    expect(ran).toEqual([pkg, pkg]);
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

describe('a copy that nobody uses', () => {
  const DAY = 86_400_000;
  /** The copies that are there. */
  const copies = (cacheDir: string): string[] => readdirSync(cacheDir).map((name) => join(cacheDir, name));
  const usedBefore = (copy: string, ms: number): void => utimesSync(join(copy, 'about.json'), new Date(), new Date(Date.now() - ms));

  /** Makes a number of copies of a package that changes, and gives their places. */
  function changing(count: number): { pkg: string; cacheDir: string; made: string[]; change: () => string } {
    const { root, pkg } = project();
    const cacheDir = join(root, 'cache');
    let version = 0;
    const change = (): string => {
      writeFileSync(join(pkg, 'version.txt'), `${version++}`);
      return dirname(cached(pkg, { cacheDir }));
    };
    return { pkg, cacheDir, made: Array.from({ length: count }, change), change };
  }

  it('is taken away after thirty days, when another is made', () => {
    const { cacheDir, made, change } = changing(2);
    usedBefore(made[0] as string, 31 * DAY);
    usedBefore(made[1] as string, 29 * DAY);
    const newest = change();
    expect(copies(cacheDir).sort()).toEqual([made[1], newest].sort());
  });

  it('goes after an hour, where three newer ones of its package are there', () => {
    const { cacheDir, made, change } = changing(5);
    for (const [index, copy] of made.entries()) usedBefore(copy, (5 - index) * DAY);
    usedBefore(made[0] as string, 600_000);
    const newest = change();
    expect(copies(cacheDir).sort()).toEqual([made[0], made[4], newest].sort());
  });

  it('is used from then on where it is asked for: nothing is made anew', () => {
    const { pkg, cacheDir, made, change } = changing(1);
    usedBefore(made[0] as string, 40 * DAY);
    expect(dirname(cached(pkg, { cacheDir }))).toBe(made[0]);
    change();
    expect(copies(cacheDir)).toContain(made[0]);
  });

  it('stays while a process runs that has loaded files of it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'Date'] });
    vi.resetModules();
    try {
      const { transformToCache: byProcess } = await import('../src/index.js');
      const { root, pkg } = project();
      const cacheDir = join(root, 'cache');
      const { folder } = byProcess(pkg, { ...OPTIONS, cacheDir });
      vi.advanceTimersByTime(90 * DAY);
      writeFileSync(join(pkg, 'another.txt'), '');
      cached(pkg, { cacheDir });
      expect(copies(cacheDir)).toContain(dirname(folder));
    } finally {
      vi.useRealTimers();
    }
  });

  it('goes whole: what a killed process has left half made or half taken is no copy, and goes a day later', () => {
    const { pkg, cacheDir, made, change } = changing(1);
    const [copy] = made as [string];
    renameSync(join(copy, 'about.json'), join(copy, 'taken-1.json'));
    const making = join(cacheDir, '.wasm-revive-making-abc');
    mkdirSync(making);
    const again = dirname(cached(pkg, { cacheDir }));
    expect(again).not.toBe(copy);
    expect(copies(cacheDir).sort()).toEqual([copy, again, making].sort());
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * DAY });
    try {
      const newest = change();
      expect(copies(cacheDir).sort()).toEqual([again, newest].sort());
    } finally {
      vi.useRealTimers();
    }
  });

  it('leaves alone what is not of the cache', () => {
    const { cacheDir, change } = changing(1);
    const other = join(cacheDir, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'about.json'), '{"of":"x"}');
    usedBefore(other, 90 * DAY);
    change();
    expect(copies(cacheDir)).toContain(other);
  });

  it('is whole for each process that asks for it while others take it away', async () => {
    const { root, pkg } = project();
    const cacheDir = join(root, 'cache');
    const packages = Array.from({ length: 8 }, (_, index) => {
      const dir = join(root, `packages/${index}`);
      cpSync(pkg, dir, { recursive: true });
      return dir;
    });
    for (const dir of packages) usedBefore(dirname(cached(dir, { cacheDir })), 60 * DAY);
    const program = (dirs: readonly string[]): string => `
      import { transformToCache } from ${JSON.stringify(BUILT)};
      for (const dir of ${JSON.stringify(dirs)}) console.log(transformToCache(dir, ${JSON.stringify({ ...OPTIONS, cacheDir })}).folder);`;
    const others = [1, 2].map((process) => {
      const dir = join(root, `others/${process}`);
      cpSync(pkg, dir, { recursive: true });
      return [dir];
    });
    const run = promisify(execFile);
    const runs = [packages, packages.toReversed(), ...others].map((dirs) =>
      run(process.execPath, ['--input-type=module', '-e', program(dirs)]),
    );
    const given = (await Promise.all(runs)).flatMap(({ stdout }) => stdout.trim().split('\n'));
    expect(given).toHaveLength(18);
    for (const dir of given)
      expect(readdirSync(dir)).toEqual(expect.arrayContaining([MAIN, 'wasm_revive_fixtures_bg.wasm', 'wasm-revive.cjs']));
    expect(readdirSync(cacheDir).filter((name) => name.startsWith('.'))).toEqual([]);
  }, 120_000);
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
