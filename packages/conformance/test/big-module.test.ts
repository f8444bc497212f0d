/** Modules of more than 8 MB on the main thread of a page, where Chromium makes no instance synchronously. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { PANIC_MODES } from '../src/drive/paths.ts';
import { evaluateInBrowser } from '../src/drive/run-in-browser.ts';
import { browserToTest } from '../src/drive/runtimes.ts';

const chromium = browserToTest('chromium');
const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-big-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A custom section of 9 MB: what counts is the size of the file. */
function pad(wasm: Uint8Array): Uint8Array {
  const size = 9 * 2 ** 20;
  const section = new Uint8Array(size);
  // Its name, one letter long.
  section.set([1, 'x'.charCodeAt(0)]);
  const length = [0, 7, 14, 21].map((shift) => ((size >> shift) & 127) | (shift < 21 ? 128 : 0));
  return Buffer.concat([wasm, Uint8Array.of(0, ...length), section]);
}

const TRIES = `
  const attempt = (run) => { try { return run(); } catch (error) { return error.code ?? error.name; } };
  const tick = () => new Promise((resolve) => setTimeout(resolve, 20));
  const seen = {};
  seen.refused = attempt(() => new WebAssembly.Instance(module, {}));
  seen.first = attempt(() => pkg.bump());
  seen.abort = attempt(() => pkg.fail('abort'));
  let refusal;
  try { pkg.bump(); } catch (error) { refusal = error; }
  seen.next = refusal.code;
  seen.waits = refusal.retryAfter > 0;
  await refusal.ready;
  seen.later = attempt(() => pkg.bump());
  for (let n = 0; n < 10; n++) await tick();
  seen.again = attempt(() => pkg.fail('abort'));
  seen.atOnce = attempt(() => pkg.bump());
  return seen;
`;

const RIGHT = {
  refused: 'RangeError',
  abort: 'REVIVE_ABORT',
  next: 'REVIVE_RECOVERING',
  waits: true,
  later: 101,
  again: 'REVIVE_ABORT',
  atOnce: 101,
};

describe.skipIf(chromium === undefined)('a module of more than 8 MB on the main thread of Chromium', () => {
  beforeAll(() => {
    for (const panic of PANIC_MODES) {
      for (const target of ['web', 'bundler']) {
        const dir = join(folder, panic, target);
        cpSync(join(inject('transformed'), panic, target), dir, { recursive: true });
        const wasm = join(dir, 'wasm_revive_fixtures_bg.wasm');
        writeFileSync(wasm, pad(readFileSync(wasm)));
      }
    }
  });

  async function run(panic: string, load: string): Promise<unknown> {
    const expression = `(async () => { const module = await WebAssembly.compileStreaming(fetch('/package/web/wasm_revive_fixtures_bg.wasm')); ${load} ${TRIES} })()`;
    return JSON.parse(await evaluateInBrowser('chromium', chromium ?? '', { '/package/': join(folder, panic) }, expression));
  }

  it.each(PANIC_MODES)('I1, I2: recovers, and calls in between are told to come again › web › panic=%s', async (panic) => {
    const load = "const pkg = await import('/package/web/wasm_revive_fixtures.js'); await pkg.default();";
    expect(await run(panic, load)).toEqual({ ...RIGHT, first: 101 });
  });

  it('I2: the first instance can be awaited where the glue makes it › bundler', async () => {
    // As the entry does it where importing the wasm file gives a module.
    const load = `
      const pkg = await import('/package/bundler/wasm_revive_fixtures_bg.js');
      const own = await WebAssembly.compileStreaming(fetch('/package/bundler/wasm_revive_fixtures_bg.wasm'));
      await pkg.__wbg_set_wasm({ default: own }, own, true);`;
    expect(await run('unwind', load)).toEqual({ ...RIGHT, first: 101 });
  });
});
