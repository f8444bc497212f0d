/** What stands in for esbuild in worker-build: what it takes, what it makes of it, what it refuses. */

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectWasm } from '@wasm-revive/bindgen';
import { afterAll, describe, expect, test } from 'vitest';
import { exportsOf } from '../src/build/exports-of.js';
import { LEGACY_ESBUILD, NODE_WITH_EXNREF, run, stage, stageLegacy } from './build-worker.ts';
import { type Running, start } from './workerd.ts';

const files = (dir: string): string[] => readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort();

describe('the stand-in for esbuild', () => {
  const running: Running[] = [];
  afterAll(() => Promise.all(running.map(({ miniflare }) => miniflare.dispose())));

  test('puts the bundle and the module where worker-build looks for them, and leaves nothing else', () => {
    const dir = stage('abort');
    const before = files(dir);
    const { status, stderr } = run(dir);
    expect(status).toBe(0);
    expect(stderr).toContain('Functions: add, failLater, fetch, queue, scheduled. Classes: Admin, Counter, Flow, Kept, Ledger, Loaded.');
    expect(files(dir)).toEqual(before);
    const code = readFileSync(join(dir, 'index.js'), 'utf8');
    expect(code).toMatch(/export \{[^}]*Counter,[^}]*Loaded,[^}]*as default/s);
    expect(code).not.toContain('the shim of worker-build');
  });

  test('has requests run to their end where worker-build is asked for that (RUN_TO_COMPLETION)', () => {
    const dir = stage('abort');
    expect(run(dir, [], { RUN_TO_COMPLETION: '1' }).status).toBe(0);
    expect(readFileSync(join(dir, 'index.js'), 'utf8')).toContain('"runToCompletion": true');
  });

  test('minifies where worker-build asks for it', () => {
    const size = (args: readonly string[]): number => {
      const dir = stage('abort');
      expect(run(dir, args).status).toBe(0);
      return readFileSync(join(dir, 'index.js')).length;
    };
    expect(size(['--minify'])).toBeLessThan(0.7 * size([]));
  });

  test('takes what worker-build makes with --no-panic-recovery, for the bundler target', async () => {
    const dir = stageLegacy('abort');
    expect(run(dir, LEGACY_ESBUILD, {}).status).toBe(0);
    expect(files(dir)).toEqual(expect.arrayContaining(['index_bg.wasm', 'shim.mjs']));
    expect(existsSync(join(dir, 'index.wasm'))).toBe(false);
    const worker = await start(dir, { main: 'shim.mjs' });
    running.push(worker);
    await worker.get('/inc');
    expect((await worker.get('/abort')).status).toBe(500);
    expect(await worker.get('/inc')).toMatchObject({ status: 200, text: '1' });
    expect((await worker.get('/object/a/inc')).text).toContain('"count":1');
    expect((await worker.get('/object/a/abort')).status).toBe(500);
    expect((await worker.get('/object/a/inc')).text).toContain('"count":1,"stored":2');
  });

  test('keeps a shim of the program’s own (CUSTOM_SHIM), which finds the package and `serve` beside it', async () => {
    const shim = [
      'import * as pkg from "./index.js";',
      'import { serve } from "./wasm-revive-workers.js";',
      'const worker = serve(pkg, { functions: ["fetch"], objects: ["Counter", "Loaded"], shared: true });',
      'export default worker.default;',
      'export const { Counter, Loaded } = worker.classes;',
    ].join('\n');
    const dir = stageLegacy('abort', shim);
    expect(run(dir, LEGACY_ESBUILD, { CUSTOM_SHIM: 'shim.js' }).status).toBe(0);
    const worker = await start(dir, { main: 'shim.mjs' });
    running.push(worker);
    expect((await worker.get('/object/a/inc')).text).toContain('"made":1');
    expect((await worker.get('/object/b/inc')).text).toContain('"made":2');
  });

  test.each(['fresh', 'rollback'])(
    'has instances begin where the start function ends (WASM_REVIVE_PREWARM), with recovery %s',
    async (recovery) => {
      const plain = stage('abort');
      expect(run(plain, [], { WASM_REVIVE_RECOVERY: recovery }).status).toBe(0);
      const dir = stage('abort');
      importFromWorkerd(dir);
      const { status, stderr } = run(dir, [], { WASM_REVIVE_PREWARM: '1', WASM_REVIVE_RECOVERY: recovery }, false, NODE_WITH_EXNREF);
      expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('recovery built in') });
      expect(startOf(dir)).toBeGreaterThan(startOf(plain) as number);
      const worker = await start(dir);
      running.push(worker);
      await worker.get('/inc');
      expect((await worker.get('/abort')).text).toContain('error id');
      expect(await worker.get('/inc')).toEqual({ status: 200, text: recovery === 'fresh' ? '1' : '2' });
      await worker.get('/object/a/inc');
      expect((await worker.get('/object/a/abort')).status).toBe(500);
      expect((await worker.get('/object/a/inc')).text).toContain(recovery === 'fresh' ? '"count":1,"stored":2' : '"count":2,"stored":2');
    },
  );

  test.runIf(process.versions.node.startsWith('20.'))('refuses to run a start function that this Node.js can not run [I9]', () => {
    const dir = stage('abort');
    const { status, stderr } = run(dir, [], { WASM_REVIVE_PREWARM: '1' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error REVIVE_NOT_PREWARMED: .* uses exception handling in the exnref encoding; this engine, Node\.js 20\.\d/);
  });

  test('copies the memory, and changes no code of the module, where that is asked for (WASM_REVIVE_COMMIT)', async () => {
    const dir = stage('abort');
    const code = codeOf(dir);
    expect(run(dir, [], { WASM_REVIVE_RECOVERY: 'rollback', WASM_REVIVE_COMMIT: 'copy' }).status).toBe(0);
    expect(Buffer.compare(codeOf(dir), code)).toBe(0);
    const worker = await start(dir);
    running.push(worker);
    await worker.get('/inc');
    expect((await worker.get('/abort')).status).toBe(500);
    expect(await worker.get('/inc')).toEqual({ status: 200, text: '2' });
  });

  test.each([
    [
      { WASM_REVIVE_COMMIT: 'copy' },
      'WASM_REVIVE_COMMIT says how a call can be undone, which is done only with WASM_REVIVE_RECOVERY=rollback.',
    ],
    [
      { WASM_REVIVE_RECOVERY: 'rollback', WASM_REVIVE_COMMIT: 'copies' },
      'WASM_REVIVE_COMMIT is "copies". It has to be log, which is the default, or copy.',
    ],
    [{ WASM_REVIVE_PREWARM: 'yes' }, 'WASM_REVIVE_PREWARM is "yes". It has to be 0, which is the default, or 1.'],
    [{ WASM_REVIVE_RECOVERY: 'rolback' }, 'WASM_REVIVE_RECOVERY is "rolback". It has to be fresh, which is the default, or rollback.'],
  ])('refuses settings that nothing would heed: %j [I9]', (env, message) => {
    const dir = stage('abort');
    const before = files(dir);
    expect(run(dir, [], env)).toMatchObject({ status: 1, stderr: `error: ${message}\n` });
    expect(files(dir)).toEqual(before);
  });

  test('refuses --emscripten by its name [I9]', () => {
    const dir = stage('abort');
    const before = readFileSync(join(dir, 'index.js'), 'utf8');
    const { status, stderr } = run(dir, ['--external:node:*', '--platform=node']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: worker-build was run with --emscripten, .* leave --emscripten away/);
    expect(readFileSync(join(dir, 'index.js'), 'utf8')).toBe(before);
  });

  test('refuses glue that it does not know, and leaves the folder as it was [I9]', () => {
    const dir = stage('abort');
    const file = join(dir, 'index.js');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('__wbg_get_imports', 'somethingElse'));
    const before = files(dir).map((name) => [name, existsSync(join(dir, name))]);
    const { status, stderr } = run(dir);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error REVIVE_UNKNOWN_GLUE: /);
    expect(files(dir).map((name) => [name, existsSync(join(dir, name))])).toEqual(before);
  });

  test('leaves the folder as it was where esbuild fails, and says so by its exit code', () => {
    const dir = stage('abort', 'export default { shared: true }; import "./nothing-of-that-name.js";');
    const before = readFileSync(join(dir, 'index_bg.wasm'));
    expect(run(dir).status).toBe(1);
    expect(readFileSync(join(dir, 'index_bg.wasm')).equals(before)).toBe(true);
    expect(existsSync(join(dir, '.wasm-revive'))).toBe(false);
  });

  test('says where it belongs when it is run anywhere else [I9]', () => {
    const dir = stage('abort');
    rmSync(join(dir, 'index_bg.wasm'));
    const { status, stderr } = run(dir);
    expect(status).toBe(1);
    expect(stderr).toMatch(/is not a folder in which worker-build bundles: .*ESBUILD_BIN=/s);
  });

  test('is esbuild itself for everything but a bundle', () => {
    const { status, stdout } = run(stage('abort'), ['--version'], {}, true);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

/** Has a snippet import what only workerd has, as snippets for Workers do. */
function importFromWorkerd(dir: string): void {
  const snippet = files(join(dir, 'snippets')).find((name) => name.endsWith('.js')) ?? '';
  const file = join(dir, 'snippets', snippet);
  const imports =
    'import {\n  WorkerEntrypoint as Base,\n  env,\n} from "cloudflare:workers";\nimport * as sockets from \'cloudflare:sockets\';\n';
  const uses = 'export class Own extends Base {}\nexport const all = [typeof env, typeof sockets.connect];\n';
  writeFileSync(file, `${imports}${uses}${readFileSync(file, 'utf8')}`);
}

/** Which function is run first in an instance, by its place in the module. */
function startOf(dir: string): number | undefined {
  return inspectWasm(wasmOf(dir)).exports.find(({ name }) => name === '__wbindgen_start')?.index;
}

/** The bytes of all functions. */
function codeOf(dir: string): Uint8Array {
  const wasm = wasmOf(dir);
  const { offset, size } = inspectWasm(wasm).code ?? { offset: 0, size: 0 };
  return wasm.subarray(offset, offset + size);
}

function wasmOf(dir: string): Uint8Array {
  return readFileSync(join(dir, 'index_bg.wasm'));
}

describe('the exports of a Worker', () => {
  test.each([
    [
      'functions and classes, wherever they are exported',
      'export function a() {} function b() {} class C { constructor(s, e) {} } export { b as c, C };',
      ['a', 'c'],
      ['C'],
    ],
    ['nothing that only looks like an export', '/* export function a() {} */ const text = `export class B {}`;', [], []],
    ['nothing of the glue’s own', 'export function __wbg_reset_state() {} export function __worker_init_state() {}', [], []],
    ['nothing of the crate’s own, of 0.6 and 0.7', 'export function setPanicHook(hook) {} export function fetch() {}', ['fetch'], []],
    [
      'no class that workerd could not construct',
      'export class A { static of() {} } export class B { constructor() {} } export class C { constructor(x) {} }',
      [],
      [],
    ],
    ['names of any kind', 'function a() {} export { a as "b c" };', ['b c'], []],
  ])('are %s', (_, code, functions, classes) => {
    expect(exportsOf('index.js', code)).toEqual({ functions, classes });
  });
});
