/** Does what worker-build does after cargo: the same command of wasm-bindgen, into the same folder, and then our stand-in for esbuild. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type PanicMode = 'abort' | 'unwind';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const standIn = fileURLToPath(new URL('../bin/wasm-revive-esbuild.js', import.meta.url));

/** The arguments of esbuild in worker-build 0.8.7. */
const ESBUILD = ['--external:./index_bg.wasm', '--external:cloudflare:*', '--format=esm', '--bundle', './shim.js', '--outfile=index.js'];

/** A folder as it is when worker-build runs esbuild; `options` is the text of a `wasm-revive.workers.js`. */
export function stage(panic: PanicMode, options?: string): string {
  const crate = mkdtempSync(join(tmpdir(), 'wasm-revive-worker-'));
  const dir = join(crate, 'build/.tmp');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(crate, 'Cargo.toml'), '[package]\nname = "fixture"\n');
  if (options !== undefined) writeFileSync(join(crate, 'wasm-revive.workers.js'), options);
  const wasm = join(root, '.artifacts/worker-fixture', panic, 'wasm_revive_worker_fixture.wasm');
  const args = ['--no-typescript', '--target', 'module', '--out-name', 'index'];
  execFileSync(wasmBindgen(), [...args, '--experimental-reset-state-function', '--force-enable-abort-handler', '--out-dir', dir, wasm]);
  writeFileSync(join(dir, 'shim.js'), 'throw new Error("the shim of worker-build");\n');
  return dir;
}

/** Builds the fixture into a Worker; gives the folder that wrangler would upload. */
export function build(panic: PanicMode, options?: string): string {
  const dir = stage(panic, options);
  execFileSync(process.execPath, [standIn, ...ESBUILD, '--allow-overwrite'], { cwd: dir });
  // As worker-build does behind esbuild.
  const file = join(dir, 'index.js');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('import source ', 'import '));
  return dir;
}

function wasmBindgen(): string {
  const own = join(root, '.tools/bin/wasm-bindgen');
  try {
    execFileSync(own, ['--version']);
    return own;
  } catch {
    return 'wasm-bindgen';
  }
}
