/** The bundlers, each called as a program's own build would call it, with or without the plugin of wasm-revive. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Configuration, rspack } from '@rspack/core';
import * as esbuild from 'esbuild';
import { rolldown } from 'rolldown';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import { wasmRevive as esbuildPlugin } from 'wasm-revive/esbuild';
import { wasmRevive as rolldownPlugin } from 'wasm-revive/rolldown';
import { wasmRevive as rollupPlugin } from 'wasm-revive/rollup';
import { wasmRevive as rspackPlugin } from 'wasm-revive/rspack';
import { type Options, wasmRevive as vitePlugin } from 'wasm-revive/vite';
import { wasmRevive as webpackPlugin } from 'wasm-revive/webpack';
import webpack from 'webpack';

/** What a bundler said of a program. */
export interface Said {
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

/** What is bundled, and where to. */
export interface Bundling {
  /** The program's file. */
  readonly program: string;
  /** The folder that `main.js` is written to. */
  readonly out: string;
  /** Where that is served. */
  readonly at: string;
  /** The options of the plugin, where it is used. */
  readonly plugin?: Options;
  readonly sourcemap?: boolean;
}

/** Bundles a program for browsers, as an ES module `main.js`. */
export type Bundle = (bundling: Bundling) => Promise<Said>;

/** The options that webpack and Rspack share. */
export function likeWebpack({ program, out, at, sourcemap = false }: Bundling) {
  return {
    mode: 'production',
    target: 'web',
    context: dirname(program),
    entry: program,
    output: { path: out, filename: 'main.js', publicPath: at },
    experiments: { asyncWebAssembly: true },
    performance: { hints: false },
    // Its minifier takes longer than all else here; the others' minify.
    optimization: { minimize: false },
    devtool: sourcemap ? 'source-map' : false,
  } as const;
}

/** The options of esbuild, for a build and for one that is watched. */
export function likeEsbuild({ program, out, sourcemap = false }: Omit<Bundling, 'at'>) {
  return {
    entryPoints: [program],
    absWorkingDir: dirname(program),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    outfile: join(out, 'main.js'),
    logLevel: 'silent',
    sourcemap,
  } as const satisfies esbuild.BuildOptions;
}

interface Stats {
  toJson(options: object): { warnings?: readonly { message: string }[]; errors?: readonly { message: string }[] };
}

function saidBy(stats: Stats | null | undefined): Said {
  const { warnings = [], errors = [] } = stats?.toJson({ all: false, warnings: true, errors: true }) ?? {};
  return { warnings: warnings.map(({ message }) => message), errors: errors.map(({ message }) => message) };
}

/** How long a plugin takes is a matter of the machine. */
const CHECKS = { pluginTimings: false };

/** Each by its name. */
export const BUNDLERS: Readonly<Record<string, Bundle>> = {
  webpack: (bundling) =>
    new Promise((resolve, reject) => {
      const options = likeWebpack(bundling);
      const plugins = bundling.plugin === undefined ? [] : [webpackPlugin(bundling.plugin)];
      const own = { plugins, experiments: { ...options.experiments, sourceImport: true } };
      webpack({ ...options, ...own } as webpack.Configuration, (error, stats) => (error ? reject(error) : resolve(saidBy(stats))));
    }),
  Rspack: (bundling) =>
    new Promise((resolve, reject) => {
      const plugins = bundling.plugin === undefined ? [] : [rspackPlugin(bundling.plugin)];
      const options = { ...likeWebpack(bundling), plugins } as Configuration;
      rspack(options, (error, stats) => (error ? reject(error) : resolve(saidBy(stats))));
    }),
  async esbuild(bundling) {
    const { plugin } = bundling;
    const plugins = plugin === undefined ? [] : [esbuildPlugin(plugin)];
    const { warnings } = await esbuild.build({ ...likeEsbuild(bundling), plugins });
    return { warnings: warnings.map(({ text }) => text), errors: [] };
  },
  async Vite({ program, out, at, plugin, sourcemap = false }) {
    const warnings: string[] = [];
    const warn = (text: string): void => void warnings.push(text);
    await vite({
      root: dirname(program),
      base: at,
      configFile: false,
      customLogger: { info() {}, warn, warnOnce: warn, error() {}, clearScreen() {}, hasErrorLogged: () => false, hasWarned: false },
      build: {
        outDir: out,
        target: 'es2022',
        assetsInlineLimit: 0,
        chunkSizeWarningLimit: Number.POSITIVE_INFINITY,
        sourcemap,
        // A library has the wasm file inside of its JavaScript; a page has it beside.
        ...(plugin === undefined
          ? { lib: { entry: program, formats: ['es' as const], fileName: () => 'main.js' } }
          : { rolldownOptions: { input: program, output: { entryFileNames: 'main.js' }, checks: CHECKS } }),
      },
      plugins: plugin === undefined ? [] : [vitePlugin(plugin)],
    });
    return { warnings, errors: [] };
  },
  async Rollup({ program, out, plugin, sourcemap = false }) {
    const warnings: string[] = [];
    const bundle = await rollup({
      input: program,
      onwarn: ({ message }) => warnings.push(message),
      plugins: [plugin === undefined ? undefined : rollupPlugin(plugin), fromNodeModules(program)],
    });
    await bundle.write({ format: 'es', file: join(out, 'main.js'), inlineDynamicImports: true, sourcemap });
    return { warnings, errors: [] };
  },
  async Rolldown({ program, out, plugin, sourcemap = false }) {
    const warnings: string[] = [];
    const bundle = await rolldown({
      input: program,
      cwd: dirname(program),
      platform: 'browser',
      checks: CHECKS,
      onwarn: ({ message }) => void warnings.push(message ?? ''),
      plugins: plugin === undefined ? [] : [rolldownPlugin(plugin)],
    });
    await bundle.write({ format: 'es', file: join(out, 'main.js'), sourcemap });
    return { warnings, errors: [] };
  },
};

/** Rollup finds no packages by itself. */
export function fromNodeModules(program: string) {
  return {
    name: 'from-node-modules',
    resolveId(id: string) {
      if (/^[./\0]/.test(id)) return undefined;
      const folder = join(dirname(program), 'node_modules');
      if (id === 'wasm-revive/runtime') return join(folder, 'wasm-revive/dist/runtime.js');
      const { main } = JSON.parse(readFileSync(join(folder, id, 'package.json'), 'utf8')) as { main: string };
      return join(folder, id, main);
    },
  };
}
