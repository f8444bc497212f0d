/** Requests that crash again and again are refused, across restarts, on the real workerd. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { build } from './build-worker.ts';
import { type Running, start } from './workerd.ts';

const running = new Set<Running>();
const folders: string[] = [];
const end = async (): Promise<void> => {
  for (const { miniflare } of running) await miniflare.dispose();
  running.clear();
};
afterEach(end);
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Starts a Worker again and again on the same storage, and under the same URL. */
function restarting(): (dir: string) => Promise<Running> {
  let port: string | undefined;
  const persist = mkdtempSync(join(tmpdir(), 'wasm-revive-crashed-'));
  folders.push(persist);
  return async (dir) => {
    await end();
    const worker = await start(dir, { persist, ...(port !== undefined && { port }) });
    port = worker.url.port;
    running.add(worker);
    return worker;
  };
}

const statusOf = async (worker: Running, path: string, init?: RequestInit): Promise<number> => (await worker.get(path, init)).status;

/** What an object says to a request. */
async function askLedger(worker: Running, name: string, steps: string): Promise<string> {
  const ledgers = await worker.objects('LEDGER');
  return ledgers
    .get(ledgers.idFromName(name))
    .fetch(`http://object/${steps}`)
    .then((response) => response.text(), String);
}

/** What the same request gets, one time after another. */
async function inARow(times: number, status: () => Promise<number>): Promise<number[]> {
  const all: number[] = [];
  while (all.length < times) all.push(await status());
  return all;
}

const post = (body: string): RequestInit => ({ method: 'POST', body });

describe('quarantine', () => {
  test('a request that has crashed three times is refused, also after a restart, and no other one is [I9]', async () => {
    const again = restarting();
    const dir = build('abort', "export default { quarantine: { store: 'CRASHED' } };");
    let worker = await again(dir);
    expect(await inARow(5, () => statusOf(worker, '/abort?of=a'))).toEqual([500, 500, 500, 422, 422]);
    expect((await worker.get('/abort?of=a')).text).toBe('Unprocessable Content (error id REVIVE_QUARANTINED)\n');
    expect(await statusOf(worker, '/abort?of=b')).toBe(500);
    worker = await again(dir);
    expect(await statusOf(worker, '/abort?of=a')).toBe(422);
    // What was counted goes on.
    expect(await inARow(3, () => statusOf(worker, '/abort?of=b'))).toEqual([500, 500, 422]);
    expect(await statusOf(worker, '/abort?of=a', post(''))).toBe(500);
    expect(await inARow(5, () => statusOf(worker, '/error'))).toEqual([500, 500, 500, 500, 500]);
    expect(await statusOf(worker, '/inc')).toBe(200);
  });

  test('what another build has crashed by is tried again', async () => {
    const again = restarting();
    const options = "export default { quarantine: { store: 'CRASHED', after: 1 } };";
    expect(await inARow(2, async () => statusOf(await again(build('abort', options)), '/abort'))).toEqual([500, 422]);
    expect(await statusOf(await again(build('unwind', options)), '/abort')).toBe(500);
  });

  test('a body belongs to the request: another one is served, and one of which too little is known is never refused', async () => {
    const again = restarting();
    const dir = build('abort', "export default { quarantine: { store: 'CRASHED', after: 2 } };");
    let worker = await again(dir);
    // The first one says that bodies have to be read.
    expect(await inARow(5, () => statusOf(worker, '/abort', post('poison')))).toEqual([500, 500, 500, 422, 422]);
    expect(await statusOf(worker, '/abort', post('other'))).toBe(500);
    expect(await statusOf(worker, '/body/inc', post('poison'))).toBe(200);
    const stream = (): RequestInit => ({ method: 'POST', body: new Blob(['poison']).stream(), duplex: 'half' }) as RequestInit;
    expect(await inARow(4, () => statusOf(worker, '/abort', stream()))).toEqual([500, 500, 500, 500]);
    worker = await again(dir);
    expect(await statusOf(worker, '/abort', post('poison'))).toBe(422);
  });

  test('a request is known by what the program says', async () => {
    const options = "{ quarantine: { after: 1, key: ({ url }) => (url.includes('never') ? undefined : new URL(url).pathname) } }";
    const worker = await restarting()(build('abort', `export default ${options};`));
    expect(await inARow(2, () => statusOf(worker, '/abort?never'))).toEqual([500, 500]);
    expect(await statusOf(worker, '/abort?of=a')).toBe(500);
    expect(await inARow(2, () => statusOf(worker, '/abort?of=b'))).toEqual([422, 422]);
  });

  test('of an object, is in its own storage: others are served the same request', async () => {
    const again = restarting();
    const dir = build('abort', 'export default { durableObjects: { Ledger: { quarantine: { after: 2 } } } };');
    let worker = await again(dir);
    const aborts = /Rust aborted/;
    for (let time = 1; time <= 2; time++) expect(await askLedger(worker, 'a', 'abort')).toMatch(aborts);
    expect(await askLedger(worker, 'a', 'abort')).toMatch(/it has crashed 2 times/);
    worker = await again(dir);
    expect(await askLedger(worker, 'a', 'abort')).toMatch(/it has crashed 2 times/);
    expect(await askLedger(worker, 'a', 'add-1')).toContain('"entries":[1]');
    expect(await askLedger(worker, 'b', 'abort')).toMatch(aborts);
  });

  test('is an option: without it, nothing is refused', async () => {
    const worker = await restarting()(build('abort'));
    expect(await inARow(5, () => statusOf(worker, '/abort'))).toEqual([500, 500, 500, 500, 500]);
  });

  test('a store that there isn’t is named [I9]', async () => {
    const worker = await restarting()(build('abort', "export default { quarantine: { store: 'NONE' } };"));
    expect((await worker.get('/inc')).text).toMatch(/quarantine is to remember requests in NONE/);
  });
});
