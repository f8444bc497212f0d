/** Makes Workers of `crates/worker-fixture`. All are of one wasm file; they differ in what is done behind cargo. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { plainMain, upstreamMain, upstreamShim } from './main-modules.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const STAND_IN = fileURLToPath(new URL('../../workers/bin/wasm-revive-esbuild.js', import.meta.url));

/** How Rust was compiled. */
export type PanicMode = 'abort' | 'unwind';

/**
 * Whose recovery a Worker has. `plain`: nobody's, wasm-bindgen's output as it is. `upstream`: that of worker-build's own shim. `fresh`, `rollback`:
 * this project's, by what is done after an abort. Note: who asks for these depends on `@wasm-revive/workers`, which makes them. This package doesn't,
 * so that the tests of that one can use it, too.
 */
export type WorkerKind = 'plain' | 'upstream' | 'fresh' | 'rollback';

/** Options of {@link buildWorker}. */
export interface BuildOptions {
  /** The text of a `wasm-revive.workers.js`, for the kinds that read one. */
  readonly options?: string;
  /** Changes upstream's shim, for the kind that has it. */
  readonly mend?: (shim: string) => string;
}

/** What worker-build gives esbuild. */
const BUNDLE = ['--external:./index_bg.wasm', '--external:cloudflare:*', '--format=esm', '--bundle', './shim.js', '--outfile=index.js'];

/** Whether everything is on this machine that a kind is made of: upstream's shim need not be. */
export function canBuild(kind: WorkerKind, panic: PanicMode): boolean {
  return kind !== 'upstream' || existsSync(upstreamShim(ROOT, panic));
}

/**
 * Does what worker-build does behind cargo: the same command of wasm-bindgen, into the same folder, and then esbuild.
 *
 * @param scratch a folder in which one is made for this Worker
 * @returns the folder that would be uploaded
 * @throws Error where the fixture has not been built, or a command fails
 */
export function buildWorker(scratch: string, kind: WorkerKind, panic: PanicMode, { options, mend }: BuildOptions = {}): string {
  const wasm = path.join(ROOT, '.artifacts/worker-fixture', panic, 'wasm_revive_worker_fixture.wasm');
  if (!existsSync(wasm)) throw new Error(`${wasm} is missing. \`npm run setup\` at the top of the repository builds it.`);
  const crate = path.join(scratch, `worker-${kind}-${panic}`);
  const dir = path.join(crate, 'build/.tmp');
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(crate, 'Cargo.toml'), '[package]\nname = "fixture"\n');
  if (options !== undefined) writeFileSync(path.join(crate, 'wasm-revive.workers.js'), options);
  const recovers = kind === 'plain' ? [] : ['--experimental-reset-state-function', '--force-enable-abort-handler'];
  const bindgen = ['--no-typescript', '--out-name', 'index', '--target', 'module', ...recovers, '--out-dir', dir, wasm];
  execFileSync(wasmBindgen(), bindgen, { stdio: 'pipe' });
  const index = path.join(dir, 'index.js');
  const glue = readFileSync(index, 'utf8');
  writeFileSync(path.join(dir, 'shim.js'), mainModule(kind, panic, glue, mend));
  const isOurs = kind === 'fresh' || kind === 'rollback';
  const esbuild = isOurs ? STAND_IN : createRequire(import.meta.url).resolve('esbuild/bin/esbuild');
  execFileSync(esbuild, [...BUNDLE, '--allow-overwrite'], {
    cwd: dir,
    env: { ...process.env, WASM_REVIVE_RECOVERY: kind === 'rollback' ? 'rollback' : 'fresh' },
    stdio: 'pipe',
  });
  // As worker-build does behind esbuild.
  writeFileSync(index, readFileSync(index, 'utf8').replaceAll('import source ', 'import '));
  return dir;
}

/** The main module that worker-build makes of its own shim. @param glue wasm-bindgen's output */
export function upstreamMainOf(panic: PanicMode, glue: string): string {
  return upstreamMain(readFileSync(upstreamShim(ROOT, panic), 'utf8'), glue);
}

function mainModule(kind: WorkerKind, panic: PanicMode, glue: string, mend: BuildOptions['mend'] = (shim) => shim): string {
  switch (kind) {
    case 'plain':
      return plainMain(glue);
    case 'upstream':
      return mend(upstreamMainOf(panic, glue));
    default:
      // The stand-in for esbuild writes one.
      return '';
  }
}

function wasmBindgen(): string {
  const own = path.join(ROOT, '.tools/bin/wasm-bindgen');
  return existsSync(own) ? own : 'wasm-bindgen';
}
