/** The targets `no-modules` and `experimental-nodejs-module`, whose packages load otherwise than all others: they do the same, and then recover. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { transform } from 'wasm-revive/transform';
import { everyMoment } from '../src/drive/every-moment.ts';
import { testFolders } from '../src/drive/folders.ts';
import { PANIC_MODES, RUNNING_NODE, root } from '../src/drive/paths.ts';
import { evaluateInBrowser } from '../src/drive/run-in-browser.ts';
import { runProgram } from '../src/drive/run-in-node.ts';
import { browserToTest } from '../src/drive/runtimes.ts';
import { nameOf } from '../src/invariants.ts';

const folders = testFolders();
const RECOVERIES = ['fresh', 'rollback'] as const;
const OLDER = fileURLToPath(new URL('../../bindgen/test/golden/0.2.100/', import.meta.url));

/** What a script finds as `wasm_bindgen`. */
interface Script {
  (source?: { module_or_path: BufferSource }): Promise<unknown>;
  initSync(source: { module: BufferSource }): unknown;
  abort(): void;
  readonly __revive?: { readonly generation: number; instance(key: string): Script };
}

interface Older extends Script {
  greet(name: string): string;
  calls(): number;
  readonly Mood: { readonly Sad: number };
  readonly Counter: new (count: number) => { inc(): number; closure(): (by: number) => number };
}

interface Newer extends Script {
  echo(text: string): string;
  readonly Counter: new (count: number) => { inc(): number };
}

function olderPackage(): string {
  const dir = folders.copyOf(join(OLDER, 'no-modules'));
  const wasm = readFileSync(join(OLDER, 'older_bg.no-modules.wasm.base64'), 'utf8');
  writeFileSync(join(dir, 'older_bg.wasm'), Buffer.from(wasm, 'base64'));
  return dir;
}

const artifact = (...path: string[]): string => join(root, '.artifacts', ...path);
const newerPackage = (panic: string): string => folders.copyOf(artifact('bench-fixture', panic, 'no-modules'));

/** Runs the script of a package, in a function, so that the next one may declare the same variable. */
function load<S extends Script>(dir: string): { readonly wasm_bindgen: S; readonly wasm: BufferSource } {
  const name = readdirSync(dir)
    .find((file) => file.endsWith('_bg.wasm'))
    ?.replace('_bg.wasm', '');
  const code = readFileSync(join(dir, `${name}.js`), 'utf8');
  return {
    wasm_bindgen: runInThisContext(`(() => {${code}\nreturn wasm_bindgen;\n})()`, { filename: join(dir, `${name}.js`) }) as S,
    wasm: new Uint8Array(readFileSync(join(dir, `${name}_bg.wasm`))),
  };
}

