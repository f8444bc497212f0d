/** Durable Objects that come back with their memory after an eviction, on the real workerd, which is ended and started again for that. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { build, type PanicMode } from './build-worker.ts';
import { CALLER, callBy } from './caller.ts';
import { type NotKept, type Running, type StartOptions, start } from './workerd.ts';

const MODES: readonly PanicMode[] = ['abort', 'unwind'];
const ROLLBACK = { WASM_REVIVE_RECOVERY: 'rollback' };

const running = new Set<Running>();
const folders: string[] = [];
afterEach(async () => {
  for (const { miniflare } of running) await miniflare.dispose();
  running.clear();
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Starts a Worker again and again on the same storage; each time nothing is left of the processes before. */
function restarting(options: StartOptions = {}): (dir: string) => Promise<Running> {
  const persist = mkdtempSync(join(tmpdir(), 'wasm-revive-objects-'));
  folders.push(persist);
  return async (dir) => {
    for (const { miniflare } of running) await miniflare.dispose();
    running.clear();
    const worker = await start(dir, { persist, ...options });
    running.add(worker);
    return worker;
  };
}

async function ask(worker: Running, path: string): Promise<Record<string, number>> {
  const { status, text } = await worker.get(path);
  if (status !== 200) throw new Error(`${status}: ${text}`);
  return JSON.parse(text);
}

const kept = (options: string): string => `export default { durableObjects: { ${options} } };`;

describe.each(MODES)('keepState, panic=%s', (panic) => {
  const dir = build(panic, kept('Counter: { keepState: true }, Kept: { keepState: true }, Ledger: { keepState: true }'), ROLLBACK);

  test('an object comes back with its memory, and others with theirs [I7]', async () => {
    const again = restarting();
    let worker = await again(dir);
    for (let time = 1; time <= 3; time++) await ask(worker, '/object/a/inc');
    await ask(worker, '/object/b/inc');
    await ask(worker, '/kept/a/inc/wait-1/inc');
    await ask(worker, '/ledger/a/add-1/add-2');
    for (let time = 1; time <= 3; time++) {
      worker = await again(dir);
      expect(await ask(worker, '/object/a/inc')).toMatchObject({ count: 3 + time, stored: 3 + time, made: 1 });
      expect(await ask(worker, '/object/b/')).toMatchObject({ count: 1, stored: 1, made: 1 });
      expect(await ask(worker, '/kept/a/inc/wait-1')).toMatchObject({ count: 2 + time, rows: 2 + time, made: 1 });
      expect(await ask(worker, '/ledger/a/')).toMatchObject({ entries: [1, 2], rows: [1, 2] });
    }
    expect(worker.notKept).toEqual([]);
  });

  test('what an event has answered is never lost: while others are in flight, the object would rather begin anew [I7, I9]', async () => {
    const again = restarting();
    let worker = await again(dir);
    await ask(worker, '/object/a/inc');
    const holding = Array.from({ length: 3 }, () => worker.get('/object/a/hold/inc').catch(() => undefined));
    await worker.untilWaiting(3, 'a');
    await ask(worker, '/object/a/inc');
    worker = await again(dir);
    await Promise.all(holding);
    expect(await ask(worker, '/object/a/')).toMatchObject({ count: 0, stored: 2, made: 1 });
    const [told] = await toldBy(worker);
    expect(told).toEqual({
      message: expect.stringMatching(/^The state of Counter [0-9a-f]+ was not restored, and the object begins anew: what its last events/),
      object: expect.stringMatching(/^Counter [0-9a-f]+$/),
      action: 'restore',
      reason: 'what its last events have changed was not saved',
    });
    // As soon as none is in flight, it is saved.
    const more = Array.from({ length: 3 }, () => worker.get('/object/a/hold/inc'));
    await worker.untilWaiting(3, 'a');
    await ask(worker, '/object/a/inc/release');
    await Promise.all(more);
    worker = await again(dir);
    expect(await ask(worker, '/object/a/')).toMatchObject({ count: 4, stored: 6, made: 1 });
  });

  test('what can’t be carried is told once, and the object works as without [I9]', async () => {
    const again = restarting();
    let worker = await again(dir);
    await ask(worker, '/object/a/inc');
    for (const name of ['a', 'b']) for (let time = 1; time <= 3; time++) await ask(worker, `/object/${name}/inc/live`);
    expect(await toldBy(worker)).toMatchObject([
      { action: 'save', reason: expect.stringMatching(/Rust holds \d+ of JavaScript's values that can't be saved: \d+ Error/) },
    ]);
    worker = await again(dir);
    expect(await ask(worker, '/object/a/')).toMatchObject({ count: 0, stored: 4, made: 1 });
    await ask(worker, '/object/a/inc/live');
    await ask(worker, '/object/a/inc/let-go');
    worker = await again(dir);
    expect(await ask(worker, '/object/a/')).toMatchObject({ count: 2, stored: 6, made: 1 });
  });

  test('an abort that costs the instance costs what the event has done; where the state itself fails, the object begins anew [I7]', async () => {
    const again = restarting();
    let worker = await again(dir);
    await ask(worker, '/object/a/inc/inc');
    expect((await worker.get('/object/a/inc/abort')).status).toBe(500);
    expect((await worker.get('/object/a/wait-1/inc/wait-1/abort')).status).toBe(500);
    expect(await ask(worker, '/object/a/')).toMatchObject({ count: 2, made: 1 });
    worker = await again(dir);
    for (const [failures, count] of [
      [4, 2],
      [4, 2],
      [5, 0],
    ] as const) {
      for (let time = 1; time <= failures; time++) expect((await worker.get('/object/a/wait-1/abort')).status).toBe(500);
      expect(await ask(worker, '/object/a/')).toMatchObject({ count, made: 1 });
    }
  });

  test('deleteAll() deletes the state, too, and the next event saves a new one [I7]', async () => {
    const again = restarting();
    let worker = await again(dir);
    await ask(worker, '/object/a/inc/inc');
    await ask(worker, '/object/a/delete-all');
    worker = await again(dir);
    expect(await ask(worker, '/object/a/inc')).toMatchObject({ count: 1, stored: 1 });
    await ask(worker, '/object/a/delete-all');
    expect(await ask(worker, '/object/a/inc')).toMatchObject({ count: 2, stored: 1 });
    expect(await toldBy(worker)).toEqual([]);
    worker = await again(dir);
    expect(await ask(worker, '/object/a/')).toMatchObject({ count: 2, stored: 1 });
    expect(await toldBy(worker)).toEqual([]);
  });
});

