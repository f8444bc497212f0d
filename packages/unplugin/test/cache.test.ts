/** Transformed packages are kept between builds, and made anew when anything that they depend on has changed. */
import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inspectWasm } from '@wasm-revive/bindgen';
import { expect, it } from 'vitest';
import type { Options } from '../src/rollup.js';
import { GLUE, project, upstream, withEsbuild, withRollup, write } from './project.js';

const CACHE = 'node_modules/.cache/wasm-revive';

/** What is kept: each content of each folder, by the number of its folder in the file system, which another has when it is made anew. */
function kept(dir: string, cache = join(dir, CACHE)): number[] {
  return readdirSync(cache).map((name) => statSync(join(cache, name)).ino);
}

it('a second build takes what the first one has made', async () => {
  const dir = project({ pkg: upstream('web') });
  const first = await withRollup(dir);
  const before = kept(dir);
  const second = await withEsbuild(dir);
  expect(kept(dir)).toEqual(before);
  expect(before).toHaveLength(1);
  expect(second.wasm).toEqual(first.wasm.map((wasm) => new Uint8Array(wasm)));
});

it('other options, and another content, are made anew', async () => {
  const dir = project({ pkg: upstream('web') });
  const fresh = await withRollup(dir);
  const rollback = await withRollup(dir, { recovery: 'rollback', memoryLimitMiB: 64 });
  cpSync(upstream('web', 'unwind'), join(dir, 'pkg'), { recursive: true });
  const unwind = await withRollup(dir);
  expect(kept(dir)).toHaveLength(3);
  const undoes = ({ wasm }: typeof fresh): boolean[] =>
    wasm.map((bytes) => inspectWasm(bytes).exports.some(({ name }) => name === '__wasm_revive_commit'));
  expect([fresh, rollback, unwind].map(undoes)).toEqual([[false], [true], [false]]);
  expect(unwind.wasm.map((bytes) => inspectWasm(bytes).exceptions)).not.toEqual(fresh.wasm.map((bytes) => inspectWasm(bytes).exceptions));
});

it('start functions of what prewarm names, and of nothing else, run once for each content', async () => {
  const dir = project(
    { pkg: upstream('web'), other: upstream('web') },
    `export * from './pkg/${GLUE}'; export * as other from './other/${GLUE}';`,
  );
  const ran: string[] = [];
  const prewarmer: Options['prewarmer'] = (of) => {
    ran.push(of);
    return { prewarmed: new Map(), warnings: ['asked for the time'] };
  };
  const first = await withRollup(dir, { prewarm: ['./pkg'], prewarmer });
  expect(first.warnings.filter((text) => text.includes('asked for the time'))).toHaveLength(1);
  await withEsbuild(dir, { prewarm: ['./pkg'], prewarmer });
  expect(ran).toEqual([join(dir, 'pkg')]);
  await withRollup(dir, { prewarmer });
  expect([ran, kept(dir).length]).toEqual([[join(dir, 'pkg')], 3]);
});

it('the folder can be another one', async () => {
  const dir = project({ pkg: upstream('web') });
  mkdirSync(join(dir, 'elsewhere'));
  expect((await withRollup(dir, { cacheDir: 'elsewhere' })).code).toContain('__revive');
  expect(kept(dir, join(dir, 'elsewhere'))).toHaveLength(1);
  expect(existsSync(join(dir, CACHE))).toBe(false);
  // Nor is what is in it taken for a package of the project's.
  expect((await withRollup(dir, { cacheDir: 'elsewhere' })).warnings).toEqual([]);
});

it('the runtime can be one of the program', async () => {
  const dir = project({ pkg: upstream('web') });
  write(dir, 'recovery.js', 'export const revive = (scope, description) => ({ mine: description.name });');
  const { code, errors } = await withRollup(dir, { runtime: './recovery.js' });
  expect(errors).toEqual([]);
  expect(code).toContain('mine: description.name');
});
