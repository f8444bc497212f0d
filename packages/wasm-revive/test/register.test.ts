/** `node --import wasm-revive/register`: packages recover as Node.js loads them, and stay as they are on the disk. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspectWasm } from '@wasm-revive/bindgen';
import { afterEach, describe, expect, it } from 'vitest';
import { transform } from '../dist/transform.js';
import { folder, hashOf, removeFolders } from './fixtures.js';

const MAIN = 'wasm_revive_fixtures.js';
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const VERSIONS: Record<string | number, string> = {
  running: process.execPath,
  ...Object.fromEntries([22, 24, 26].map((major) => [major, `${ROOT}.tools/node-${major}/bin/node`])),
};

/** The state goes with the instance that aborted: a program that is not protected counts on. */
const USE = `
  const codes = [];
  const before = pkg.bump();
  try { pkg.fail('abort'); } catch (error) { codes.push(error.code); }
  console.log(JSON.stringify({ codes, lost: pkg.count() < before, echo: pkg.echo('fine') }));`;
const PROGRAMS = {
  'app.cjs': `const pkg = require('fixtures'); ${USE}`,
  'app.mjs': `import pkg from 'fixtures'; ${USE}`,
  'names.mjs': `import * as pkg from 'fixtures'; ${USE}`,
  'dynamic.cjs': `import('fixtures').then((pkg) => { ${USE} });`,
  'path.mjs': `import { createRequire } from 'node:module'; const pkg = createRequire(import.meta.url)('./node_modules/fixtures/${MAIN}'); ${USE}`,
  'worker.cjs': `const { Worker } = require('node:worker_threads'); new Worker(__dirname + '/app.cjs');`,
};
const RECOVERED = { codes: ['REVIVE_ABORT'], lost: true, echo: 'fine' };
const PLAIN = { codes: [null], lost: false, echo: 'fine' };

afterEach(removeFolders);

/** A project that has the fixtures as a dependency. */
function project(target = 'nodejs', manifest: object = {}): string {
  const dir = folder();
  const pkg = join(dir, 'node_modules/fixtures');
  cpSync(join(ROOT, '.artifacts/fixtures/abort', target), pkg, { recursive: true });
  const type = target === 'nodejs' ? {} : { type: 'module' };
  writeFileSync(join(pkg, 'package.json'), JSON.stringify({ name: 'fixtures', version: '1.0.0', main: MAIN, ...type }));
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'program', ...manifest }));
  symlinkSync(join(ROOT, 'packages/wasm-revive'), join(dir, 'node_modules/wasm-revive'));
  for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(dir, name), text);
  return dir;
}

interface Run {
  readonly status: number | null;
  readonly stderr: string;
  readonly seen: unknown;
}

