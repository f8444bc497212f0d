/** Durable Objects whose turns are transactions, too: memory and SQL are undone together. On the real workerd. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { build, type PanicMode } from './build-worker.ts';
import { CALLER, callBy } from './caller.ts';
import { type Running, start } from './workerd.ts';

const MODES: readonly PanicMode[] = ['abort', 'unwind'];

interface Ledger {
  readonly entries: readonly number[];
  readonly rows: readonly number[];
  readonly put: boolean;
  readonly alarm: boolean;
}

const running: Running[] = [];
afterAll(() => Promise.all(running.map(({ miniflare }) => miniflare.dispose())));

/** A Worker whose ledgers are as the options of their class say, and what asks one of them. */
async function ledgers(panic: PanicMode, options: string, keyValue?: string) {
  const text = `export default { durableObjects: { Ledger: ${options} } };`;
  const worker = await start(build(panic, text, { WASM_REVIVE_RECOVERY: 'rollback' }), {
    ...(keyValue !== undefined && { keyValue }),
    caller: {
      script: CALLER,
      serviceBindings: {},
      durableObjects: { COUNTER: { className: 'Ledger', scriptName: 'fixture', useSQLite: keyValue !== 'Ledger' } },
    },
  });
  running.push(worker);
  const status = async (name: string, steps: string): Promise<number> => (await worker.get(`/ledger/${name}/${steps}`)).status;
  const read = async (name: string): Promise<Ledger> => JSON.parse((await worker.get(`/ledger/${name}/`)).text);
  return { worker, status, read };
}

describe.each(MODES)('a transactional object, panic=%s', (panic) => {
  const at = ledgers(panic, '{ transactional: true }');

  test.each(['abort', 'borrow-abort', 'memory', 'stack'])('has neither memory nor rows of an event that fails by %s [I7]', async (how) => {
    const { status, read } = await at;
    const name = randomUUID();
    await status(name, 'add-1');
    expect(await status(name, `add-2/put/alarm/${how}`)).toBe(500);
    expect(await read(name)).toMatchObject({ entries: [1], rows: [1], put: false, alarm: false });
    expect(await status(name, 'add-3/put/alarm')).toBe(200);
    expect(await read(name)).toMatchObject({ entries: [1, 3], rows: [1, 3], put: true, alarm: true });
  });

  test('keeps both of an event that ends by an error of Rust’s own [I7]', async () => {
    const { status, read } = await at;
    const name = randomUUID();
    expect(await status(name, 'add-1/error')).toBe(500);
    expect(await read(name)).toMatchObject({ entries: [1], rows: [1] });
  });

  test('has neither of a method that aborts [I7]', async () => {
    const { worker, read } = await at;
    const name = randomUUID();
    const add = (value: number, abort: boolean): Promise<unknown> => callBy(worker, name, ['add', value, abort]);
    expect(await add(1, false)).toEqual({ value: 1 });
    expect(await add(2, true)).toEqual({ error: expect.stringMatching(/Rust aborted in Ledger\.add/) });
    expect(await read(name)).toMatchObject({ entries: [1], rows: [1] });
    expect(await add(3, false)).toEqual({ value: 2 });
  });

  test('has rows of the turns that ended well after an abort that costs its memory, for it came after it has waited [I7]', async () => {
    const { status, read } = await at;
    const name = randomUUID();
    expect(await status(name, 'add-1/wait-1/add-2/abort')).toBe(500);
    expect(await read(name)).toMatchObject({ entries: [1], rows: [1] });
  });

  test('agrees with its rows whatever happens to it, and both are those of the events that went well [I7]', {
    timeout: 120_000,
  }, async () => {
    const { status, read } = await at;
    const adds = fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 3 });
    const event = fc.record({
      adds,
      // Undefined: it doesn't wait.
      after: fc.option(adds, { nil: undefined }),
      end: fc.constantFrom('', 'error', 'abort', 'borrow-abort', 'memory', 'stack'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 12 }), async (events) => {
        const name = randomUUID();
        const kept: number[] = [];
        for (const { adds, after, end } of events) {
          const turns = after === undefined ? [adds] : [adds, after];
          const steps = turns.map((values) => values.map((value) => `add-${value}`).join('/')).join('/wait-0/');
          expect(await status(name, `${steps}/${end}`)).toBe(end === '' ? 200 : 500);
          // A turn that has ended stays, whatever becomes of those that follow.
          kept.push(...(end === '' || end === 'error' ? turns : turns.slice(0, -1)).flat());
          expect(await read(name)).toMatchObject({ entries: kept, rows: kept });
        }
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });
});

describe('transactional', () => {
  test('is an option: without it, rows stay of what memory has lost', async () => {
    const { status, read } = await ledgers('abort', '{}');
    expect(await status('a', 'add-1/abort')).toBe(500);
    expect(await read('a')).toMatchObject({ entries: [], rows: [1] });
  });

  test('works where a fresh instance follows, too: it begins with the rows from before [I7]', async () => {
    const { status, read } = await ledgers('abort', "{ transactional: true, recovery: 'fresh' }");
    await status('a', 'add-1');
    expect(await status('a', 'add-2/abort')).toBe(500);
    expect(await read('a')).toMatchObject({ entries: [1], rows: [1] });
  });

  test('needs storage that is SQLite, and says so [I9]', async () => {
    const { worker } = await ledgers('abort', '{ transactional: true }', 'Ledger');
    const objects = await worker.objects('LEDGER');
    await expect(objects.get(objects.idFromName('a')).fetch('http://object/')).rejects.toThrow(
      /Ledger is to be transactional, for which its storage has to be SQLite: name it in new_sqlite_classes/,
    );
  });
});
