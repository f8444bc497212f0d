/** Workers without this project's recovery, on the real workerd: they serve, and that they fail is what the others are compared with. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';
import { afterAll, describe, expect, test } from 'vitest';
import { buildWorker, canBuild, workerOptions } from '../src/index.ts';

const scratch = mkdtempSync(join(tmpdir(), 'wasm-revive-worker-fixture-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const ALL = (['plain', 'upstream'] as const).flatMap((kind) => (['abort', 'unwind'] as const).map((panic) => ({ kind, panic })));

/** What an object that has counted once answers to the next count, after another request has aborted. */
const AFTER_AN_ABORT = {
  // The same instance goes on, whatever the abort has left of it.
  'plain abort': /"count":2,"rows":2/,
  // Glue with unwinding refuses an instance that has aborted.
  'plain unwind': /^INTERNAL SERVER ERROR/,
  'upstream abort': /"count":1,"rows":2/,
  'upstream unwind': /"count":1,"rows":2/,
};

describe.each(ALL)('$kind, panic=$panic', ({ kind, panic }) => {
  test.runIf(canBuild(kind, panic))('serves requests and Durable Objects; what an abort costs is as it was', async () => {
    const miniflare = new Miniflare({ ...workerOptions(buildWorker(scratch, kind, panic)), handleRuntimeStdio: () => undefined });
    try {
      const url = await miniflare.ready;
      const get = async (path: string): Promise<string> => (await fetch(new URL(path, url))).text();
      expect(await get('/inc')).toBe('1');
      expect(await get('/kept/a/inc')).toMatch(/"count":1,"rows":1/);
      await get('/abort');
      expect(await get('/kept/a/inc')).toMatch(AFTER_AN_ABORT[`${kind} ${panic}`]);
    } finally {
      await miniflare.dispose();
    }
  });
});
