/** A folder with several modules, of which one can't be transformed. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { TransformError, type TransformOptions, transform, transformedBy } from '../src/index.js';

const RUNTIME = { code: '', types: '' };
const OPTIONS = { runtime: { esm: RUNTIME, cjs: RUNTIME }, version: '9.9.9' } as const;
const ARTIFACTS = new URL('../../../.artifacts/', import.meta.url);
const [ONE, OTHER, BROKEN] = ['wasm_revive_fixtures', 'wasm_revive_bench_fixture', 'broken'];

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): { dir: string; outDir: string } {
  const root = mkdtempSync(join(tmpdir(), 'wasm-revive-modules-'));
  folders.push(root);
  const dir = join(root, 'pkg');
  for (const from of ['fixtures', 'bench-fixture']) cpSync(new URL(`${from}/abort/nodejs/`, ARTIFACTS), dir, { recursive: true });
  writeFileSync(join(dir, `${BROKEN}_bg.wasm`), '');
  writeFileSync(join(dir, `${BROKEN}.js`), '');
  return { dir, outDir: join(root, 'out') };
}

const isTransformed = (dir: string, name = ''): boolean => transformedBy(readFileSync(join(dir, `${name}.js`), 'utf8')) !== undefined;

function refusal(options: Omit<TransformOptions, 'runtime' | 'version'>): TransformError {
  try {
    transform({ ...OPTIONS, ...options });
  } catch (error) {
    if (error instanceof TransformError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

it.each(['in place', 'elsewhere'])('those that are named are transformed, %s', (where) => {
  const { dir, outDir } = folder();
  expect(refusal({ dir }).code).toBe('REVIVE_BAD_WASM');
  const to = where === 'in place' ? dir : outDir;
  const { modules } = transform({ ...OPTIONS, dir, outDir: to, name: [ONE, OTHER] as string[] });
  expect(modules.map(({ name }) => name)).toEqual([ONE, OTHER]);
  expect([ONE, OTHER, BROKEN].map((name) => isTransformed(to, name))).toEqual([true, true, false]);
});

it('a name that no module has is said', () => {
  expect(refusal({ dir: folder().dir, name: [ONE as string, 'nothing'] })).toMatchObject({
    code: 'REVIVE_NO_WASM',
    message: expect.stringContaining('found no nothing_bg.wasm; its modules are '),
  });
});

it('a second run for another module of the folder says how one run takes both, and loses nothing', () => {
  const { dir, outDir } = folder();
  transform({ ...OPTIONS, dir, outDir, name: ONE });
  expect(refusal({ dir, outDir, name: OTHER })).toMatchObject({
    code: 'REVIVE_BAD_OUTPUT',
    message: expect.stringContaining(`\`--name ${ONE} --name ${OTHER}\``),
  });
  expect([ONE, OTHER].map((name) => isTransformed(outDir, name))).toEqual([true, false]);
  transform({ ...OPTIONS, dir, outDir, name: [ONE, OTHER] as string[] });
  expect([ONE, OTHER].map((name) => isTransformed(outDir, name))).toEqual([true, true]);
});