describe.each(RECOVERIES)('a script of wasm-bindgen 0.2.100, with recovery %s', (recovery) => {
  it(`${nameOf('I1')}, ${nameOf('I7')}: has the same exports, does the same, and recovers from an abort`, async () => {
    const plain = load<Older>(olderPackage());
    const dir = olderPackage();
    transform({ dir, recovery });
    const ours = load<Older>(dir);
    const use = async ({ wasm_bindgen: older, wasm }: typeof plain): Promise<unknown[]> => {
      const exports = Object.keys(older).filter((name) => name !== '__revive');
      await Promise.all([older({ module_or_path: wasm }), older({ module_or_path: wasm })]);
      const add = new older.Counter(3).closure();
      return [exports.sort(), older.greet('Ada'), older.calls(), older.Mood.Sad, add(1), add(2)];
    };
    expect(await use(ours)).toEqual(await use(plain));
    const { wasm_bindgen: older } = ours;
    const kept = new older.Counter(7);
    expect(() => older.abort()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    expect(older.calls()).toBe(recovery === 'fresh' ? 0 : 1);
    if (recovery === 'rollback') expect(kept.inc()).toBe(8);
    else expect(() => kept.inc()).toThrow(expect.objectContaining({ code: 'REVIVE_STALE_HANDLE' }));
    expect(older.greet('Eve')).toBe('Hello, Eve!');
  });
});

describe.each(PANIC_MODES)('a script of the newest wasm-bindgen, panic=%s', (panic) => {
  it.each(RECOVERIES)(`${nameOf('I1')}: recovers, and has siblings (%s)`, (recovery) => {
    const dir = newerPackage(panic);
    transform({ dir, recovery });
    const { wasm_bindgen: newer, wasm } = load<Newer>(dir);
    expect(() => newer.echo('early')).toThrow(expect.objectContaining({ code: 'REVIVE_NOT_READY' }));
    newer.initSync({ module: wasm });
    const counter = new newer.Counter(1);
    expect(counter.inc()).toBe(2);
    expect(() => newer.abort()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    if (recovery === 'rollback') expect(counter.inc()).toBe(3);
    else expect(() => counter.inc()).toThrow(expect.objectContaining({ code: 'REVIVE_STALE_HANDLE' }));
    expect(newer.echo('again')).toBe('again');
    const sibling = newer.__revive?.instance('a') as Newer;
    expect([new sibling.Counter(4).inc(), sibling.echo('sibling')]).toEqual([5, 'sibling']);
  });

  it('is declared as the script that it is', () => {
    const dir = newerPackage(panic);
    const { files } = transform({ dir });
    expect(files.filter((file) => file.startsWith('wasm-revive.'))).toEqual(['wasm-revive.d.ts']);
    const declarations = readFileSync(join(dir, 'wasm_revive_bench_fixture.d.ts'), 'utf8');
    expect(declarations).toMatch(/declare namespace wasm_bindgen \{[^}]*export const __revive: import\("\.\/wasm-revive\.js"\)/);
    // With an import or export of its own, it would declare nothing that is global.
    expect(declarations).not.toMatch(/^(?:import|export) /m);
  });
});

it('a script is refused where the runtime is to be imported (I9)', () => {
  const dir = newerPackage('abort');
  expect(() => transform({ dir, runtime: 'wasm-revive/runtime' })).toThrow(expect.objectContaining({ code: 'REVIVE_UNSUPPORTED_TARGET' }));
  expect(readFileSync(join(dir, 'wasm_revive_bench_fixture.js'))).toEqual(
    readFileSync(artifact('bench-fixture', 'abort', 'no-modules', 'wasm_revive_bench_fixture.js')),
  );
});

it('a script over the output of another build works whenever the run is killed (I9)', async () => {
  const out = join(folders.empty(), 'out');
  transform({ dir: newerPackage('unwind'), outDir: out });
  const moments = await everyMoment(folders.empty(), out, ['transform', newerPackage('abort'), '--out-dir', out]);
  expect(moments.length).toBeGreaterThan(5);
  const said = moments.map((dir) => {
    const { wasm_bindgen: newer, wasm } = load<Newer>(dir);
    newer.initSync({ module: wasm });
    return newer.echo('echo');
  });
  expect(said).toEqual(moments.map(() => 'echo'));
});

const chromium = browserToTest('chromium');

it.skipIf(chromium === undefined)('a script recovers where a page of Chromium loads it, and in a worker (I1)', async () => {
  const dir = newerPackage('abort');
  transform({ dir });
  const use = `
    const attempt = (run) => { try { return run(); } catch (error) { return error.code ?? String(error); } };
    await wasm_bindgen();
    const said = [attempt(() => wasm_bindgen.echo('first')), attempt(() => wasm_bindgen.abort()), attempt(() => wasm_bindgen.echo('next'))];`;
  writeFileSync(
    join(dir, 'worker.js'),
    `importScripts('./wasm_revive_bench_fixture.js');
    (async () => {
      ${use.replace('wasm_bindgen()', "wasm_bindgen({ module_or_path: './wasm_revive_bench_fixture_bg.wasm' })")}
      postMessage(said);
    })().catch((error) => postMessage(String(error)));`,
  );
  const expression = `(async () => {
    const script = document.createElement('script');
    script.src = '/package/wasm_revive_bench_fixture.js';
    await new Promise((resolve, reject) => { script.onload = resolve; script.onerror = reject; document.head.append(script); });
    ${use}
    const worker = new Worker('/package/worker.js');
    const inWorker = await new Promise((resolve, reject) => { worker.onmessage = ({ data }) => resolve(data); worker.onerror = reject; });
    return [said, inWorker];
  })()`;
  const right = ['first', 'REVIVE_ABORT', 'next'];
  expect(JSON.parse(await evaluateInBrowser('chromium', chromium ?? '', { '/package/': dir }, expression))).toEqual([right, right]);
});

it.each(PANIC_MODES.flatMap((panic) => RECOVERIES.map((recovery) => [panic, recovery] as const)))(
  `${nameOf('I1')}: an ES module for Node.js that reads its wasm file recovers (panic=%s, %s)`,
  async (panic, recovery) => {
    const dir = folders.copyOf(artifact('fixtures', panic, 'experimental-nodejs-module'));
    transform({ dir, recovery });
    expect(existsSync(join(dir, 'wasm-revive.js'))).toBe(true);
    const script = `
      const pkg = await import(${JSON.stringify(pathToFileURL(join(dir, 'wasm_revive_fixtures.js')).href)});
      const attempt = (run) => { try { return run(); } catch (error) { return error.code ?? String(error); } };
      console.log(JSON.stringify([pkg.bump(), attempt(() => pkg.fail('abort')), pkg.bump(), pkg.starts()]));`;
    const file = join(folders.empty(), 'main.mjs');
    writeFileSync(file, script);
    const { stdout, ended } = await runProgram(RUNNING_NODE.binary, [file]);
    expect(ended).toBeUndefined();
    expect(JSON.parse(stdout)).toEqual([101, 'REVIVE_ABORT', recovery === 'fresh' ? 101 : 102, 1]);
  },
);
