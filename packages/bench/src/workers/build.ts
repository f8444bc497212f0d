/** Makes Workers of `crates/worker-fixture`: ours as the build of `@wasm-revive/workers` does, upstream's by worker-build itself. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PanicMode } from '../variants.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const ESBUILD = fileURLToPath(new URL('../../workers/bin/wasm-revive-esbuild.js', import.meta.url));

/** `rollback` and `fresh`: this package's, by what is done after an abort. `upstream`: worker-build's own shim. */
export type WorkerKind = 'rollback' | 'fresh' | 'upstream';

/** worker-build 0.8.7, where the environment names one: to install it takes minutes. */
export const { WASM_REVIVE_WORKER_BUILD: WORKER_BUILD } = process.env;

/** Gives the folder that would be uploaded. */
export function buildWorker(scratch: string, kind: WorkerKind, panic: PanicMode): string {
  return kind === 'upstream' ? byWorkerBuild(scratch, panic) : byHand(scratch, kind, panic);
}

/** What worker-build does after cargo. */
function byHand(scratch: string, kind: 'rollback' | 'fresh', panic: PanicMode): string {
  const wasm = path.join(ROOT, '.artifacts/worker-fixture', panic, 'wasm_revive_worker_fixture.wasm');
  if (!existsSync(wasm)) throw new Error(`${wasm} is missing. \`npm run bench\` at the top of the repository builds it.`);
  const crate = path.join(scratch, `worker-${kind}-${panic}`);
  const dir = path.join(crate, 'build/.tmp');
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(crate, 'Cargo.toml'), '[package]\nname = "fixture"\n');
  const bindgen = ['--no-typescript', '--out-name', 'index', '--target', 'module', '--experimental-reset-state-function'];
  execFileSync(wasmBindgen(), [...bindgen, '--force-enable-abort-handler', '--out-dir', dir, wasm]);
  writeFileSync(path.join(dir, 'shim.js'), '');
  const esbuild = ['--external:./index_bg.wasm', '--external:cloudflare:*', '--format=esm', '--bundle', './shim.js'];
  execFileSync(process.execPath, [ESBUILD, ...esbuild, '--outfile=index.js', '--allow-overwrite'], {
    cwd: dir,
    env: { ...process.env, ...(kind === 'rollback' && { WASM_REVIVE_RECOVERY: 'rollback' }) },
    stdio: 'pipe',
  });
  return dir;
}

function byWorkerBuild(scratch: string, panic: PanicMode): string {
  const out = path.join(scratch, `worker-upstream-${panic}`);
  const env = {
    RUSTUP_TOOLCHAIN: 'nightly',
    CARGO_TARGET_DIR: path.join(ROOT, 'target/worker-build'),
    WASM_BINDGEN_BIN: wasmBindgen(),
    ESBUILD_BIN: path.join(ROOT, 'node_modules/esbuild/bin/esbuild'),
    ...process.env,
  };
  const args = ['--release', '--out-dir', out, ...(panic === 'unwind' ? ['--panic-unwind'] : [])];
  execFileSync(WORKER_BUILD as string, args, { cwd: path.join(ROOT, 'crates/worker-fixture'), env, stdio: 'pipe' });
  return out;
}

function wasmBindgen(): string {
  const own = path.join(ROOT, '.tools/bin/wasm-bindgen');
  return existsSync(own) ? own : 'wasm-bindgen';
}
