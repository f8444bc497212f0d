/** What is left out of a Worker, because it has no use for it; and that nothing is left out which it has. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type KnownWorker, unusedParts } from '../src/build/unused-parts.ts';
import { build, run, stage } from './build-worker.ts';
import { start } from './workerd.ts';

const dir = mkdtempSync(join(tmpdir(), 'wasm-revive-unused-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const OF_OPTIONS = ['CONTROL', 'CLASS_OPTIONS', 'QUARANTINE', 'WORKFLOWS', 'ANALYTICS'];

/** @param options the text of a `wasm-revive.workers.js` */
function unused(options?: string, known: Partial<KnownWorker> = {}): string[] {
  const file = join(dir, 'wasm-revive.workers.js');
  if (options !== undefined) writeFileSync(file, options);
  const exports = { functions: ['fetch'], classes: ['Counter'] };
  const modules = [{ exceptions: 'exnref' }] as unknown as KnownWorker['modules'];
  return unusedParts({ dir, exports, modules, wasm: Buffer.from('wasm_revive'), options: options && file, ...known });
}

describe('left out is', () => {
  test('what only options ask for, where there are none, or others', () => {
    expect(unused()).toEqual(OF_OPTIONS);
    expect(unused('export default { retryable: () => true, "attempts": 3 };')).toEqual(OF_OPTIONS);
  });

  test.each([
    ['setup() {}', ['CONTROL']],
    ['revive: {}', ['CONTROL']],
    ['quarantine: true', ['QUARANTINE']],
    ['"workflows": ["Flow"]', ['WORKFLOWS']],
    ['analytics: "CRASHES"', ['ANALYTICS']],
    // Transactions hear of failures by a plugin.
    ['durableObjects: {}', ['CONTROL', 'CLASS_OPTIONS', 'QUARANTINE']],
  ])('not what { %s } needs', (option, needed) => {
    expect(unused(`export default { ${option} };`)).toEqual(OF_OPTIONS.filter((part) => !needed.includes(part)));
  });

  test.each([
    'const options = {}; export default options;',
    'export default { ...{} };',
    'export default { ["a"]: 1 };',
    'export default Object.freeze({});',
    'const a = {}; export { a as default };',
  ])('nothing of it where the names of options are not to be seen: %s', (text) => {
    expect(unused(text)).toEqual([]);
  });

  test('what a module has no use for that has no class, none of our crates, and catches nothing', () => {
    const modules = [{ exceptions: 'none' }] as unknown as KnownWorker['modules'];
    const left = unused(undefined, { exports: { functions: [], classes: [] }, wasm: Buffer.from(''), modules });
    expect(left).toEqual(['CONTROL', 'CRATES', 'EXCEPTIONS', 'SIBLINGS', 'CLASS_OPTIONS', 'QUARANTINE', 'WORKFLOWS', 'ANALYTICS']);
  });

  test('not the control handle where JavaScript of the program’s has a word of it', () => {
    mkdirSync(join(dir, 'snippets/app-123'), { recursive: true });
    writeFileSync(join(dir, 'snippets/app-123/inline0.js'), 'import { __revive } from "../../index.js";');
    expect(unused()).not.toContain('CONTROL');
    rmSync(join(dir, 'snippets'), { recursive: true });
  });
});

test('a Worker has what its options ask for, and without options none of it', async () => {
  const bundled = (options?: string): string => {
    const folder = stage('abort', options);
    expect(run(folder, ['--minify']).status).toBe(0);
    return readFileSync(join(folder, 'index.js'), 'utf8');
  };
  /** Words of pools, of refused requests and of kept states. */
  const words = ['least-in-flight', 'It is tried again on another build', 'ORDER BY page'];
  const found = (code: string): string[] => words.filter((word) => code.includes(word));
  expect(found(bundled('const all = {}; export default all;'))).toEqual(words);
  expect(found(bundled())).toEqual([]);
  const worker = await start(
    build('abort', 'export default { revive: { pool: { max: 2 }, retry: { idempotent: ["fetch"] }, drainMs: 1 } };'),
  );
  try {
    expect(await worker.get('/inc')).toEqual({ status: 200, text: '1' });
    expect((await worker.get('/abort')).status).toBe(500);
    expect(await worker.get('/inc')).toEqual({ status: 200, text: '1' });
  } finally {
    await worker.miniflare.dispose();
  }
});
