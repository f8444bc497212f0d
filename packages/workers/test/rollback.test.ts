/** Durable Objects whose turns are undone, on the real workerd, in both panic modes. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build, type PanicMode, run, stage } from './build-worker.ts';
import { type Running, start } from './workerd.ts';

const ROLLBACK = { WASM_REVIVE_RECOVERY: 'rollback' };
const MODES: readonly PanicMode[] = ['abort', 'unwind'];

/** Longer than a test may take. */
const WAITS = 'wait-60000';

describe.each(MODES)('a Worker built with panic=%s for rollback', (panic) => {
  let worker: Running;
  const counter = async (name: string, steps: string): Promise<{ count: number; stored: number; made: number; waiting: number }> => {
    const { status, text } = await worker.get(`/object/${name}/${steps}`);
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return JSON.parse(text);
  };

  beforeAll(async () => {
    worker = await start(build(panic, undefined, ROLLBACK));
  });
  afterAll(() => worker.miniflare.dispose());

  test.each(['abort', 'memory', 'stack'])(
    'an object whose event fails by %s keeps its memory, and its other requests in flight [I1, I2, I7]',
    async (how) => {
      const name = randomUUID();
      await counter(name, 'inc');
      const { made } = await counter(name, 'inc');
      const holding = Array.from({ length: 5 }, () => counter(name, 'hold/inc'));
      await worker.untilWaiting(5, name);
      for (let time = 1; time <= 3; time++) expect((await worker.get(`/object/${name}/${how}`)).status).toBe(500);
      expect(await counter(name, 'wait-0')).toMatchObject({ count: 2, made, waiting: 5 });
      await counter(name, 'release');
      await Promise.all(holding);
      expect(await counter(name, 'wait-0')).toMatchObject({ count: 7, stored: 7, made });
    },
  );

  test('an object that aborts after it has waited is constructed anew, as no memory before that is one to go back to [I7]', async () => {
    const name = randomUUID();
    await counter(name, 'inc');
    const waiting = worker.get(`/object/${name}/${WAITS}`);
    await worker.untilWaiting(1, name);
    expect((await worker.get(`/object/${name}/wait-1/abort`)).status).toBe(500);
    expect((await waiting).status).toBe(500);
    expect(await counter(name, 'inc')).toMatchObject({ count: 1, stored: 2 });
  });

  test('a request without an object that aborts before it waits costs no other one, nor memory [I2, I7]', async () => {
    const before = Number((await worker.get('/inc')).text);
    const holding = Array.from({ length: 5 }, () => worker.get('/hold', { method: 'POST', body: 'x' }));
    await worker.untilWaiting(5);
    expect((await worker.get('/inc/abort')).status).toBe(500);
    await worker.get('/release');
    for (const served of await Promise.all(holding)) expect(served).toEqual({ status: 200, text: String(before) });
  });
});

describe('recovery of single classes', () => {
  const running: Running[] = [];
  afterAll(() => Promise.all(running.map(({ miniflare }) => miniflare.dispose())));
  const startWith = async (options: string, env: Record<string, string>): Promise<Running> => {
    const worker = await start(build('abort', `export default ${options};`, env));
    running.push(worker);
    return worker;
  };

  test('is what the option says: of one class undone, of another by a fresh instance [I7]', async () => {
    const worker = await startWith("{ recovery: 'fresh', durableObjects: { Counter: { recovery: 'rollback' } } }", ROLLBACK);
    await worker.get('/object/a/inc');
    await worker.get('/ledger/a/add-1');
    expect((await worker.get('/object/a/abort')).status).toBe(500);
    expect((await worker.get('/ledger/a/borrow-abort')).status).toBe(500);
    expect((await worker.get('/inc/abort')).status).toBe(500);
    expect((await worker.get('/object/a/wait-0')).text).toContain('"count":1');
    expect((await worker.get('/wait-0')).text).toBe('0');
    await worker.loggedSoFar();
    expect(worker.logged.map(({ report }) => report.recovery).slice(0, 3)).toEqual(['rollback', 'fresh', 'fresh']);
  });

  test.each([
    ["{ durableObjects: { Counter: { recovery: 'rollback' } } }", {}, /was not built\. Set WASM_REVIVE_RECOVERY=rollback/],
    ['{ durableObjects: { Count: {} } }', ROLLBACK, /durableObjects names Count, which is no class of objects/],
    ["{ shared: true, durableObjects: { Counter: { recovery: 'fresh' } } }", ROLLBACK, /Counter is shared/],
  ])('that can’t be is refused when the Worker starts: %s [I9]', async (options, env, message) => {
    await expect(startWith(options, env)).rejects.toThrow(message);
  });

  test('that the build doesn’t know is refused by it [I9]', () => {
    const { status, stderr } = run(stage('abort'), [], { WASM_REVIVE_RECOVERY: 'undo' });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^error: WASM_REVIVE_RECOVERY is "undo"/)]);
  });
});
