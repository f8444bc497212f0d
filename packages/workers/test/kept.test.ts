/** Durable Objects whose handlers are tasks of the crate, on the real workerd, in both panic modes: no abort costs them their memory. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build, type PanicMode } from './build-worker.ts';
import { type Running, start } from './workerd.ts';

const MODES: readonly PanicMode[] = ['abort', 'unwind'];

interface Kept {
  readonly count: number;
  readonly rows: number;
  readonly locked: number;
  readonly released: number;
  readonly alarms: number;
  readonly made: number;
  readonly waiting: number;
}

describe.each(MODES)('an object whose handlers are tasks, panic=%s', (panic) => {
  let worker: Running;
  const kept = async (name: string, steps: string): Promise<Kept> => {
    const { status, text } = await worker.get(`/kept/${name}/${steps}`);
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return JSON.parse(text);
  };

  beforeAll(async () => {
    worker = await start(build(panic, undefined, { WASM_REVIVE_RECOVERY: 'rollback' }));
  });
  afterAll(() => worker.miniflare.dispose());

  test.each(['abort', 'memory', 'stack', 'panic'])(
    'keeps its memory, and its other requests in flight, where an event fails by %s after it has waited [I1, I2, I7]',
    async (how) => {
      const name = randomUUID();
      await kept(name, 'inc');
      const { made } = await kept(name, 'inc');
      const holding = Array.from({ length: 5 }, () => kept(name, 'hold/inc'));
      await expect.poll(async () => (await kept(name, '')).waiting).toBe(5);
      for (const wait of ['wait-1', 'body', 'body/wait-1/body']) {
        expect((await worker.get(`/kept/${name}/${wait}/${how}`)).status).toBe(500);
      }
      expect(await kept(name, '')).toMatchObject({ count: 2, rows: 2, made, waiting: 5 });
      await kept(name, 'release');
      await Promise.all(holding);
      expect(await kept(name, '')).toMatchObject({ count: 7, rows: 7, made });
    },
  );

  test('is well after a hundred events have failed after they had waited, one after another and all at once [I1, I6, I7]', async () => {
    const [name, other] = [randomUUID(), randomUUID()];
    await kept(name, 'inc');
    await kept(other, 'inc');
    for (let i = 0; i < 50; i++) expect((await worker.get(`/kept/${name}/wait-1/abort`)).status).toBe(500);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => worker.get(`/kept/${name}/${i % 2 === 0 ? 'wait-1/abort' : 'body/wait-1/inc'}`)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 500 : 200)));
    expect(await kept(name, '')).toMatchObject({ count: 51, rows: 51, made: 1, waiting: 0 });
    expect(await kept(other, '')).toMatchObject({ count: 1, made: 1 });
  });

  test('releases what an event held over an await [I7]', async () => {
    const name = randomUUID();
    for (let time = 1; time <= 3; time++) {
      expect((await worker.get(`/kept/${name}/lock`)).status).toBe(500);
      expect(await kept(name, '')).toMatchObject({ locked: time, released: time, made: 1 });
    }
  });

  test('has an alarm that aborts after it has waited run again, and keeps its memory [I7]', async () => {
    const name = randomUUID();
    await kept(name, 'inc');
    await kept(name, 'alarm-abort');
    await expect.poll(async () => (await kept(name, '')).alarms).toBe(2);
    expect(await kept(name, '')).toMatchObject({ count: 1, made: 1 });
  });

  test('goes on with a WebSocket of which a message aborts after it has waited [I2, I7]', async () => {
    const name = randomUUID();
    const events = await worker.events('fixture');
    const { webSocket } = await events.fetch(`http://fixture/kept/${name}/socket`, { headers: { upgrade: 'websocket' } });
    const answers: unknown[] = [];
    webSocket?.accept();
    webSocket?.addEventListener('message', ({ data }) => answers.push(data));
    for (const message of ['a', 'abort', 'b']) webSocket?.send(message);
    // What the message that failed had counted before it waited was a turn that ended well.
    await expect.poll(() => answers.length).toBe(2);
    expect(answers).toEqual([expect.stringMatching(/^a /), expect.stringMatching(/^b /)]);
    expect(await kept(name, '')).toMatchObject({ count: 3, rows: 3, made: 1 });
  });

  test('as much holds for a request without an object [I1, I2, I7]', async () => {
    const before = Number((await worker.get('/task/inc')).text);
    const holding = Array.from({ length: 24 }, () => worker.get('/task/hold/inc', { method: 'POST', body: 'x' }));
    await worker.untilWaiting(24);
    for (const how of ['abort', 'memory', 'stack']) expect((await worker.get(`/task/inc/wait-1/inc/${how}`)).status).toBe(500);
    await worker.get('/task/release');
    expect((await Promise.all(holding)).map(({ status }) => status)).toEqual(Array.from({ length: 24 }, () => 200));
    // What a failing request has counted before it waited was a turn that ended well.
    expect((await worker.get('/task/wait-1')).text).toBe(String(before + 24 + 3));
  });

  test('answers with an error of Rust’s own as without tasks [I9]', async () => {
    const { status, text } = await worker.get(`/kept/${randomUUID()}/wait-1/error`);
    expect([status, text]).toEqual([500, (await worker.get(`/object/${randomUUID()}/wait-1/error`)).text]);
  });
});

describe.each(MODES)('a transactional object whose handlers are tasks, panic=%s', (panic) => {
  test('has neither memory nor rows of a poll that aborts, and both of the polls before it [I7]', async () => {
    const options = 'export default { durableObjects: { Kept: { transactional: true } } };';
    const worker = await start(build(panic, options, { WASM_REVIVE_RECOVERY: 'rollback' }));
    try {
      for (const how of ['abort', 'memory', 'stack']) {
        const name = randomUUID();
        for (let time = 1; time <= 3; time++) {
          expect((await worker.get(`/kept/${name}/inc/wait-1/inc/body/inc/${how}`)).status).toBe(500);
          expect(JSON.parse((await worker.get(`/kept/${name}/`)).text)).toMatchObject({ count: 2 * time, rows: 2 * time, made: 1 });
        }
        const [{ text }] = await Promise.all([
          worker.get(`/kept/${name}/wait-1/inc/wait-1/inc`),
          worker.get(`/kept/${name}/wait-1/inc/wait-1/inc/abort`),
          worker.get(`/kept/${name}/inc/error`),
        ]);
        expect(text).toContain('"made":1');
        expect(JSON.parse((await worker.get(`/kept/${name}/`)).text)).toMatchObject({ count: 10, rows: 10, made: 1, waiting: 0 });
      }
    } finally {
      await worker.miniflare.dispose();
    }
  });

  test('without the option, rows of a poll that aborts stay [I9]', async () => {
    const worker = await start(build(panic, undefined, { WASM_REVIVE_RECOVERY: 'rollback' }));
    try {
      expect((await worker.get('/kept/a/wait-1/inc/abort')).status).toBe(500);
      expect((await worker.get('/kept/a/')).text).toContain('"count":0,"rows":1');
    } finally {
      await worker.miniflare.dispose();
    }
  });
});

describe('an object whose handlers are tasks, without rollback', () => {
  test('is constructed anew after an abort, and nothing hangs [I5]', async () => {
    const worker = await start(build('abort'));
    try {
      const holding = Array.from({ length: 3 }, () => worker.get('/kept/a/inc/hold'));
      await expect.poll(async () => (await worker.get('/kept/a/')).text).toContain('"waiting":3');
      expect((await worker.get('/kept/a/wait-1/abort')).status).toBe(500);
      expect((await Promise.all(holding)).map(({ status }) => status)).toEqual([500, 500, 500]);
      expect((await worker.get('/kept/a/')).text).toContain('"count":0,"rows":3');
    } finally {
      await worker.miniflare.dispose();
    }
  });
});
