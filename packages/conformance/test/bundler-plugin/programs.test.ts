/** What programs do with a protected package besides calling it: each way to it leads to the same protected files. */
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createServer, type InlineConfig, build as vite } from 'vite';
import { afterEach, describe, expect, it } from 'vitest';
import { wasmRevive } from 'wasm-revive/vite';
import { wasmRevive as webpackPlugin } from 'wasm-revive/webpack';
import webpack from 'webpack';
import { BUNDLERS, type Bundle, type Bundling, likeWebpack } from '../../src/drive/bundlers.ts';
import { browserBinary, upstreamPackage } from '../../src/drive/paths.ts';
import { GLUE, PluginProject, WASM } from '../../src/drive/plugin-project.ts';
import { evaluateInBrowser } from '../../src/drive/run-in-browser.ts';

const chromium = browserBinary('chromium');
const bundle = (name: string): Bundle => BUNDLERS[name] as Bundle;

let project: PluginProject;
afterEach(() => project.remove());

/** Code that fails, and goes on; gives what came of both. */
const FAILS = `
  const fails = (pkg) => {
    const seen = [];
    try { pkg.fail('abort'); } catch (error) { seen.push(error.code ?? error.message); }
    try { seen.push(pkg.add(1, 2)); } catch (error) { seen.push(error.message); }
    return seen;
  };
`;
const RECOVERS = ['REVIVE_ABORT', 3];

function bundling(plugin = {}): Bundling & { plugin: object } {
  return { program: project.program, out: project.out, at: '/out/', plugin: { root: project.dir, ...plugin } };
}

/** What the bundled program leaves in `outcome`. */
async function outcome(): Promise<unknown> {
  const run = `import('/out/main.js').then(async () => {
    while (globalThis.outcome === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
    return globalThis.outcome;
  }).catch(String)`;
  return JSON.parse(await evaluateInBrowser('chromium', chromium as string, { '/out/': project.out }, run));
}

