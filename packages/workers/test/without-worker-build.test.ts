/** `wasm-revive build --target workers`: a Worker without worker-build, which wrangler takes and workerd runs. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wasmToolchain } from '../../../scripts/lib/wasm-toolchain.mjs';
import { type Running, start } from './workerd.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CLI = join(ROOT, 'packages/wasm-revive/bin/wasm-revive.js');
const WRANGLER = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js');
const WRANGLER_ENV = { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: '1' };

const CONFIGURATION = `
  name = "fixture"
  main = "build/index.js"
  compatibility_date = "2026-04-01"
  [durable_objects]
  bindings = [{ name = "COUNTER", class_name = "Counter" }]
  [[migrations]]
  tag = "v1"
  new_sqlite_classes = ["Counter"]`;

const folders: string[] = [];
const running: Running[] = [];
afterAll(async () => {
  await Promise.all(running.map(({ miniflare }) => miniflare.dispose()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The fixture as a crate of its own. What is built here is built otherwise (`WASM_BINDGEN_USE_JS_SYS`), and cargo would take it for the fixture. */
function crate(): string {
  const dir = mkdtempSync(join(tmpdir(), 'wasm-revive-crate-'));
  folders.push(dir);
  cpSync(join(ROOT, 'crates/worker-fixture'), dir, { recursive: true });
  cpSync(join(ROOT, 'Cargo.lock'), join(dir, 'Cargo.lock'));
  const manifest = readFileSync(join(dir, 'Cargo.toml'), 'utf8')
    .replace('name = "wasm-revive-worker-fixture"', 'name = "worker-without-worker-build"\nversion = "0.1.0"\nedition = "2021"')
    .replaceAll(/^\w+\.workspace = true\n/gm, '')
    .replaceAll('"../', `"${join(ROOT, 'crates')}/`);
  writeFileSync(join(dir, 'Cargo.toml'), manifest);
  return dir;
}

/** Builds it into a project of wrangler's, in the toolchain of the other tests, so that only the fixture itself is compiled. */
function project(panic: 'abort' | 'unwind', ...flags: string[]): { dir: string; stdout: string } {
  const dir = mkdtempSync(join(tmpdir(), 'wasm-revive-worker-'));
  folders.push(dir);
  const toolchain = wasmToolchain();
  const env = toolchain.env(panic);
  const std = toolchain.buildStdArgs(panic).filter((arg) => arg.startsWith('-Z') && panic === 'abort');
  const args = ['build', crate(), '--target', 'workers', '--panic', panic, '--out-dir', join(dir, 'build'), ...flags];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [CLI, ...args, '--', '--offline', ...std, '--target-dir', join(ROOT, `target/wasm-${panic}`)],
    { env: { ...env, CARGO: toolchain.cargo, PATH: [join(ROOT, '.tools/bin'), env.PATH].join(delimiter) }, encoding: 'utf8' },
  );
  // The crate's start function counts the instances for worker-build's shim.
  const counts = /^Warning: The start function of index called JavaScript \(instanceId, set_instanceId\) .*\n$/;
  expect({ status, stderr }).toEqual({ status: 0, stderr: flags.includes('--prewarm') ? expect.stringMatching(counts) : '' });
  writeFileSync(join(dir, 'wrangler.toml'), CONFIGURATION);
  return { dir, stdout };
}

async function started(dir: string): Promise<Running> {
  const worker = await start(join(dir, 'build'));
  running.push(worker);
  return worker;
}

