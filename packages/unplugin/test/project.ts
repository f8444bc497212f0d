import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import { afterEach } from 'vitest';
import webpack from 'webpack';
import { wasmRevive as esbuildPlugin } from '../src/esbuild.js';
import { type Options, wasmRevive as rollupPlugin } from '../src/rollup.js';
import { wasmRevive as webpackPlugin } from '../src/webpack.js';

/** The files of the fixtures. */
export const [GLUE, WASM] = ['wasm_revive_fixtures.js', 'wasm_revive_fixtures_bg.wasm'];

const folders: string[] = [];
afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** What wasm-bindgen made of the fixtures. */
export function upstream(target: 'web' | 'bundler' | 'nodejs', panic: 'abort' | 'unwind' = 'abort'): string {
  const dir = fileURLToPath(new URL(`../../../.artifacts/fixtures/${panic}/${target}`, import.meta.url));
  if (!existsSync(dir)) throw new Error(`The fixtures have not been built: ${dir} is missing. Run \`npm run setup\` first.`);
  return dir;
}

/** A folder with a program, `program.js`, and with packages. It is taken away after the test. */
export function project(packages: Readonly<Record<string, string>>, program = `export * as pkg from './pkg/${GLUE}';`): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'wasm-revive-unplugin-')));
  folders.push(dir);
  write(dir, 'package.json', '{ "type": "module" }');
  write(dir, 'program.js', program);
  for (const [to, from] of Object.entries(packages)) cpSync(from, join(dir, to), { recursive: true });
  return dir;
}

export function write(dir: string, file: string, text: string | Uint8Array): void {
  mkdirSync(dirname(join(dir, file)), { recursive: true });
  writeFileSync(join(dir, file), text);
}

/** What a bundler made of the program, and said. */
export interface Bundled {
  readonly code: string;
  readonly wasm: readonly Uint8Array[];
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

/** Three bundlers, each of which says by means of its own what goes wrong. The runtime stays outside. */
export const BUNDLERS: Readonly<Record<string, (dir: string, options: Options) => Promise<Bundled>>> = {
  rollup: withRollup,
  esbuild: withEsbuild,
  webpack: withWebpack,
};

const external = ['wasm-revive/runtime'];

export async function withRollup(dir: string, options: Options = {}): Promise<Bundled> {
  const warnings: string[] = [];
  try {
    const bundle = await rollup({
      input: join(dir, 'program.js'),
      // Rollup asks no plugin for it then.
      external: options.runtime === undefined ? external : [],
      onwarn: ({ message }) => warnings.push(message),
      plugins: [rollupPlugin({ root: dir, ...options })],
    });
    const { output } = await bundle.generate({ format: 'es' });
    const wasm = output.flatMap((file) => (file.type === 'asset' ? [file.source as Uint8Array] : []));
    return { code: output[0].code, wasm, warnings, errors: [] };
  } catch (error) {
    return { code: '', wasm: [], warnings, errors: [String(error)] };
  }
}

export async function withEsbuild(dir: string, options: Options = {}): Promise<Bundled> {
  const texts = (list: readonly esbuild.Message[]): string[] =>
    list.map(({ text }) => text).filter((text) => !text.startsWith('Duplicate key'));
  try {
    const { outputFiles, warnings } = await esbuild.build({
      entryPoints: [join(dir, 'program.js')],
      absWorkingDir: dir,
      bundle: true,
      format: 'esm',
      outdir: join(dir, 'out'),
      external,
      write: false,
      logLevel: 'silent',
      plugins: [esbuildPlugin(options)],
    });
    const code = outputFiles.find(({ path }) => path.endsWith('.js'))?.text ?? '';
    return {
      code,
      wasm: outputFiles.filter(({ path }) => path.endsWith('.wasm')).map(({ contents }) => contents),
      warnings: texts(warnings),
      errors: [],
    };
  } catch (error) {
    const { warnings, errors } = error as esbuild.BuildFailure;
    return { code: '', wasm: [], warnings: texts(warnings), errors: texts(errors) };
  }
}

export function withWebpack(dir: string, options: Options = {}, own: webpack.Configuration = {}): Promise<Bundled> {
  const out = join(dir, 'out');
  const configuration: webpack.Configuration = {
    mode: 'development',
    devtool: false,
    context: dir,
    entry: join(dir, 'program.js'),
    output: { path: out, filename: 'main.js', module: true, library: { type: 'module' } },
    externals: { 'wasm-revive/runtime': 'module wasm-revive/runtime' },
    plugins: [webpackPlugin(options)],
    ...own,
    experiments: { outputModule: true, ...own.experiments },
  };
  return new Promise((resolve) => {
    webpack(configuration, (error, stats) => {
      if (error) return resolve({ code: '', wasm: [], warnings: [], errors: [error.message] });
      const { warnings = [], errors = [] } = stats?.toJson({ all: false, warnings: true, errors: true }) ?? {};
      const files = existsSync(out) ? readdirSync(out) : [];
      resolve({
        code: files.includes('main.js') ? readFileSync(join(out, 'main.js'), 'utf8') : '',
        wasm: files.filter((file) => file.endsWith('.wasm')).map((file) => readFileSync(join(out, file))),
        warnings: warnings.map(({ message }) => message),
        errors: errors.map(({ message }) => message),
      });
    });
  });
}