describe.skipIf(chromium === undefined)('a protected package', () => {
  it.each(['Vite', 'webpack', 'Rspack'])('has one memory, which a program may import from the wasm file (%s)', async (name) => {
    project = new PluginProject(
      { pkg: upstreamPackage('abort', 'bundler') },
      `import * as pkg from './pkg/${GLUE}';
       import { memory } from './pkg/${WASM}';
       ${FAILS}
       const before = memory.buffer.byteLength;
       globalThis.outcome = [before > 0, ...fails(pkg)];`,
    );
    expect(await bundle(name)(bundling())).toEqual({ warnings: [], errors: [] });
    expect(await outcome()).toEqual([true, ...RECOVERS]);
  });

  it('takes its wasm file from the address that the program has from Vite (?url)', async () => {
    project = new PluginProject(
      { pkg: upstreamPackage('abort', 'web') },
      `import init, * as pkg from './pkg/${GLUE}';
       import url from './pkg/${WASM}?url';
       ${FAILS}
       init({ module_or_path: url }).then(() => { globalThis.outcome = fails(pkg); }, (error) => { globalThis.outcome = error.message; });`,
    );
    expect(await bundle('Vite')(bundling())).toEqual({ warnings: [], errors: [] });
    expect(await outcome()).toEqual(RECOVERS);
  });

  it('recovers in a worker that Vite bundles with the plugin', async () => {
    project = new PluginProject(
      { pkg: upstreamPackage('abort', 'web') },
      `const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
       worker.onmessage = ({ data }) => { globalThis.outcome = data; };`,
    );
    project.write('worker.js', `import init, * as pkg from './pkg/${GLUE}'; ${FAILS} init().then(() => postMessage(fails(pkg)));`);
    await vite({
      root: project.dir,
      base: '/out/',
      configFile: false,
      logLevel: 'silent',
      build: { outDir: project.out, target: 'es2022', rolldownOptions: { input: project.program, output: { entryFileNames: 'main.js' } } },
      worker: { format: 'es', plugins: () => [wasmRevive()] },
      plugins: [wasmRevive()],
    });
    expect(await outcome()).toEqual(RECOVERS);
  });

  it.each([
    ['bundler', ''],
    ['web', `await pkg.default({ module_or_path: readFileSync(new URL('./pkg/${WASM}', import.meta.url)) });`],
  ] as const)('recovers on a server, as Vite builds it for one and serves it there (target %s)', async (target, init) => {
    project = new PluginProject(
      { pkg: upstreamPackage('abort', target) },
      `import { readFileSync } from 'node:fs';
       import * as pkg from './pkg/${GLUE}';
       ${init}
       ${FAILS}
       export const outcome = () => fails(pkg);`,
    );
    const config: InlineConfig = { root: project.dir, configFile: false, logLevel: 'silent', plugins: [wasmRevive()] };
    const server = await createServer({ ...config, server: { middlewareMode: true, ws: false } });
    try {
      const served = await server.ssrLoadModule('/program.js');
      expect(await served.outcome()).toEqual(RECOVERS);
    } finally {
      await server.close();
    }
    await vite({ ...config, build: { ssr: project.program, outDir: project.out } });
    // The whole of it is in the folder that is deployed.
    rmSync(join(project.dir, 'node_modules'), { recursive: true });
    rmSync(join(project.dir, 'pkg'), { recursive: true });
    const built = (await import(pathToFileURL(join(project.out, 'program.js')).href)) as { outcome(): unknown };
    expect(await built.outcome()).toEqual(RECOVERS);
  });

  it('may be behind links, as pnpm lays packages out, with the runtime nowhere near', async () => {
    project = new PluginProject(
      { 'node_modules/some-fixtures': upstreamPackage('abort', 'web') },
      `import init, * as pkg from 'some-fixtures'; ${FAILS} init().then(() => { globalThis.outcome = fails(pkg); });`,
    );
    const store = join(project.dir, 'node_modules/.pnpm/some-fixtures@1.0.0/node_modules/some-fixtures');
    mkdirSync(dirname(store), { recursive: true });
    renameSync(join(project.dir, 'node_modules/some-fixtures'), store);
    symlinkSync(store, join(project.dir, 'node_modules/some-fixtures'), 'dir');
    const { errors } = await bundle('esbuild')(bundling({ packages: ['some-fixtures'] }));
    expect(errors).toEqual([]);
    expect(await outcome()).toEqual(RECOVERS);
  });

  it('is made again where webpack has kept its modules, and the options are others, or the transformed package is gone', async () => {
    project = new PluginProject(
      { pkg: upstreamPackage('abort', 'web') },
      `import init, * as pkg from './pkg/${GLUE}'; ${FAILS} init().then(() => { globalThis.outcome = [...fails(pkg), pkg.__revive.generation]; });`,
    );
    const build = (plugin = {}) =>
      new Promise<readonly string[]>((resolve, reject) => {
        const options = {
          ...likeWebpack(bundling()),
          plugins: [webpackPlugin(plugin)],
          cache: { type: 'filesystem', cacheDirectory: join(project.dir, '.webpack') },
        };
        const compiler = webpack(options as webpack.Configuration);
        compiler?.run((error, stats) => {
          const errors = stats?.toJson({ all: false, errors: true }).errors?.map(({ message }) => message) ?? [];
          compiler.close(() => (error ? reject(error) : resolve(errors)));
        });
      });
    expect(await build()).toEqual([]);
    expect(await outcome()).toEqual([...RECOVERS, 2]);
    // With other options: the instance that is rolled back is the first one still.
    expect(await build({ recovery: 'rollback' })).toEqual([]);
    expect(await outcome()).toEqual([...RECOVERS, 1]);
    rmSync(join(project.dir, 'node_modules/.cache'), { recursive: true });
    expect(await build({ recovery: 'rollback' })).toEqual([]);
    expect(await outcome()).toEqual([...RECOVERS, 1]);
  });
});