describe('a Worker that was built without worker-build', () => {
  let dir: string;
  let stdout: string;
  // The fixture is compiled.
  beforeAll(() => {
    ({ dir, stdout } = project('abort'));
  }, 300_000);

  test('recovers on workerd, an object alone, and keeps what it has stored', async () => {
    const worker = await started(dir);
    expect(await worker.get('/inc')).toEqual({ status: 200, text: '1' });
    expect((await worker.get('/object/a/inc')).text).toContain('"count":1');
    expect((await worker.get('/abort')).status).toBe(500);
    expect(await worker.get('/inc')).toEqual({ status: 200, text: '1' });
    expect((await worker.get('/object/a/inc')).text).toContain('"count":2');
    expect((await worker.get('/object/a/abort')).status).toBe(500);
    expect((await worker.get('/object/a/inc')).text).toContain('"count":1,"stored":3');
  });

  test('is two files, and one where worker-build had the main module before', () => {
    expect(readdirSync(join(dir, 'build'), { recursive: true }).sort()).toEqual(['index.js', 'index_bg.wasm', 'worker', 'worker/shim.mjs']);
    expect(readdirSync(dir).sort()).toEqual(['build', 'wrangler.toml']);
    const code = readFileSync(join(dir, 'build/index.js'), 'utf8');
    expect(code).not.toContain('import source');
  });

  test('says what it exports, and what recovery adds', () => {
    expect(stdout).toContain('functions add, failLater, fetch, queue, scheduled; classes Admin, Counter, Flow, Kept, Ledger, Loaded');
    expect(stdout).toMatch(/^index\.js +[\d.]+ KiB \(gzip [\d.]+\) +[\d.]+ KiB \(gzip [\d.]+\)$/m);
  });

  test('is taken by wrangler deploy --dry-run', () => {
    const { status, stdout: said } = spawnSync(process.execPath, [WRANGLER, 'deploy', '--dry-run'], {
      cwd: dir,
      env: WRANGLER_ENV,
      encoding: 'utf8',
    });
    expect(said).toMatch(/env\.COUNTER \(Counter\) +Durable Object[\s\S]*--dry-run: exiting now\./);
    expect(status).toBe(0);
  });

  test('is served by wrangler dev', async () => {
    const dev = spawn(process.execPath, [WRANGLER, 'dev', '--port', '0', '--show-interactive-dev-session=false'], {
      cwd: dir,
      env: WRANGLER_ENV,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((done) => dev.on('close', done));
    try {
      const url = await urlOf(createInterface({ input: dev.stdout }));
      const get = async (path: string): Promise<Response> => fetch(new URL(path, url));
      expect(await (await get('/inc')).text()).toBe('1');
      expect((await get('/abort')).status).toBe(500);
      expect(await (await get('/inc')).text()).toBe('1');
    } finally {
      dev.kill();
      await ended;
    }
  }, 60_000);
});

test('rollback keeps the memory of a Worker that was built for it', { timeout: 300_000 }, async () => {
  const worker = await started(project('abort', '--recovery', 'rollback').dir);
  await worker.get('/inc');
  expect((await worker.get('/abort')).status).toBe(500);
  expect(await worker.get('/inc')).toEqual({ status: 200, text: '2' });
});

test('copies keep the memory of a Worker, which begins where its start function ends', { timeout: 300_000 }, async () => {
  const { dir, stdout } = project('abort', '--recovery', 'rollback', '--commit', 'copy', '--prewarm');
  expect(stdout).toContain('Worker written to');
  const worker = await started(dir);
  await worker.get('/inc');
  expect((await worker.get('/abort')).status).toBe(500);
  expect(await worker.get('/inc')).toEqual({ status: 200, text: '2' });
  await worker.get('/object/a/inc');
  expect((await worker.get('/object/a/abort')).status).toBe(500);
  expect((await worker.get('/object/a/inc')).text).toContain('"count":2');
});

test('a panic keeps the memory of a Worker under panic=unwind', { timeout: 300_000 }, async () => {
  const worker = await started(project('unwind').dir);
  await worker.get('/inc');
  expect((await worker.get('/panic')).status).toBe(500);
  expect(await worker.get('/inc')).toEqual({ status: 200, text: '2' });
});

async function urlOf(lines: AsyncIterable<string>): Promise<string> {
  const said: string[] = [];
  for await (const line of lines) {
    said.push(line);
    const url = /Ready on (http:\S+)/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`wrangler dev has ended: ${said.join('\n')}`);
}
