/** What is bundled for a server: glue that finds its wasm file by a URL, for Deno and for ES modules of Node.js, recovers there, too. */
import { execFileSync, spawnSync } from 'node:child_process';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { type Configuration, rspack } from '@rspack/core';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import { build as viteBuild } from 'vite';
import { afterEach, describe, expect, it } from 'vitest';
import { wasmRevive as esbuildPlugin } from 'wasm-revive/esbuild';
import { wasmRevive as rollupPlugin } from 'wasm-revive/rollup';
import { wasmRevive as rspackPlugin } from 'wasm-revive/rspack';
import { wasmRevive as vitePlugin } from 'wasm-revive/vite';
import { wasmRevive as webpackPlugin } from 'wasm-revive/webpack';
import webpack from 'webpack';
import { BUNDLERS, type Bundle, fromNodeModules, likeEsbuild, likeWebpack } from '../../src/drive/bundlers.ts';
import { testFolders } from '../../src/drive/folders.ts';
import { otherRuntime, root } from '../../src/drive/paths.ts';
import { GLUE, PluginProject } from '../../src/drive/plugin-project.ts';

const folders = testFolders();

/** As programs for servers are bundled: as ES modules, which find what is beside them by their own URL. */
const likeServer = (bundling: Parameters<Bundle>[0]) => ({
  ...likeWebpack(bundling),
  target: 'node20',
  output: { path: bundling.out, filename: 'main.js', module: true, chunkFormat: 'module', library: { type: 'module' } },
  experiments: { outputModule: true },
});

const SERVER_BUNDLERS: Readonly<Record<string, (bundling: Parameters<Bundle>[0]) => Promise<unknown>>> = {
  webpack: (bundling) =>
    new Promise((resolve, reject) => {
      const options = { ...likeServer(bundling), plugins: [webpackPlugin()] } as webpack.Configuration;
      webpack(options, (error, stats) => (error || stats?.hasErrors() ? reject(error ?? new Error(stats?.toString())) : resolve(stats)));
    }),
  Rspack: (bundling) =>
    new Promise((resolve, reject) => {
      const options = { ...likeServer(bundling), plugins: [rspackPlugin()] } as Configuration;
      rspack(options, (error, stats) => (error || stats?.hasErrors() ? reject(error ?? new Error(stats?.toString())) : resolve(stats)));
    }),
  Vite: ({ program, out }) =>
    viteBuild({
      root: dirname(program),
      configFile: false,
      logLevel: 'silent',
      plugins: [vitePlugin()],
      build: { ssr: program, outDir: out, rolldownOptions: { output: { entryFileNames: 'main.js' } } },
    }),
  esbuild: (bundling) => esbuild.build({ ...likeEsbuild(bundling), platform: 'node', plugins: [esbuildPlugin(bundling.plugin)] }),
  async Rollup({ program, out, plugin }) {
    const own = [rollupPlugin(plugin), fromNodeModules(program)];
    const bundle = await rollup({ input: program, external: isBuiltin, plugins: own });
    await bundle.write({ format: 'es', file: join(out, 'main.js') });
  },
  Rolldown: (bundling) => (BUNDLERS.Rolldown as Bundle)(bundling),
};

/** What wasm-bindgen makes of the fixtures. */
function packageFor(target: string): string {
  const dir = folders.empty();
  const wasm = join(root, '.artifacts/fixtures/abort/wasm_revive_fixtures.wasm');
  execFileSync(join(root, '.tools/bin/wasm-bindgen'), ['--target', target, '--out-dir', dir, wasm]);
  return dir;
}

const PROGRAM = `
  import * as pkg from './pkg/${GLUE}';
  const codes = [];
  try { pkg.fail('abort'); } catch (error) { codes.push(error.code); }
  console.log(JSON.stringify([...codes, pkg.add(1, 2), pkg.__revive.generation]));`;

const RUN = {
  deno: (file: string) => spawnSync(otherRuntime('deno'), ['run', '-A', file], { encoding: 'utf8' }),
  'experimental-nodejs-module': (file: string) => spawnSync(process.execPath, [file], { encoding: 'utf8' }),
} as const;

describe.each(Object.entries(RUN))('target %s', (target, run) => {
  let project: PluginProject | undefined;
  afterEach(() => project?.remove());

  it.each(Object.entries(SERVER_BUNDLERS))('recovers as %s has bundled it, from the folder that is deployed alone', async (_, bundle) => {
    project = new PluginProject({ pkg: packageFor(target) }, PROGRAM);
    const out = folders.empty();
    await bundle({ program: project.program, out, at: '/', plugin: { root: project.dir } });
    project.remove();
    const { stdout, stderr } = run(join(out, 'main.js'));
    expect({ stdout, stderr }).toEqual({ stdout: `${JSON.stringify(['REVIVE_ABORT', 3, 2])}\n`, stderr: '' });
  });
});
