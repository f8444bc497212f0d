/**
 * The two minor versions of the `worker` crate before the present one, with the glue of a wasm-bindgen of their age, on workerd: what worker-build of the same
 * age hands to esbuild. ../older/README.md says how it was made.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from './build-worker.ts';
import { type Running, start } from './workerd.ts';

/** What worker-build 0.7.5 and 0.1.14 give to esbuild, which they run in the same way. */
const ARGUMENTS = [
  '--external:./index_bg.wasm',
  '--external:cloudflare:sockets',
  '--external:cloudflare:workers',
  '--format=esm',
  '--bundle',
  './shim.js',
  '--outfile=index.js',
  '--allow-overwrite',
  '--minify',
];

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The folder in which worker-build bundles. */
function stage(version: string): string {
  const crate = mkdtempSync(join(tmpdir(), 'wasm-revive-older-'));
  folders.push(crate);
  writeFileSync(join(crate, 'Cargo.toml'), '[package]\nname = "app"\n');
  const packed = readFileSync(new URL(`../older/${version}.json.br`, import.meta.url));
  const files = JSON.parse(brotliDecompressSync(packed).toString()) as Record<string, string>;
  const dir = join(crate, 'build');
  for (const [name, content] of Object.entries({ ...files, 'shim.js': 'throw new Error("the shim of worker-build");\n' })) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content, 'latin1');
  }
  return dir;
}

const KINDS = ['0.7.5', '0.6.7'].flatMap((version) => (['fresh', 'rollback'] as const).map((recovery) => ({ version, recovery })));

describe.each(KINDS)('worker $version, $recovery', ({ version, recovery }) => {
  let worker: Running;
  const keeps = recovery === 'rollback';
  const text = async (path: string): Promise<string> => (await worker.get(path)).text;

  beforeAll(async () => {
    const dir = stage(version);
    const { status, stderr } = run(dir, ARGUMENTS, { WASM_REVIVE_RECOVERY: recovery });
    expect(stderr).toContain('wasm-revive: recovery built in. Functions: fetch, scheduled. Classes: Counter.');
    expect(status).toBe(0);
    // As worker-build does behind esbuild.
    const file = join(dir, 'index.js');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('import source ', 'import '));
    worker = await start(dir, { classes: ['Counter'] });
  });
  afterAll(() => worker.miniflare.dispose());

  test('a request that aborts gets a 500, and the next one is served [I1, I7]', async () => {
    for (const step of ['abort', 'panic']) {
      const before = Number(await text('/count'));
      expect(await worker.get(`/${step}`)).toEqual({
        status: 500,
        text: expect.stringMatching(/^Internal Server Error \(error id [\w-]+\)\n$/),
      });
      expect(await text('/count')).toBe(keeps ? `${before + 1}` : '1');
    }
    // What has waited is not undone.
    expect((await worker.get('/wait/abort')).status).toBe(500);
    expect(await text('/count')).toBe('1');
  });

  test('an object that aborts loses its memory alone, and keeps what it has stored [I2, I7]', async () => {
    expect(await text('/object/a/')).toBe('1 in memory, 1 stored');
    expect(await text('/object/a/')).toBe('2 in memory, 2 stored');
    expect(await text('/object/b/')).toBe('1 in memory, 1 stored');
    expect((await worker.get('/object/a/abort')).status).toBe(500);
    expect(await text('/object/a/')).toBe('1 in memory, 4 stored');
    expect(await text('/object/b/')).toBe('2 in memory, 2 stored');
  });

  test('requests in flight on an instance that is lost are run again [I2, I5]', async () => {
    const others = Array.from({ length: 5 }, () => worker.get('/wait/nothing'));
    expect((await worker.get('/wait/abort')).status).toBe(500);
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  test('a failure is one line in the log, with what Rust said and where [I1]', async () => {
    const { text: said } = await worker.get('/panic');
    const line = (await worker.loggedSoFar()).find(({ errorId }) => said.includes(errorId));
    expect(line?.message).toMatch(
      /^Rust aborted \(panic-abort\) in fetch: asked to panic \(src\/lib\.rs:\d+:\d+\)(?: \(calls lost: 1\))?$/,
    );
  });

  test('a schedule is run, and one that aborts costs itself', async () => {
    const fixture = await worker.events('fixture');
    const before = Number(await text('/count'));
    expect(await fixture.scheduled({ cron: '* * * * *' })).toMatchObject({ outcome: 'ok' });
    expect(await text('/count')).toBe(`${before + 101}`);
    expect(await fixture.scheduled({ cron: 'abort' })).toMatchObject({ outcome: 'exception' });
    expect((await worker.get('/count')).status).toBe(200);
  });
});
