/** The plugins of bundlers, as this package has them: they bring the runtime, and what runs start functions where that is asked for. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as ownEsbuild from '../dist/esbuild.js';
import * as ownRolldown from '../dist/rolldown.js';
import * as ownRollup from '../dist/rollup.js';
import * as ownRspack from '../dist/rspack.js';
import * as ownVite from '../dist/vite.js';
import * as ownWebpack from '../dist/webpack.js';
import { artifact, type Package as Fixtures, folder, removeFolders, thrown } from './fixtures.js';

interface Package extends Fixtures {
  starts(): number;
  initSync(options: { module: Uint8Array }): void;
}

interface Built {
  readonly module: Package;
  readonly warnings: readonly string[];
}

const OWN = { esbuild: ownEsbuild, rolldown: ownRolldown, rollup: ownRollup, rspack: ownRspack, vite: ownVite, webpack: ownWebpack };
type Options = NonNullable<Parameters<typeof ownRollup.wasmRevive>[0]>;

let started = 0;
beforeEach(() => {
  started = 0;
  (globalThis as { wasmReviveStart?: () => string }).wasmReviveStart = () => {
    started++;
    return '';
  };
});
afterEach(() => {
  delete (globalThis as { wasmReviveStart?: () => string }).wasmReviveStart;
  delete process.env.NODE_OPTIONS;
});
afterAll(removeFolders);

/** A project that bundles the fixtures. */
function project(): string {
  const dir = folder();
  cpSync(artifact('web', 'abort', 'fixtures'), join(dir, 'pkg'), { recursive: true });
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(dir, 'program.js'),
    "export * from './pkg/wasm_revive_fixtures.js'; export { default } from './pkg/wasm_revive_fixtures.js';",
  );
  return dir;
}

async function load(out: string, wasm: string): Promise<Package> {
  const module = (await import(pathToFileURL(join(out, 'program.js')).href)) as Package;
  module.initSync({ module: new Uint8Array(readFileSync(join(out, wasm))) });
  return module;
}

const BUNDLERS: Record<string, (dir: string, options: Options) => Promise<Built>> = {
  async esbuild(dir, options) {
    const out = join(dir, 'out');
    const { warnings } = await esbuild.build({
      ...{ entryPoints: [join(dir, 'program.js')], absWorkingDir: dir, bundle: true, format: 'esm', outdir: out, logLevel: 'silent' },
      plugins: [ownEsbuild.wasmRevive(options)],
    });
    const wasm = readdirSync(out).find((name) => name.endsWith('.wasm')) ?? '';
    return { module: await load(out, wasm), warnings: warnings.map(({ text }) => text) };
  },
  async rollup(dir, options) {
    const warnings: string[] = [];
    const bundle = await rollup({
      input: join(dir, 'program.js'),
      onwarn: ({ message }) => warnings.push(message),
      plugins: [ownRollup.wasmRevive({ root: dir, ...options })],
    });
    const out = join(dir, 'out');
    const { output } = await bundle.write({ dir: out, format: 'es' });
    const wasm = output.find(({ fileName }) => fileName.endsWith('.wasm'))?.fileName ?? '';
    return { module: await load(out, wasm), warnings };
  },
};

function writtenFile(contents: string): string {
  const file = join(folder(), 'file');
  writeFileSync(file, contents);
  return file;
}

describe.each(Object.entries(BUNDLERS))('%s', (_, bundle) => {
  it('I7: with prewarm, instances begin in the state after the start function, which is run once, when the package is bundled', async () => {
    const { module, warnings } = await bundle(project(), { prewarm: ['./pkg'] });
    expect(warnings.join()).toMatch(/The start function of \S+ called JavaScript \(howToStart\) when it was run for --prewarm/);
    for (let generation = 1; generation <= 2; generation++) {
      expect([module.starts(), module.bump()]).toEqual([1, 101]);
      expect(thrown(() => module.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
    }
    expect(started).toBe(0);
  });

  it('I7: without it, nothing of the package runs when it is bundled', async () => {
    const ran = join(folder(), 'ran');
    const told = writtenFile(
      `globalThis.wasmReviveStart = () => { require('node:fs').writeFileSync(${JSON.stringify(ran)}, ''); return ''; };`,
    );
    process.env.NODE_OPTIONS = `--require=${told}`;
    const { module } = await bundle(project(), { recovery: 'rollback', commit: 'copy' });
    expect(() => readFileSync(ran)).toThrow('ENOENT');
    expect(started).toBe(1);
    module.bump();
    expect(thrown(() => module.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'rollback' } });
    expect(module.bump()).toBe(102);
  });

  it('I9: a start function that can not be run so ends the build, with why', async () => {
    process.env.NODE_OPTIONS = `--require=${writtenFile("globalThis.wasmReviveStart = () => 'throw';")}`;
    await expect(bundle(project(), { prewarm: ['./pkg'] })).rejects.toThrow(
      /can't be run once for all instances: .*thrown by start on purpose/,
    );
  });
});

it.each(Object.entries(OWN))('the plugin for %s brings what runs start functions', (_, { wasmRevive }) => {
  expect(() => (wasmRevive as (options: Options) => unknown)({ prewarm: ['./pkg'] })).not.toThrow();
});
