/** I9: what can't be protected is said by the bundler's own means, and no half of it is left anywhere. */
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from '@wasm-revive/bindgen';
import { describe, expect, it } from 'vitest';
import { type Options, wasmRevive } from '../src/rollup.js';
import { BUNDLERS, GLUE, project, upstream, WASM, withRollup, write } from './project.js';

const STORE = 'node_modules/.cache/wasm-revive';

/** What is kept of transformed packages, with what was begun. */
function kept(dir: string): string[] {
  return existsSync(join(dir, STORE)) ? readdirSync(join(dir, STORE)).flatMap((name) => readdirSync(join(dir, STORE, name))) : [];
}

/** A folder whose glue was changed after wasm-bindgen. */
function withChangedGlue(): string {
  const dir = project({ pkg: upstream('web') }, `export { changed } from './pkg/${GLUE}';`);
  write(dir, `pkg/${GLUE}`, 'export const changed = 1;');
  return dir;
}

describe.each(Object.entries(BUNDLERS))('in %s', (_, bundle) => {
  it('a package that can not be protected is bundled as it is, with a warning that says why', async () => {
    const dir = withChangedGlue();
    const { code, warnings, errors } = await bundle(dir, {});
    expect(errors).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${join(dir, 'pkg', GLUE)} isn't glue that wasm-bindgen wrote`);
    expect(warnings[0]).toContain("It is bundled as it is, and doesn't recover.");
    expect(code).toContain('changed = 1');
    expect(kept(dir)).toEqual([]);
  });

  it('a package that is named and can not be protected is an error', async () => {
    const dir = withChangedGlue();
    const { errors } = await bundle(dir, { packages: ['./pkg'] });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`${join(dir, 'pkg', GLUE)} isn't glue that wasm-bindgen wrote`);
    expect(kept(dir)).toEqual([]);
  });

  it('a name of nothing that is there is an error', async () => {
    const { errors } = await bundle(project({ pkg: upstream('web') }), { packages: ['./pgk', 'some-pakage'] });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/pgk, some-pakage of the options packages and prewarm aren't there/);
  });
});

describe.each(Object.entries(BUNDLERS))('glue that reads its wasm file by a path, in %s', (_, bundle) => {
  const program = `export * as pkg from './pkg/${GLUE}';`;

  it('stays as it is, with why and what to do instead', async () => {
    const { warnings, code, wasm } = await bundle(project({ pkg: upstream('nodejs') }, program), {});
    const [said] = warnings.filter((text) => text.includes('was made for the target `nodejs`'));
    expect(said).toMatch(
      /by a path that no bundler follows.*as external.*--import wasm-revive\/register`; or transform the folder in place/,
    );
    expect(code).not.toContain('__revive');
    expect(wasm).toEqual([]);
  });

  it('is an error where it is named', async () => {
    const { errors } = await bundle(project({ pkg: upstream('nodejs') }, program), { packages: ['./pkg'] });
    // webpack says besides that it has no modules of Node.js for browsers.
    expect(errors.filter((text) => text.includes('by a path that no bundler follows'))).toHaveLength(1);
  });
});

it('a package that has been transformed by hand is bundled as it is, and nothing is said', async () => {
  const dir = project({ pkg: upstream('web') });
  transform({ dir: join(dir, 'pkg'), runtime: { import: 'wasm-revive/runtime' }, version: '0.0.1' });
  const { warnings, errors, code } = await withRollup(dir);
  expect([warnings, errors]).toEqual([[], []]);
  expect(code).toContain('generatedBy: "0.0.1"');
});

it('what is excluded stays as it is', async () => {
  const { code } = await withRollup(project({ pkg: upstream('web') }), { exclude: ['./pkg'] });
  expect(code).not.toContain('__revive');
});

it('a package of the workspace, which node_modules links to, is known by its name', async () => {
  const dir = project({ 'packages/some': upstream('web') }, `export * from './packages/some/${GLUE}';`);
  mkdirSync(join(dir, 'node_modules'));
  symlinkSync(join(dir, 'packages/some'), join(dir, 'node_modules/some'), 'dir');
  expect((await withRollup(dir)).code).toContain('__revive');
  expect((await withRollup(dir, { exclude: ['some'] })).code).not.toContain('__revive');
});

it('a package in node_modules stays as it is unless it is named', async () => {
  const dir = project({ 'node_modules/some': upstream('web') }, `export * from './node_modules/some/${GLUE}';`);
  expect((await withRollup(dir)).code).not.toContain('__revive');
  expect((await withRollup(dir, { packages: ['some'] })).code).toContain('__revive');
});

it('a wasm file that is no WebAssembly is reported once, though two modules are bundled from its folder', async () => {
  const dir = project({ pkg: upstream('bundler') });
  write(dir, `pkg/${WASM}`, 'not wasm');
  const { warnings } = await withRollup(dir);
  expect(warnings.filter((text) => text.includes("can't be read as WebAssembly"))).toHaveLength(1);
});

it.each<[string, object]>([
  ['an unknown option', { packges: [] }],
  ['names that are no list', { packages: 'some' }],
  ['an empty name', { exclude: [''] }],
  ['an unknown way to recover', { recovery: 'rolback' }],
  ['an unknown way to commit', { recovery: 'rollback', commit: 'copies' }],
  ['a way to commit where nothing is undone', { commit: 'copy' }],
  ['a limit of the log where there is none', { recovery: 'rollback', commit: 'copy', memoryLimitMiB: 64 }],
  ['a folder that is no text', { cacheDir: 7 }],
  ['declarations in a file that TypeScript takes for something else', { types: 'tsconfig.json' }],
  ['start functions to run without what runs them', { prewarm: ['./pkg'] }],
  ['a package to start that is no name', { prewarm: ['some/thing/else'], prewarmer: () => {} }],
])('refuses %s', (_, options) => {
  expect(() => wasmRevive(options as Options)).toThrow(TypeError);
});
