/** Does what worker-build 0.8.7 does after cargo: the same command of wasm-bindgen, into the same folder, and then our stand-in for esbuild. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export type PanicMode = 'abort' | 'unwind';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const standIn = fileURLToPath(new URL('../bin/wasm-revive-esbuild.js', import.meta.url));

/** The arguments of esbuild. */
const ESBUILD = ['--external:./index_bg.wasm', '--external:cloudflare:*', '--format=esm', '--bundle', './shim.js', '--outfile=index.js'];

/** The same with `--no-panic-recovery` or CUSTOM_SHIM. */
export const LEGACY_ESBUILD: readonly string[] = [
  '--external:./index.wasm',
  '--external:cloudflare:*',
  '--format=esm',
  '--bundle',
  './shim.js',
  '--outfile=shim.mjs',
];

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-worker-'));
  folders.push(folder);
  return folder;
}

/** A folder as it is when worker-build runs esbuild; `options` is the text of a `wasm-revive.workers.js`. */
export function stage(panic: PanicMode, options?: string): string {
  const dir = crateWith(options);
  bindgen(panic, dir, ['--target', 'module', '--experimental-reset-state-function', '--force-enable-abort-handler']);
  writeFileSync(join(dir, 'shim.js'), 'throw new Error("the shim of worker-build");\n');
  return dir;
}

/** The same with `--no-panic-recovery`, or CUSTOM_SHIM where `shim` is given. */
export function stageLegacy(panic: PanicMode, shim = 'throw new Error("the shim of worker-build");\n'): string {
  const parent = crateWith();
  const dir = join(parent, 'worker');
  mkdirSync(dir);
  bindgen(panic, parent, ['--target', 'bundler']);
  renameSync(join(parent, 'index_bg.js'), join(dir, 'index_bg.js'));
  renameSync(join(parent, 'index_bg.wasm'), join(dir, 'index.wasm'));
  renameSync(join(parent, 'snippets'), join(dir, 'snippets'));
  writeFileSync(join(dir, 'shim.js'), shim);
  return dir;
}

/** The fixture for Node.js, not transformed. */
export function nodePackage(panic: PanicMode): string {
  const dir = newFolder();
  bindgen(panic, dir, ['--target', 'nodejs']);
  return dir;
}

/** A Node.js that runs the Worker's exception handling, in the encoding exnref. */
export const NODE_WITH_EXNREF: string = join(root, '.tools/node-24/bin/node');

/** Runs the stand-in as worker-build does. @param alone without worker-build's own arguments @param node which Node.js runs it */
export function run(
  dir: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
  alone = args.includes('--bundle'),
  node: string = process.execPath,
): { status: number | null; stdout: string; stderr: string } {
  const all = alone ? args : [...ESBUILD, '--allow-overwrite', ...args];
  return spawnSync(node, [standIn, ...all], { cwd: dir, env: { ...process.env, ...env }, encoding: 'utf8' });
}

/** Builds the fixture into a Worker; gives the folder that wrangler would upload. @param env of the build */
export function build(panic: PanicMode, options?: string, env: Record<string, string> = {}): string {
  const { WASM_REVIVE_WORKER_BUILD: workerBuild } = process.env;
  if (workerBuild !== undefined && options === undefined) return buildByWorkerBuild(workerBuild, panic, standIn, env);
  const dir = stage(panic, options);
  const { status, stderr } = run(dir, [], env);
  if (status !== 0) throw new Error(stderr);
  // As worker-build does behind esbuild.
  const file = join(dir, 'index.js');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('import source ', 'import '));
  return dir;
}

/** The same by the real worker-build, in the toolchain that can build std. @param esbuild the real one: with upstream's shim */
export function buildByWorkerBuild(command: string, panic: PanicMode, esbuild = standIn, own: Record<string, string> = {}): string {
  const out = newFolder();
  const env = {
    RUSTUP_TOOLCHAIN: 'nightly',
    CARGO_TARGET_DIR: join(root, 'target/worker-build'),
    WASM_BINDGEN_BIN: wasmBindgen(),
    ...process.env,
    ...own,
    ESBUILD_BIN: esbuild,
  };
  execFileSync(command, ['--release', '--out-dir', out, ...(panic === 'unwind' ? ['--panic-unwind'] : [])], {
    cwd: join(root, 'crates/worker-fixture'),
    env,
  });
  return out;
}

function crateWith(options?: string): string {
  const crate = newFolder();
  const dir = join(crate, 'build/.tmp');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(crate, 'Cargo.toml'), '[package]\nname = "fixture"\n');
  if (options !== undefined) writeFileSync(join(crate, 'wasm-revive.workers.js'), options);
  return dir;
}

function bindgen(panic: PanicMode, dir: string, args: readonly string[]): void {
  const wasm = join(root, '.artifacts/worker-fixture', panic, 'wasm_revive_worker_fixture.wasm');
  execFileSync(wasmBindgen(), ['--no-typescript', '--out-name', 'index', ...args, '--out-dir', dir, wasm]);
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
