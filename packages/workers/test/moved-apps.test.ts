/** Apps of each kind, as worker-build builds them, moved by the diff of their page in `docs`; then `wrangler dev` builds and serves them. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { wasmToolchain } from '../../../scripts/lib/wasm-toolchain.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const WRANGLER = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js');
const MOST_LINES = 10;

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** An app after its page's diffs, in a folder of its own, with what `npm install` would put there. */
function moved(kind: string): string {
  const dir = mkdtempSync(join(tmpdir(), `wasm-revive-${kind}-`));
  endings.push(() => rmSync(dir, { recursive: true, force: true }));
  cpSync(new URL(`./apps/${kind}/`, import.meta.url), dir, { recursive: true });
  const diffs = diffsOf(kind);
  for (const diff of diffs) execFileSync('git', ['apply', '-'], { cwd: dir, input: diff });
  // Not published yet, from where the app gets them: the versions of the repository, and its crate.
  cpSync(join(ROOT, 'Cargo.lock'), join(dir, 'Cargo.lock'));
  const cargo = join(dir, 'Cargo.toml');
  const crate = JSON.stringify(join(ROOT, 'crates/wasm-revive'));
  if (readFileSync(cargo, 'utf8').includes('wasm-revive ='))
    writeFileSync(cargo, `\n[patch.crates-io]\nwasm-revive = { path = ${crate} }\n`, { flag: 'a' });
  const modules = join(dir, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  mkdirSync(join(modules, '@wasm-revive'));
  symlinkSync(join(ROOT, 'packages/wasm-revive'), join(modules, 'wasm-revive'));
  symlinkSync(join(ROOT, 'packages/workers'), join(modules, '@wasm-revive/workers'));
  symlinkSync('../wasm-revive/bin/wasm-revive.js', join(modules, '.bin/wasm-revive'));
  return dir;
}

function diffsOf(kind: string): string[] {
  const page = readFileSync(new URL(`../docs/${kind}.md`, import.meta.url), 'utf8');
  return [...page.matchAll(/^```diff\n(.*?)^```$/gms)].map(([, diff = '']) => diff);
}

/** Runs `wrangler dev`, which builds the app by the command in its `wrangler.toml`. */
async function served(dir: string): Promise<(path: string) => URL> {
  const toolchain = wasmToolchain();
  const env = toolchain.env('abort');
  const dev = spawn(process.execPath, [WRANGLER, 'dev', '--port', '0', '--test-scheduled', '--show-interactive-dev-session=false'], {
    cwd: dir,
    env: {
      ...env,
      CARGO: toolchain.cargo,
      PATH: [join(ROOT, '.tools/bin'), env.PATH].join(delimiter),
      // What is built for the other tests need not be built again.
      CARGO_TARGET_DIR: join(ROOT, 'target/wasm-abort'),
      CARGO_UNSTABLE_BUILD_STD: 'std,panic_abort',
      CARGO_NET_OFFLINE: 'true',
      WRANGLER_SEND_METRICS: 'false',
      CI: '1',
    },
  });
  const ended = new Promise<void>((done) => dev.on('close', () => done()));
  endings.push(() => {
    dev.kill();
    return ended;
  });
  const said: string[] = [];
  const errors = createInterface({ input: dev.stderr });
  errors.on('line', (line) => said.push(line));
  for await (const line of createInterface({ input: dev.stdout })) {
    said.push(line);
    const url = /Ready on (http:\S+)/.exec(line)?.[1];
    if (url !== undefined) return (path) => new URL(path, url);
  }
  throw new Error(`wrangler dev has ended: ${said.join('\n')}`);
}

async function get(url: URL): Promise<{ status: number; text: string }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}

describe.each(['fetch', 'router', 'durable-objects', 'queues-and-cron', 'websockets'])('%s', (kind) => {
  test(`moves in under ${MOST_LINES} lines`, () => {
    const changed = diffsOf(kind).flatMap((diff) => diff.split('\n').filter((line) => /^[+-](?![+-]{2} )/.test(line)));
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.length).toBeLessThan(MOST_LINES);
  });
});

describe('an app that has moved', { timeout: 300_000 }, () => {
  test.each([
    ['fetch', '/', 'Hello, World!'],
    ['router', '/hello/Ada', 'Hello, Ada!'],
  ])('%s: a request that aborts gets a 500 with an error id, the next one is served', async (kind, path, text) => {
    const url = await served(moved(kind));
    expect(await get(url(path))).toEqual({ status: 200, text });
    expect(await get(url('/crash'))).toEqual({ status: 500, text: expect.stringMatching(/^Internal Server Error \(error id [\w-]+\)\n$/) });
    expect(await get(url(path))).toEqual({ status: 200, text });
  });

  test('durable-objects: the object keeps its memory and its storage, the other one notices nothing', async () => {
    const url = await served(moved('durable-objects'));
    expect((await get(url('/a/'))).text).toBe('1 in memory, 1 stored');
    expect((await get(url('/b/'))).text).toBe('1 in memory, 1 stored');
    expect((await get(url('/a/crash'))).status).toBe(500);
    // What the failing call did before it waited was a turn of its own, which stays.
    expect((await get(url('/a/'))).text).toBe('3 in memory, 3 stored');
    expect((await get(url('/b/'))).text).toBe('2 in memory, 2 stored');
  });

  test('queues-and-cron: a batch that aborts comes again; a schedule that aborts costs itself', async () => {
    const url = await served(moved('queues-and-cron'));
    await get(url('/send/work'));
    await expect.poll(async () => (await get(url('/work'))).text, { timeout: 60_000 }).toBe('done at the second attempt');
    await get(url('/__scheduled?cron=crash'));
    expect((await get(url('/work'))).text).toBe('done at the second attempt');
  });

  test('websockets: the socket outlives the message that aborts', async () => {
    const url = await served(moved('websockets'));
    const socket = new WebSocket(String(url('/')).replace('http', 'ws'));
    endings.push(() => socket.terminate());
    await new Promise((done) => socket.once('open', done));
    const answer = (message: string): Promise<string> => {
      socket.send(message);
      return new Promise((done, failed) => {
        socket.once('message', (data) => done(String(data)));
        socket.once('close', () => failed(new Error('closed')));
      });
    };
    expect(await answer('one')).toBe('heard one');
    socket.send('crash');
    expect(await answer('two')).toBe('heard two');
  });
});