/** Counts what is written of states. */
const WATCHED = `
  import worker, * as all from './index.js';
  export default worker;
  export const { Kept, Ledger, Loaded } = all;
  export class Counter extends all.Counter {
    #written;
    constructor(ctx, env) {
      const { sql } = ctx.storage;
      const { exec } = sql;
      let written = 0;
      sql.exec = (query, ...values) => {
        if (/^(CREATE|INSERT|UPDATE|DELETE).*_wasm_revive_state/.test(query)) written++;
        return exec.call(sql, query, ...values);
      };
      super(ctx, env);
      this.#written = () => written;
    }
    written() { return this.#written(); }
  }`;

const CALLS: Pick<StartOptions, 'caller'> = {
  caller: {
    script: CALLER,
    serviceBindings: {},
    durableObjects: { COUNTER: { className: 'Counter', scriptName: 'fixture', useSQLite: true } },
  },
};

describe('what is saved', () => {
  const watched = (options: string): string => {
    const dir = build('abort', kept(`Counter: { keepState: ${options} }`), ROLLBACK);
    writeFileSync(join(dir, 'watched.js'), WATCHED);
    return dir;
  };
  const written = async (worker: Running): Promise<number> => ((await callBy(worker, 'a', ['written'])) as { value: number }).value;

  test('is nothing where nothing has changed, and few pages where little has [I8]', async () => {
    const worker = await restarting({ main: 'watched.js', ...CALLS })(watched('true'));
    for (let time = 1; time <= 3; time++) await callBy(worker, 'a', ['addCount', 1]);
    const before = await written(worker);
    expect(before).toBeGreaterThan(3);
    for (let time = 1; time <= 20; time++) expect(await callBy(worker, 'a', 'total')).toEqual({ value: 3 });
    expect(await written(worker)).toBe(before);
    for (let time = 1; time <= 20; time++) await callBy(worker, 'a', ['addCount', 1]);
    // The head, and the pages of the heap and of statics.
    expect((await written(worker)) - before).toBeLessThanOrEqual(20 * 3);
  });

  test('with everyMs, is written so often at most, and for an idle object some time later', async () => {
    const again = restarting({ main: 'watched.js', ...CALLS });
    const dir = watched('{ everyMs: 200 }');
    let worker = await again(dir);
    await callBy(worker, 'a', ['addCount', 1]);
    const first = await written(worker);
    for (let time = 1; time <= 20; time++) await callBy(worker, 'a', ['addCount', 1]);
    const marked = await written(worker);
    expect(marked).toBeLessThan(first + 20);
    await expect.poll(() => written(worker)).toBeGreaterThan(marked);
    worker = await again(dir);
    expect(await callBy(worker, 'a', 'total')).toEqual({ value: 21 });
  });
});

