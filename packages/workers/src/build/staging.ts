import { existsSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { WorkersBuildError } from './errors.js';

/** Where worker-build has put what wasm-bindgen made, in the folder in which it runs esbuild. */
export interface Staging {
  readonly dir: string;
  /** The files of the package by the names that wasm-bindgen gave them, and where they are. */
  readonly files: ReadonlyMap<string, string>;
  /** What the bundle imports as the module. */
  readonly wasm: string;
  /** Whether the shim is one of the program's (`CUSTOM_SHIM`), which is kept. */
  readonly hasOwnShim: boolean;
}

/**
 * Finds out what worker-build wants bundled.
 * @throws WorkersBuildError where that can't be transformed, or is not known
 */
export function readStaging(dir: string, args: readonly string[], env: NodeJS.ProcessEnv): Staging {
  if (args.some((arg) => arg === '--platform=node' || arg.startsWith('--external:node:'))) {
    throw new WorkersBuildError(
      'worker-build was run with --emscripten, whose glue is not wasm-bindgen’s alone. @wasm-revive/workers takes what worker-build makes for ' +
        'wasm32-unknown-unknown: leave --emscripten away, or leave ESBUILD_BIN away to build without recovery.',
    );
  }
  const at = (files: Record<string, string>): Map<string, string> =>
    new Map(Object.entries(files).map(([name, file]) => [name, join(dir, file)]));
  const layouts = [
    // `--target module`: by default.
    { files: at({ 'index.js': 'index.js', 'index_bg.wasm': 'index_bg.wasm' }), wasm: 'index_bg.wasm', hasOwnShim: false },
    // `--target bundler`: with `--no-panic-recovery` or CUSTOM_SHIM. worker-build has moved all but the entry into a folder below it.
    {
      files: at({ 'index.js': '../index.js', 'index_bg.js': 'index_bg.js', 'index_bg.wasm': 'index.wasm' }),
      wasm: 'index.wasm',
      hasOwnShim: env.CUSTOM_SHIM !== undefined,
    },
  ];
  const found = layouts.find(({ files }) => [...files.values()].every((file) => existsSync(file)));
  if (found === undefined || !existsSync(join(dir, 'shim.js'))) {
    throw new WorkersBuildError(
      `${dir} is not a folder in which worker-build bundles: shim.js was expected, with index.js and index_bg.wasm, or index_bg.js and index.wasm. ` +
        'This command stands in for esbuild in worker-build 0.8: `ESBUILD_BIN=… worker-build --release`.',
    );
  }
  return { dir, ...found };
}

/** The program's own options of `serve`, beside its Cargo.toml. */
export function findOptions(dir: string): string | undefined {
  const { root } = parse(dir);
  for (let at = dir; at !== root; at = dirname(at)) {
    if (!existsSync(join(at, 'Cargo.toml'))) continue;
    const file = join(at, 'wasm-revive.workers.js');
    return existsSync(file) ? file : undefined;
  }
  return undefined;
}
