/** Panics and aborts of a Worker on the real workerd, in both panic modes. The names in brackets are the invariants of docs/architecture.md. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build, type PanicMode } from './build-worker.ts';
import { type Running, start } from './workerd.ts';

/** Waits for longer than a test may take: a call that is lost on its way has its answer long before its own timer fires, or the test fails. */
const WAITS = '/wait-60000';

const MODES: readonly PanicMode[] = ['abort', 'unwind'];

describe.each(MODES)('a Worker built with panic=%s', (panic) => {
  let worker: Running;
  /** What an object says of itself. */
  const object = async (name: string, steps: string): Promise<{ count: number; stored: number; alarms: number; made: number }> => {
    const { status, text } = await worker.get(`/object/${name}/${steps}`);
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return JSON.parse(text);
  };
  const get = async (path: string, init?: RequestInit): Promise<string> => {
    const { status, text } = await worker.get(path, init);
    return `${status} ${text}`.trim();
  };

  beforeAll(async () => {
    worker = await start(build(panic));
  });
  afterAll(() => worker.miniflare.dispose());

  test('a panic fails its request, and keeps memory where it unwinds [I1, I7]', async () => {
    await get('/inc');
    const before = Number((await worker.get('/inc')).text);
    await object('panics', 'inc');
    for (let cycle = 1; cycle <= 3; cycle++) {
      expect(await get(cycle === 2 ? '/wait-5/panic' : '/panic')).toMatch(/^500 Internal Server Error \(error id [0-9a-f]{8}-\w+-\d+\)$/);
      expect(await get('/inc')).toBe(panic === 'unwind' ? `200 ${before + cycle}` : '200 1');
      expect(await get('/object/panics/panic')).toMatch(/^500/);
      expect(await object('panics', 'inc')).toMatchObject({ count: panic === 'unwind' ? cycle + 1 : 1, stored: cycle + 1 });
    }
  });

  test.each(['abort', 'wait-5/abort', 'memory', 'stack'])(
    'a fresh instance serves after /%s, as often as that happens [I1, I5]',
    async (how) => {
      for (let cycle = 1; cycle <= 3; cycle++) {
        await get('/inc');
        expect(await get(`/inc/${how}`)).toMatch(/^500 Internal Server Error/);
        expect(await get('/inc')).toBe('200 1');
      }
    },
  );

  test('an error that Rust gives back is no failure', async () => {
    expect(await get('/error')).toBe('500 INTERNAL SERVER ERROR');
    expect(await get('/wait-1')).toMatch(/^200/);
  });

  // Under panic=unwind it runs destructors of values that are not there yet, because the import is declared as one that doesn't unwind.
  test.runIf(panic === 'abort')('what JavaScript throws through Rust is reported as what was thrown [I1]', async () => {
    expect(await get('/throw')).toMatch(/^500/);
    expect((await worker.loggedSoFar()).at(-1)?.report.failure).toMatchObject({
      cause: 'foreign-exception',
      trap: { message: 'asked to throw' },
    });
  });

  test('of two objects of one class, one aborts 100 times, and the other keeps its memory [I2, I7]', async () => {
    await object('well', 'inc');
    const { made } = await object('well', 'wait-0');
    for (let cycle = 1; cycle <= 100; cycle++) {
      expect((await worker.get(`/object/ill/inc/${cycle % 2 === 0 ? 'abort' : 'wait-1/abort'}`)).status).toBe(500);
      expect(await object('ill', 'inc')).toMatchObject({ count: 1, stored: 2 * cycle });
      // workerd evicts what nobody has asked for ten seconds.
      await object('well', 'wait-0');
    }
    expect(await object('well', 'inc')).toMatchObject({ count: 2, made });
  });

  test('an abort among 25 requests in flight costs its own request; of the others, those that may run again are served, the rest hear at once [I1, I2, I5]', async () => {
    await get('/inc');
    const repeatable = Array.from({ length: 12 }, () => worker.get('/hold'));
    const others = Array.from({ length: 13 }, () => worker.get(WAITS, { method: 'POST', body: 'x' }));
    await worker.untilWaiting(25);
    const beforeTimer = await worker.startTimer();
    expect(await get('/abort')).toMatch(/^500 Internal Server Error/);
    for (const lost of await beforeTimer(others)) expect(lost.status).toBe(500);
    await worker.untilWaiting(12);
    await get('/release');
    for (const served of await Promise.all(repeatable)) expect(served).toEqual({ status: 200, text: '0' });
  });

  test('a request that aborts after it has waited is known among others, and is not run again [I1, I2]', async () => {
    const before = (await worker.loggedSoFar()).length;
    const others = Array.from({ length: 5 }, () => worker.get('/hold'));
    await worker.untilWaiting(5);
    expect((await worker.get('/wait-1/abort')).status).toBe(500);
    await worker.untilWaiting(5);
    await get('/release');
    for (const served of await Promise.all(others)) expect(served.status).toBe(200);
    // One line is that of what was aborted to see the lines before.
    expect((await worker.loggedSoFar()).length - before).toBe(2);
  });

  test('an abort in an object is answered while all else goes on, to a handler that waits for it too, and costs no other object a call [I1, I2, I5]', async () => {
    const [holds, fails] = [randomUUID(), randomUUID()];
    await object(holds, 'inc');
    await object(fails, 'inc');
    const holding = object(holds, 'hold/inc');
    const stateless = worker.get('/hold');
    await worker.untilWaiting(1, holds);
    await worker.untilWaiting(1);
    const beforeTimer = await worker.startTimer();
    const [failed] = await beforeTimer([worker.get(`/object/${fails}/wait-1/abort`)]);
    expect(failed?.status).toBe(500);
    await object(holds, 'release');
    expect(await holding).toMatchObject({ count: 2 });
    await get('/release');
    expect((await stateless).status).toBe(200);
  });

  test('under load, aborts cost no request but their own, and no acknowledged write [I2, I5]', async () => {
    let left = 600;
    const written = new Map<string, number>();
    const failed: string[] = [];
    const client = async (): Promise<void> => {
      for (let n = left--; n > 0; n = left--) {
        if (n % 30 === 0) await worker.get(n % 60 === 0 ? '/wait-2/abort' : '/abort');
        const name = `load-${n % 8}`;
        const { status, text } = await worker.get(n % 2 === 0 ? '/wait-2' : `/object/${name}/inc`);
        if (status !== 200) failed.push(text);
        else if (n % 2 === 1) written.set(name, (written.get(name) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 32 }, client));
    expect(failed).toEqual([]);
    for (const [name, count] of written) expect((await object(name, 'wait-0')).stored).toBeGreaterThanOrEqual(count);
  });

  test('calls in flight on an object that aborts hear at once [I5]', async () => {
    const busy = randomUUID();
    await object(busy, 'inc');
    const waiting = Array.from({ length: 5 }, () => worker.get(`/object/${busy}${WAITS}`));
    await worker.untilWaiting(5, busy);
    const beforeTimer = await worker.startTimer();
    await worker.get(`/object/${busy}/abort`);
    for (const lost of await beforeTimer(waiting)) expect(lost.status).toBe(500);
    expect(await object(busy, 'inc')).toMatchObject({ count: 1, stored: 2 });
  });

  test('workerd has nothing to warn of where calls are lost [I5]', async () => {
    const before = worker.warnings.length;
    for (const path of ['/wait-1/abort', '/abort']) {
      const others = Array.from({ length: 3 }, () => worker.get('/hold', { method: 'POST', body: 'x' }));
      await worker.untilWaiting(3);
      await worker.get(path);
      for (const lost of await Promise.all(others)) expect(lost.status).toBe(500);
    }
    await worker.loggedSoFar();
    expect(worker.warnings.slice(before)).toEqual([]);
  });

  test('each failure is one line in the log, with the crash report', async () => {
    await worker.loggedSoFar();
    const { text } = await worker.get('/panic');
    const lines = (await worker.loggedSoFar()).filter(({ errorId }) => text.includes(errorId));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      message: expect.stringMatching(
        /^Rust (?:panicked in fetch: asked to panic|aborted \(panic-abort\) in fetch: asked to panic \(.*fail\.rs:\d+:\d+\))/,
      ),
      calls: ['fetch'],
      report: { version: 1, failure: { kind: panic === 'unwind' ? 'unwound' : 'aborted' } },
    });
  });
});

