/**
 * What worker-build's own shim does with the same Worker on the same workerd, beside ours. Each test fails the day upstream mends it. By the real
 * worker-build where WASM_REVIVE_WORKER_BUILD names it; else of its shim, where the set-up could get that.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWorker, canBuild } from '@wasm-revive/worker-fixture';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build, buildByWorkerBuild } from './build-worker.ts';
import { type Answer, type Running, start } from './workerd.ts';

const { WASM_REVIVE_WORKER_BUILD: workerBuild } = process.env;
const scratch = mkdtempSync(join(tmpdir(), 'wasm-revive-upstream-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function buildUpstream(): string {
  if (workerBuild === undefined) return buildWorker(scratch, 'upstream', 'abort');
  return buildByWorkerBuild(workerBuild, 'abort', createRequire(import.meta.url).resolve('esbuild/bin/esbuild'));
}

describe.runIf(workerBuild !== undefined || canBuild('upstream', 'abort')).each(['upstream', 'ours'])('panic=abort, %s', (whose) => {
  const isOurs = whose === 'ours';
  let worker: Running;
  /** What a request gets; `no answer` in 5 seconds. */
  const get = async (path: string): Promise<Answer> => {
    try {
      return await worker.get(path, { signal: AbortSignal.timeout(5000) });
    } catch {
      return { text: 'no answer', status: 0 };
    }
  };

  beforeAll(async () => {
    worker = await start(isOurs ? build('abort') : buildUpstream());
  });
  afterAll(() => worker.miniflare.dispose());

  test('W1: an abort in an object leaves its caller, and calls on other objects, without an answer', async () => {
    await get('/object/a/inc');
    await get('/object/b/inc');
    const other = get('/object/b/wait-500');
    await worker.untilWaiting(1, 'b');
    const { status } = await get('/object/a/abort');
    expect(status).toBe(isOurs ? 500 : 0);
    expect((await other).status).toBe(isOurs ? 200 : 0);
  });

  test('W2: an abort anywhere costs every object its memory', async () => {
    await get('/object/c/inc');
    await get('/object/c/inc');
    await get('/abort');
    expect((await get('/object/c/inc')).text).toContain(isOurs ? '"count":3' : '"count":1');
  });

  test('W3: an abort costs all requests in flight, and each hears when its own timer fires', async () => {
    let answered = 0;
    const others = Array.from({ length: 24 }, () => get('/wait-2000').finally(() => answered++));
    await worker.untilWaiting(24);
    await get('/abort');
    // Of the fresh instance: its timer is due before those of the lost one.
    await get('/wait-200');
    expect(answered).toBe(0);
    const served = (await Promise.all(others)).filter(({ status }) => status === 200);
    expect(served).toHaveLength(isOurs ? 24 : 0);
  });

  test('W5: what is logged of an abort has no place in Rust', async () => {
    const before = worker.logged.length;
    await get('/abort');
    // Long after a line would have arrived.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(worker.logged.length - before).toBe(isOurs ? 1 : 0);
  });
});
