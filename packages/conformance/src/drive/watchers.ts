/** The bundlers that watch a program, with the plugin of wasm-revive. */
import { dirname, join } from 'node:path';
import { type Configuration, HotModuleReplacementPlugin as RspackReplacement, rspack } from '@rspack/core';
import * as esbuild from 'esbuild';
import { watch as watchRolldown } from 'rolldown';
import { watch as watchRollup } from 'rollup';
import { wasmRevive as esbuildPlugin } from 'wasm-revive/esbuild';
import { wasmRevive as rolldownPlugin } from 'wasm-revive/rolldown';
import { wasmRevive as rollupPlugin } from 'wasm-revive/rollup';
import { wasmRevive as rspackPlugin } from 'wasm-revive/rspack';
import { wasmRevive as webpackPlugin } from 'wasm-revive/webpack';
import webpack from 'webpack';
import { fromNodeModules, likeEsbuild, likeWebpack } from './bundlers.ts';

/** What is watched: a program, the folder that `main.js` is written to, and where that is served. */
export interface Watching {
  readonly program: string;
  readonly out: string;
  readonly at: string;
}

/** Builds whenever something has changed, until it is ended. @param built hears of every build that went well */
export type Watch = (watching: Watching, built: () => void) => Promise<() => Promise<unknown>>;

/** What both compilers have of it. */
interface Compiler {
  watch(options: object, done: (error: Error | null, stats?: { hasErrors(): boolean }) => void): unknown;
  close(done: () => void): void;
}

/** With what replaces modules in a page, but without a server that says when. */
async function watchCompiler(compiler: Compiler, built: () => void): Promise<() => Promise<unknown>> {
  // Longer than a copy of the package takes: a page takes one update at a time.
  compiler.watch({ aggregateTimeout: 300 }, (error, stats) => {
    if (error === null && stats?.hasErrors() === false) built();
  });
  return () => new Promise<void>((resolve) => compiler.close(resolve));
}

/** Each by its name. */
export const WATCHERS: Readonly<Record<string, Watch>> = {
  webpack: (watching, built) => {
    const options = { ...likeWebpack(watching), mode: 'development', plugins: [webpackPlugin(), new webpack.HotModuleReplacementPlugin()] };
    return watchCompiler(webpack(options as webpack.Configuration) as unknown as Compiler, built);
  },
  Rspack: (watching, built) => {
    const options = { ...likeWebpack(watching), mode: 'development', plugins: [rspackPlugin(), new RspackReplacement()] };
    return watchCompiler(rspack(options as Configuration) as unknown as Compiler, built);
  },
  async esbuild(watching, built) {
    const context = await esbuild.context({
      ...likeEsbuild(watching),
      plugins: [
        esbuildPlugin(),
        { name: 'built', setup: ({ onEnd }) => onEnd(({ errors }) => (errors.length === 0 ? built() : undefined)) },
      ],
    });
    await context.watch();
    return () => context.dispose();
  },
  async Rollup({ program, out }, built) {
    const watcher = watchRollup({
      input: program,
      onwarn() {},
      plugins: [rollupPlugin({ root: dirname(program) }), fromNodeModules(program)],
      output: { format: 'es', file: join(out, 'main.js') },
    });
    watcher.on('event', (event) => {
      if (event.code === 'BUNDLE_END') built();
      if ('result' in event) void event.result?.close();
    });
    return () => watcher.close();
  },
  async Rolldown({ program, out }, built) {
    const watcher = watchRolldown({
      input: program,
      cwd: dirname(program),
      platform: 'browser',
      onwarn() {},
      plugins: [rolldownPlugin()],
      output: { format: 'es', file: join(out, 'main.js') },
    });
    watcher.on('event', async (event) => {
      if (event.code === 'BUNDLE_END') built();
      if ('result' in event) await event.result?.close();
    });
    return () => watcher.close();
  },
};
