/** Makes a Worker without worker-build: of what `wasm-bindgen --target module --out-name index` has written. */
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Assembled, assemble } from './assemble.js';
import { bundleQuietly } from './esbuild.js';

/** Options of {@link makeWorker}. */
export interface MakeWorkerOptions {
  /** wasm-bindgen's output. It is transformed where it is. */
  readonly dir: string;
  /** The folder that wrangler takes: `index.js`, `index_bg.wasm`. */
  readonly outDir: string;
  /** The crate's folder. */
  readonly project: string;
  readonly recovery: 'fresh' | 'rollback';
  /** With `rollback`, how the state is kept that a turn is undone to. Default: `log`. */
  readonly commit?: 'log' | 'copy';
  /** Whether the start function runs once, now. Default: false. */
  readonly prewarm?: boolean;
  readonly minify: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/** Bytes of a file, as it is and compressed by gzip. */
export interface Bytes {
  readonly bytes: number;
  readonly gzip: number;
}

/** A Worker that was made. */
export interface MadeWorker extends Assembled {
  /** The same bundle without recovery: its files' sizes, by name. */
  readonly before: ReadonlyMap<string, Bytes>;
}

const MAIN = 'index.js';
const WASM = 'index_bg.wasm';
const BUNDLE = 'bundle.js';

/** Where worker-build before 0.8 had the main module, as a `wrangler.toml` may still say. */
const FORMER = "// wrangler.toml can name ../index.js itself.\nexport * from '../index.js';\nexport { default } from '../index.js';\n";

/** @throws WorkersBuildError, and TransformError of `@wasm-revive/bindgen` */
export function makeWorker({
  dir,
  outDir,
  project,
  recovery,
  commit = 'log',
  prewarm = false,
  minify,
  env = process.env,
}: MakeWorkerOptions): MadeWorker {
  const bundle = (main: string, own: readonly string[] = []): void => {
    const args = ['--bundle', main, ...own, '--format=esm', `--external:./${WASM}`, '--external:cloudflare:*', `--outfile=${BUNDLE}`];
    bundleQuietly(dir, minify ? [...args, '--minify'] : args, env);
  };
  bundle(`./${MAIN}`);
  const before = new Map([MAIN, WASM].map((file) => [file, bytesOf(join(dir, file === MAIN ? BUNDLE : file))]));
  // Else it would be taken for glue that is left as it is.
  rmSync(join(dir, BUNDLE));
  const assembled = assemble(dir, { recovery, commit, prewarm, project, runToCompletion: env.RUN_TO_COMPLETION !== undefined });
  bundle('./shim.js', assembled.args);
  // Note: esbuild keeps `import source`, which wrangler doesn't read. It gives the compiled module either way.
  const code = readFileSync(join(dir, BUNDLE), 'utf8').replaceAll(/\bimport source (?=[\w$]+ from\s*"\.\/index_bg\.wasm")/g, 'import ');
  writeFileSync(join(dir, BUNDLE), code);
  mkdirSync(join(outDir, 'worker'), { recursive: true });
  // In this order, so that the main module is there only with its wasm file.
  copyFileSync(join(dir, WASM), join(outDir, `${WASM}.new`));
  renameSync(join(outDir, `${WASM}.new`), join(outDir, WASM));
  writeFileSync(join(outDir, 'worker/shim.mjs'), FORMER);
  copyFileSync(join(dir, BUNDLE), join(outDir, `${MAIN}.new`));
  renameSync(join(outDir, `${MAIN}.new`), join(outDir, MAIN));
  return { ...assembled, before };
}

function bytesOf(file: string): Bytes {
  return { bytes: statSync(file).size, gzip: gzipSync(readFileSync(file), { level: 9 }).length };
}