describe('keepState', () => {
  test('an object of another build begins anew, and says why [I9]', async () => {
    const again = restarting();
    await ask(await again(build('abort', kept('Counter: { keepState: true }'), ROLLBACK)), '/object/a/inc');
    const worker = await again(build('unwind', kept('Counter: { keepState: true }'), ROLLBACK));
    expect(await ask(worker, '/object/a/inc')).toMatchObject({ count: 1, stored: 2, made: 1 });
    expect(await toldBy(worker)).toMatchObject([{ action: 'restore', reason: expect.stringContaining('of build') }]);
  });

  test('is an option: without it, memory goes with the process', async () => {
    const again = restarting();
    const dir = build('abort', undefined, ROLLBACK);
    await ask(await again(dir), '/object/a/inc');
    expect(await ask(await again(dir), '/object/a/')).toMatchObject({ count: 0, stored: 1 });
  });

  test('what the budget of memory takes, an object has again [I7]', async () => {
    const options = '{ revive: { memoryBudgetMiB: 5 }, durableObjects: { Counter: { keepState: true } } }';
    const worker = await restarting()(build('abort', `export default ${options};`, ROLLBACK));
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (let time = 1; time <= 3; time++) {
      for (const name of names) expect(await ask(worker, `/object/${name}/inc`)).toMatchObject({ count: time, made: 1 });
    }
  });

  test('the count is that of the events which went well, whatever happens in between [I7]', { timeout: 120_000 }, async () => {
    const dir = build('abort', kept('Counter: { keepState: true }'), ROLLBACK);
    const event = fc.constantFrom('inc', 'inc/inc', 'inc/abort', 'abort', 'inc/wait-1/error', 'inc/stack', 'restart', 'restart');
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 10 }), async (events) => {
        const again = restarting();
        let worker = await again(dir);
        let count = 0;
        for (const event of [...events, 'restart']) {
          if (event === 'restart') worker = await again(dir);
          else {
            const { status } = await worker.get(`/object/a/${event}`);
            expect(status).toBe(/^(inc|inc\/inc)$/.test(event) ? 200 : 500);
            // `inc` waits for storage, so that an abort after it costs the instance, and what was saved is there again.
            if (/^inc(\/inc|\/wait-1\/error)?$/.test(event)) count += event === 'inc/inc' ? 2 : 1;
          }
          expect(await ask(worker, '/object/a/')).toMatchObject({ count, made: 1 });
        }
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });

  test.each([
    [
      '{ shared: true, durableObjects: { Counter: { keepState: true } } }',
      ROLLBACK,
      /Counter is shared, so that its objects have no state/,
    ],
    [
      '{ durableObjects: { Counter: { keepState: true } } }',
      {},
      /Counter is to keep its state, for which \w+ was not built\. Set WASM_REVIVE_RECOVERY/,
    ],
  ])('is refused where it can’t be: %s [I9]', async (options, env, message) => {
    await expect(restarting()(build('abort', `export default ${options};`, env))).rejects.toThrow(message);
  });

  test('needs storage that is SQLite, and says so [I9]', async () => {
    const worker = await restarting({ keyValue: 'Counter' })(build('abort', kept('Counter: { keepState: true }'), ROLLBACK));
    const objects = await worker.objects('COUNTER');
    await expect(objects.get(objects.idFromName('a')).fetch('http://object/')).rejects.toThrow(
      /Counter is to keep its state, for which its storage has to be SQLite/,
    );
  });
});

/** What the Worker has said of states so far. Lines arrive some time later, and in order. */
async function toldBy(worker: Running): Promise<readonly NotKept[]> {
  await worker.loggedSoFar();
  return worker.notKept;
}