describe('after many thousand calls', () => {
  test('requests that are lost through another one go on as their own, however V8 has optimised what makes their promises [I2, I5]', async () => {
    const dir = build('abort');
    // One request makes as many promises as requests would in a minute.
    const main = `
      import Worker from './index.js';
      export * from './index.js';
      export default class extends Worker {
        async fetch(request) {
          if (new URL(request.url).pathname !== '/warm') return super.fetch(request);
          for (let round = 0; round < 100; round++) await Promise.all(Array.from({ length: 300 }, () => this.failLater('nothing')));
          return new Response();
        }
      }`;
    writeFileSync(join(dir, 'main.js'), main);
    const worker = await start(dir, { main: 'main.js' });
    try {
      expect((await worker.get('/warm')).status).toBe(200);
      for (let cycle = 1; cycle <= 200; cycle++) {
        const lost = Array.from({ length: 20 }, () => worker.get('/wait-5'));
        const failing = worker.get('/wait-1/abort');
        expect((await Promise.all(lost)).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
        expect((await failing).status).toBe(500);
      }
    } finally {
      await worker.miniflare.dispose();
    }
  });
});

describe('aborts one right after another', () => {
  test('none has the request that comes next make its instance: one serves by then [I2]', async () => {
    // Asked before anything of a request runs.
    const options = `
      let revive;
      export default {
        setup: (given) => void (revive = given),
        quarantine: { key: () => void console.log('told ' + JSON.stringify(revive.state)) },
      };`;
    const worker = await start(build('abort', options));
    try {
      for (let cycle = 1; cycle <= 30; cycle++) {
        expect((await worker.get('/inc')).text).toBe('1');
        expect((await worker.get('/abort')).status).toBe(500);
      }
      await expect.poll(() => worker.told).toHaveLength(60);
      expect(new Set(worker.told.slice(1))).toEqual(new Set(['running']));
    } finally {
      await worker.miniflare.dispose();
    }
  });
});