function run(dir: string, program: string, node: string = process.execPath, env: Record<string, string> = {}): Run {
  const { status, stdout, stderr, error } = spawnSync(node, ['--import', 'wasm-revive/register', program], {
    cwd: dir,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  return { status, stderr, seen: stdout === '' ? undefined : JSON.parse(stdout) };
}

describe.each(Object.entries(VERSIONS))('Node.js, %s', (_, node) => {
  it.each(Object.keys(PROGRAMS))('%s is served by a fresh instance after an abort, and the package is untouched', (program) => {
    const dir = project();
    const before = hashOf(join(dir, 'node_modules/fixtures'));
    expect(run(dir, program, node)).toEqual({ status: 0, stderr: '', seen: RECOVERED });
    expect(hashOf(join(dir, 'node_modules/fixtures'))).toBe(before);
    expect(existsSync(join(dir, 'node_modules/.cache/wasm-revive'))).toBe(true);
  });

  it('what a copy imports is found from where the package is: its snippets, and packages beside it', () => {
    const dir = project();
    const glue = join(dir, 'node_modules/fixtures', MAIN);
    mkdirSync(join(dir, 'node_modules/fixtures/node_modules/inner'), { recursive: true });
    writeFileSync(join(dir, 'node_modules/fixtures/node_modules/inner/index.js'), 'exports.where = __filename;');
    writeFileSync(join(dir, 'node_modules/fixtures/more.js'), 'exports.where = __filename;');
    writeFileSync(
      glue,
      `${readFileSync(glue, 'utf8')}\nfunction where() { return [require('inner').where, require('./more').where]; }\nexports.where = where;\n`,
    );
    writeFileSync(join(dir, 'where.cjs'), "console.log(JSON.stringify(require('fixtures').where()))");
    const own = join(dir, 'node_modules/fixtures');
    expect(run(dir, 'where.cjs', node)).toMatchObject({ seen: [join(own, 'node_modules/inner/index.js'), join(own, 'more.js')] });
  });
});

it('a package for bundlers recovers where Node.js imports wasm files by itself', () => {
  const dir = project('bundler');
  expect(run(dir, 'names.mjs', VERSIONS[24], { NODE_NO_WARNINGS: '1' })).toEqual({ status: 0, stderr: '', seen: RECOVERED });
});

describe('which packages', () => {
  it('only those that are named, where some are', () => {
    const dir = project('nodejs', { 'wasm-revive': { protect: ['other'] } });
    const { seen, stderr } = run(dir, 'app.cjs');
    expect(seen).toEqual(PLAIN);
    expect(stderr).toMatch(/"protect" names other, and .* Nothing of it recovers\./);
    expect(run(dir, 'app.cjs', process.execPath, { WASM_REVIVE_PROTECT: 'fixtures' })).toEqual({ status: 0, stderr: '', seen: RECOVERED });
  });

  it.each(['fixtures', './node_modules/fixtures'])('%s in package.json names the package', (name) => {
    const dir = project('nodejs', { 'wasm-revive': { protect: [name] } });
    expect(run(dir, 'app.mjs')).toEqual({ status: 0, stderr: '', seen: RECOVERED });
  });

  it.each([
    ['as it calls itself', 'fixtures'],
    ['as it is installed', '@scope/alias'],
    ['as wasm-pack calls what is in it', 'crate-of-fixtures'],
  ])('one that is named %s, with output of wasm-pack in a folder of it', (_, protect) => {
    const dir = project('nodejs', { 'wasm-revive': { protect: [protect] } });
    const place = join(dir, 'node_modules/@scope/alias');
    mkdirSync(join(dir, 'node_modules/@scope'));
    renameSync(join(dir, 'node_modules/fixtures'), place);
    mkdirSync(join(place, 'dist'));
    for (const file of readdirSync(place))
      if (file !== 'dist' && file !== 'package.json') renameSync(join(place, file), join(place, 'dist', file));
    writeFileSync(join(place, 'dist/package.json'), JSON.stringify({ name: 'crate-of-fixtures', main: MAIN }));
    writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'fixtures', main: `dist/${MAIN}` }));
    writeFileSync(join(dir, 'app.cjs'), PROGRAMS['app.cjs'].replace("'fixtures'", "'@scope/alias'"));
    expect(run(dir, 'app.cjs')).toEqual({ status: 0, stderr: '', seen: RECOVERED });
  });

  it('recovery rollback loses nothing but the call that failed', () => {
    const dir = project('nodejs', { 'wasm-revive': { recovery: 'rollback' } });
    expect(run(dir, 'app.mjs')).toEqual({ status: 0, stderr: '', seen: { ...RECOVERED, lost: false } });
  });

  /** The start function says how often it has run: in this process, or where the copy was made. */
  const COUNTED = `
    let started = 0;
    globalThis.wasmReviveStart = () => { started++; return ''; };
    const pkg = require('fixtures');
    const before = pkg.bump();
    const codes = [];
    try { pkg.fail('abort'); } catch (error) { codes.push(error.code); }
    console.log(JSON.stringify({ started, starts: pkg.starts(), before, after: pkg.bump(), codes }));`;
  const WARM = { started: 0, starts: 1, before: 101, codes: ['REVIVE_ABORT'] };

  it.each([
    [{ prewarm: ['fixtures'] }, 101],
    [{ prewarm: ['./node_modules/fixtures'], recovery: 'rollback' }, 102],
    [{ prewarm: ['fixtures'], protect: ['fixtures'], recovery: 'rollback', commit: 'copy' }, 102],
  ])('I7: %j: instances begin in the state after the start function, which is run once, for the copy', (settings, after) => {
    const dir = project('nodejs', { 'wasm-revive': settings });
    writeFileSync(join(dir, 'counted.cjs'), COUNTED);
    const first = run(dir, 'counted.cjs');
    expect(first).toMatchObject({ status: 0, seen: { ...WARM, after } });
    expect(first.stderr).toContain('when it was run for --prewarm');
    expect(run(dir, 'counted.cjs')).toMatchObject({ status: 0, seen: { ...WARM, after } });
  });

  it('prewarm of a package that can not begin so, has been transformed already, or is never loaded: is reported', () => {
    const dir = project('nodejs', { 'wasm-revive': { prewarm: ['fixtures'] } });
    const told = join(dir, 'told.cjs');
    writeFileSync(told, "globalThis.wasmReviveStart = () => 'throw';");
    const failing = run(dir, 'app.cjs', process.execPath, { NODE_OPTIONS: `--require=${told}` });
    expect(failing).toMatchObject({ status: 1, stderr: expect.stringContaining('thrown by start on purpose') });
    expect(failing.stderr).toContain('REVIVE_NOT_PREWARMED');
    writeFileSync(join(dir, 'nothing.cjs'), '');
    expect(run(dir, 'nothing.cjs').stderr).toMatch(/"prewarm" names fixtures, and .* Nothing of it recovers\./);
    transform({ dir: join(dir, 'node_modules/fixtures') });
    expect(run(dir, 'app.cjs')).toMatchObject({ status: 1, stderr: expect.stringContaining('REVIVE_ALREADY_TRANSFORMED') });
  });

  it('commit copy leaves the code of the wasm file as it is', () => {
    const dir = project();
    const env = { WASM_REVIVE_RECOVERY: 'rollback', WASM_REVIVE_COMMIT: 'copy' };
    expect(run(dir, 'app.cjs', process.execPath, env)).toEqual({ status: 0, stderr: '', seen: { ...RECOVERED, lost: false } });
    const cache = join(dir, 'node_modules/.cache/wasm-revive');
    const [copied] = readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('_bg.wasm'));
    const code = (file: string): Uint8Array => {
      const bytes = readFileSync(file);
      const { offset, size } = inspectWasm(bytes).code ?? { offset: 0, size: 0 };
      return bytes.subarray(offset, offset + size);
    };
    expect(Buffer.compare(code(join(cache, copied ?? '')), code(join(dir, 'node_modules/fixtures/wasm_revive_fixtures_bg.wasm')))).toBe(0);
  });

  const WEB = `
    import { readFileSync } from 'node:fs';
    import * as pkg from 'fixtures';
    pkg.initSync({ module: readFileSync(new URL(import.meta.resolve('fixtures/wasm_revive_fixtures_bg.wasm'))) });
    ${USE}`;

  it('one for the target web is left alone with a warning, since the program brings its wasm file', () => {
    const dir = project('web');
    writeFileSync(join(dir, 'web.mjs'), WEB);
    const { seen, stderr } = run(dir, 'web.mjs');
    expect(seen).toEqual(PLAIN);
    expect(stderr).toMatch(/WasmReviveWarning: .*fixtures is not protected: it is for the target web/);
  });

  it('one for the target web that is named recovers, with the wasm file that import.meta.resolve leads to', () => {
    const dir = project('web', { 'wasm-revive': { protect: ['fixtures'] } });
    writeFileSync(join(dir, 'web.mjs'), WEB);
    expect(run(dir, 'web.mjs')).toEqual({ status: 0, stderr: '', seen: RECOVERED });
  });

  it("one that can't be transformed is loaded as it is, with a warning; where it is named, it is refused", () => {
    const dir = project();
    writeFileSync(join(dir, 'node_modules/fixtures/wasm-revive.cjs'), 'of the package itself');
    const { seen, stderr } = run(dir, 'app.cjs');
    expect(seen).toEqual(PLAIN);
    expect(stderr).toMatch(/WasmReviveWarning: .*fixtures is not protected\. REVIVE_BAD_OUTPUT: /);
    const named = run(dir, 'app.cjs', process.execPath, { WASM_REVIVE_PROTECT: 'fixtures' });
    expect(named).toMatchObject({ status: 1, stderr: expect.stringContaining('REVIVE_BAD_OUTPUT') });
  });
});

it.each([
  ['protect', { protect: 'fixtures' }, /"protect" is "fixtures"\. It has to be a list/],
  ['recovery', { recovery: 'back' }, /"recovery" is "back"\. It has to be "fresh" or "rollback"/],
  ['another name', { protects: [] }, /an object with any of "protect", "prewarm", "recovery", "commit", "cacheDir"/],
  ['prewarm', { prewarm: true }, /"prewarm" is true\. It has to be a list/],
  ['commit', { recovery: 'rollback', commit: 'copies' }, /"commit" is "copies"\. It has to be "log" or "copy"/],
  [
    'commit where nothing is undone',
    { commit: 'copy' },
    /"commit" is "copy"\. It has to be left away where the setting "recovery" isn't "rollback"/,
  ],
])('refuses a bad setting: %s', (_, settings, message) => {
  const { status, stderr } = run(project('nodejs', { 'wasm-revive': settings }), 'app.cjs');
  expect(status).toBe(1);
  expect(stderr).toMatch(message);
});
