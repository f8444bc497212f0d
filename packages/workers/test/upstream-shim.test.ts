/**
 * How worker-build's own shim decides whether an instance is lost, and what it leaves of one that was: on workerd. Each test fails the day upstream
 * mends it. docs/upstream/w06-how-the-shim-decides.md, docs/upstream/w04-memory-of-lost-instances.md
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWorker, canBuild, upstreamMainOf } from '@wasm-revive/worker-fixture';
import { Miniflare } from 'miniflare';
import { afterAll, describe, expect, test } from 'vitest';
import { withLookAtResults, withLostPromise } from './mended-shim.ts';
import { start } from './workerd.ts';

const running: Miniflare[] = [];
const scratch = mkdtempSync(join(tmpdir(), 'wasm-revive-upstream-'));
afterAll(async () => {
  for (const one of running) await one.dispose();
  rmSync(scratch, { recursive: true, force: true });
});

/** (module (func (export "trap") unreachable)) */
const TRAPS = new Uint8Array([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
  ...[7, 8, 1, 4, ...Buffer.from('trap'), 0, 0],
  ...[10, 5, 1, 3, 0, 0, 0x0b],
]);

/** What wasm-bindgen's output is to the shim: plain functions, which give promises where Rust has an `async fn`, and a reset. */
const GLUE = `
import own from './own.wasm';
import another from './another.wasm';
const trap = (module) => new WebAssembly.Instance(module).exports.trap();
const state = { criticalError: false, instanceId: 0 };
let resets = 0;
export function __worker_init_state() { return state; }
export function __wbg_reset_state() { resets++; }
export function fetch(request) {
  switch (new URL(request.url).pathname) {
    case '/aborts': return trap(own);
    case '/another-module-traps': return trap(another);
    case '/aborts-wrapped': try { return trap(own); } catch (cause) { throw new Error('wrapped', { cause }); }
    case '/aborts-later': return Promise.resolve().then(() => trap(own));
    default: return new Response(String(resets));
  }
}
`;

/** How often the instance was reset after a request. */
async function resetsAfter(path: string, mend: (shim: string) => string = (shim) => shim): Promise<number> {
  const miniflare = new Miniflare({
    compatibilityDate: '2026-01-01',
    modulesRoot: '/',
    modules: [
      { type: 'ESModule', path: '/shim.js', contents: mend(upstreamMainOf('abort', GLUE)) },
      { type: 'ESModule', path: '/index.js', contents: GLUE },
      { type: 'CompiledWasm', path: '/own.wasm', contents: TRAPS },
      { type: 'CompiledWasm', path: '/another.wasm', contents: TRAPS },
    ],
    handleRuntimeStdio: () => {},
  });
  running.push(miniflare);
  const get = async (at: string): Promise<string> => (await miniflare.dispatchFetch(`http://worker${at}`)).text();
  await get(path).catch(() => {});
  return Number(await get('/resets'));
}

describe.runIf(canBuild('upstream', 'abort'))('W6: the shim decides by class and by constructor', () => {
  test('it resets the instance after an abort of its own', async () => {
    expect(await resetsAfter('/aborts')).toBe(1);
  });

  test('it resets an instance that is well, when another module traps', async () => {
    expect(await resetsAfter('/another-module-traps')).toBe(1);
  });

  test('it keeps an instance that is lost, when JavaScript in between has wrapped the trap', async () => {
    expect(await resetsAfter('/aborts-wrapped')).toBe(0);
  });

  test('it keeps an instance that is lost, when the promise of an asynchronous function says so', async () => {
    expect(await resetsAfter('/aborts-later')).toBe(0);
  });

  test('with the mend that the page proposes, it looks at what a call returns', async () => {
    expect(await resetsAfter('/aborts-later', withLookAtResults)).toBe(1);
    expect(await resetsAfter('/aborts', withLookAtResults)).toBe(1);
    expect(await resetsAfter('/resets', withLookAtResults)).toBe(0);
  });
});

describe.runIf(canBuild('upstream', 'abort'))('W1: an abort in a Durable Object, with the mend that the page proposes', () => {
  test('its caller gets an answer, and so does who waits for another object', async () => {
    const worker = await start(buildWorker(scratch, 'upstream', 'abort', { mend: withLostPromise }));
    running.push(worker.miniflare);
    await worker.get('/object/a/inc');
    await worker.get('/object/b/inc');
    const other = worker.get('/object/b/wait-20000');
    await worker.untilWaiting(1, 'b');
    expect((await worker.get('/object/a/abort')).status).toBe(500);
    expect((await other).status).toBe(500);
    expect((await worker.get('/object/b/inc')).status).toBe(200);
  });
});

/** How much memory workerd has, in MiB: that of the process that this one has started. Linux says so. */
function memoryOfWorkerd(): number {
  const children = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && isWorkerdOfOurs(pid));
  return children.reduce((sum, pid) => sum + Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024, 0);
}

function isWorkerdOfOurs(pid: string): boolean {
  const status = read(`/proc/${pid}/status`);
  return /^Name:\s+workerd$/m.test(status) && new RegExp(`^PPid:\\s+${process.pid}$`, 'm').test(status);
}

/** Empty where the process has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** What a call of the fixture writes to before it aborts, in MiB. */
const TOUCHED = 32;

const ABORTS = 24;

describe.runIf(canBuild('upstream', 'abort') && existsSync('/proc/self/status'))('W4: memories of lost instances pile up', () => {
  test.each(['upstream', 'fresh'] as const)('%s', async (kind) => {
    for (const one of running.splice(0)) await one.dispose();
    const worker = await start(buildWorker(scratch, kind, 'abort'));
    running.push(worker.miniflare);
    await worker.get('/inc');
    const before = memoryOfWorkerd();
    let most = 0;
    for (let aborts = 0; aborts < ABORTS; aborts++) {
      await worker.get('/touch/abort');
      most = Math.max(most, memoryOfWorkerd() - before);
    }
    // Upstream keeps all of them, ours fewer than five.
    const kept = most / TOUCHED;
    if (kind === 'upstream') expect(kept).toBeGreaterThan((ABORTS * 2) / 3);
    else expect(kept).toBeLessThan(8);
  });
});
