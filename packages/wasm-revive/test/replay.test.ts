/** `wasm-revive replay`: from a call that crashed in a program to the same failure at a desk. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from '@wasm-revive/bindgen';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Capsule, quarantine, shim } from '../src/index.js';
import { type Package as Fixtures, folder, RUNTIME, removeFolders, thrown, transformed, wasmFileOf } from './fixtures.js';

interface Package extends Fixtures {
  bump_static(): number;
  fail(kind: string, ...more: unknown[]): void;
  fails_from_three(): void;
  picky(...args: unknown[]): void;
  loop(): void;
  leave(): void;
}

const CLI = fileURLToPath(new URL('../bin/wasm-revive.js', import.meta.url));
const DEBUG = fileURLToPath(new URL('../../../.artifacts/fixtures-debug/abort/nodejs/', import.meta.url));

/** Data of each kind, as a program of either kind writes it. */
const DATA = `[undefined, null, true, NaN, -0, 1 / 0, 2n ** 70n, '\\ud800', [1, , 2], { $: 1, a: { b: [] } }, Object.assign(Object.create(null), { n: 1 }),
  new Uint8Array([1, 2]), new BigInt64Array([-1n]), new Float32Array([0.5]), new Uint8Array([7]).buffer, new DataView(new ArrayBuffer(2)), new Date(5),
  new Map([[{ k: 1 }, new Set(['v'])]])]`;

/** What a program has added to a package's main file. `picky` fails where it is given just that data. */
const ADDED = `
  out.picky = (...args) => { assert.deepStrictEqual(args, ${DATA}); out.fail('abort'); };
  out.fails_from_three = () => { if (out.bump_static() >= 3) out.fail('abort'); };
  out.loop = () => { if (process.env.LOOPS) for (;;); out.fail('abort'); };
  out.leave = () => { if (process.env.LEAVES) process.exit(7); out.fail('abort'); };`;

function withMore(dir: string, target: Target): string {
  const main = wasmFileOf(dir).replace('_bg.wasm', '.js');
  if (target === 'nodejs') appendFileSync(main, `\n{ const assert = require('node:assert'); const out = exports; ${ADDED} }\n`);
  else {
    const fail = target === 'bundler' ? `import { fail as ownFail } from './wasm_revive_fixtures_bg.js';` : 'const ownFail = fail;';
    appendFileSync(
      main,
      `\nimport assert from 'node:assert';\n${fail}\nconst out = { fail: ownFail };${ADDED}\nexport const { picky, loop, leave } = out;\n`,
    );
  }
  return dir;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'replay', ...args], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  return { status, stdout, stderr, last: stdout.trimEnd().split('\n').at(-1) };
}

function written(capsule: unknown): string {
  const file = join(folder(), 'capsule.json');
  writeFileSync(file, typeof capsule === 'string' ? capsule : JSON.stringify(capsule));
  return file;
}

afterAll(removeFolders);

/** A package of the target `nodejs`, and the capsules of what a program calls there. */
function crashing(panic: 'abort' | 'unwind', recovery?: 'rollback', name = 'fixtures') {
  const dir = withMore(transformed('nodejs', panic, RUNTIME, name, recovery), 'nodejs');
  const pkg = createRequire(import.meta.url)(wasmFileOf(dir).replace('_bg.wasm', '.js')) as Package;
  const capsules: Capsule[] = [];
  const around = quarantine({ panics: true, capsule: (one) => capsules.push(one), image: () => pkg.__revive.checkpoint() });
  const capsuleOf = (call: (app: Package) => unknown): Capsule => {
    thrown(() => call(shim(() => pkg, { around })));
    return capsules.at(-1) ?? expect.fail('there is no capsule');
  };
  return { dir, pkg, capsules, capsuleOf, app: shim(() => pkg, { around }) };
}

/** The same data as a program has it. */
function dataOf(): unknown[] {
  const file = join(folder(), 'data.cjs');
  writeFileSync(file, `module.exports = ${DATA};`);
  return createRequire(import.meta.url)(file) as unknown[];
}

describe.each(['abort', 'unwind'] as const)('panic=%s', (panic) => {
  let made: ReturnType<typeof crashing>;
  let capsule: Capsule;

  beforeAll(() => {
    made = crashing(panic);
    capsule = made.capsuleOf((app) => app.picky(...dataOf()));
  });

  it.each(['nodejs', 'web', 'module', 'bundler'] as const)('the call fails as it did, on its own arguments (%s)', (target) => {
    const dir = target === 'nodejs' ? made.dir : withMore(transformed(target, panic), target);
    const { status, stdout, stderr, last } = run([written(capsule), dir]);
    expect([status, last, stderr]).toEqual([
      0,
      `The same failure: the call of picky fails as it did (fingerprint ${capsule.report.fingerprint}).`,
      '',
    ]);
    expect(stdout).toContain('error: Rust aborted in fail: unreachable code was executed');
    // Were the arguments other ones, it would not fail.
    const other = run([written({ ...capsule, args: [1] }), dir]);
    expect([other.status, other.last]).toEqual([2, expect.stringContaining('threw an error that is none of Rust')]);
  });

  it('constructors, static methods and calls that give promises fail as they did', async () => {
    const all = [made.capsuleOf((app) => app.Faller.fail_static('abort'))];
    all.push(made.capsuleOf((app) => new (app.Faller as unknown as new (kind: string) => object)('abort')));
    await made.app.fail_first_poll('abort').catch(() => {});
    all.push(made.capsules.at(-1) ?? expect.fail('there is no capsule'));
    expect(all.map(({ path }) => path)).toEqual(['Faller.fail_static', 'new Faller', 'fail_first_poll']);
    for (const one of all)
      expect(run([written(one), made.dir])).toMatchObject({ status: 0, last: expect.stringContaining('The same failure') });
  });

  it('a panic that unwound is the same failure, too', () => {
    const panicked = made.capsuleOf((app) => app.fail('panic-index'));
    const { status, stdout } = run([written(panicked), made.dir]);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^error: Rust panicked in fail: /)]);
  });

  it('says that another failure happened, or none', () => {
    const other = { ...capsule, report: { ...capsule.report, fingerprint: 'f'.repeat(16) } };
    expect(run([written(other), made.dir])).toMatchObject({
      status: 2,
      last: `Another failure: the call of picky fails with the fingerprint ${capsule.report.fingerprint}; the capsule's is ffffffffffffffff. The state that it failed in isn't in the capsule (the state before the call is gone (recovery: fresh)): it began with the initial one.`,
    });
  });
});

describe.each(['abort', 'unwind'] as const)('with an image, panic=%s', (panic) => {
  it('begins with the state that the call failed in', () => {
    const { dir, pkg, capsuleOf } = crashing(panic, 'rollback');
    pkg.bump_static();
    pkg.bump_static();
    const capsule = capsuleOf((app) => app.fails_from_three());
    expect(run([written(capsule), dir])).toMatchObject({ status: 0, last: expect.stringContaining('The same failure') });
    const { image: _, imageHash: __, ...without } = capsule;
    expect(run([written(without), dir])).toMatchObject({
      status: 2,
      last: "No failure: the call of fails_from_three ended well. The state that it failed in isn't in the capsule: it began with the initial one.",
    });
    const damaged = { ...capsule, image: `AAAA${capsule.image?.slice(4)}` };
    expect(run([written(damaged), dir])).toMatchObject({ status: 1, stderr: expect.stringContaining('its image was damaged') });
  });
});

describe('what the call does to its process', () => {
  it('I5: a call that never ends is ended, one that ends the process is reported', () => {
    const { dir, capsuleOf } = crashing('abort');
    const loop = written(capsuleOf((app) => app.loop()));
    expect(run([loop, dir, '--timeout', '3'], { LOOPS: '1' })).toMatchObject({
      status: 2,
      last: 'No answer: the call of loop had not ended after 3 s, and its process was ended. --timeout gives it longer.',
    });
    const leave = written(capsuleOf((app) => app.leave()));
    expect(run([leave, dir], { LEAVES: '1' })).toMatchObject({
      status: 2,
      last: 'No answer: the process in which the call of leave ran was at an end before (it ended with the code 7).',
    });
    expect(run([loop, dir, '--timeout', 'soon'])).toMatchObject({ status: 1, stderr: expect.stringContaining('Give a number of seconds') });
  });
});

it('of a folder with several modules, the one that failed is called, whatever its main file ends with', () => {
  const { dir, capsuleOf } = crashing('abort');
  const capsule = capsuleOf((app) => app.fail('abort'));
  const main = wasmFileOf(dir).replace('_bg.wasm', '.js');
  writeFileSync(join(dir, 'another_bg.wasm'), '');
  renameSync(main, main.replace(/js$/, 'cjs'));
  expect(run([written(capsule), dir])).toMatchObject({ status: 0, last: expect.stringContaining('The same failure') });
  expect(run([written({ ...capsule, module: 'third' }), dir])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('has 2 files that end in _bg.wasm, and none is that of third'),
  });
});

describe('what is shown', () => {
  it('has the lines of the source, with the debug file', () => {
    const { dir, capsuleOf } = crashing('abort', undefined, 'fixtures-debug');
    const capsule = written(capsuleOf((app) => app.fail('abort')));
    expect(run([capsule, dir]).stdout).not.toContain('crates/fixtures/src/fail.rs:');
    const { status, stdout } = run([capsule, dir, '--debug', wasmFileOf(DEBUG)]);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/crates\/fixtures\/src\/fail\.rs:\d+/)]);
  });
});

describe('I9: what can’t be replayed is refused', () => {
  let dir: string;
  let capsule: Capsule;
  beforeAll(() => {
    const made = crashing('abort');
    dir = made.dir;
    capsule = made.capsuleOf((app) => app.fail('abort'));
  });
  const refuses = (given: unknown, where: string, ...told: string[]): void => {
    const { status, stdout, stderr } = run([written(given), where]);
    expect([status, stdout, stderr]).toEqual([1, '', expect.stringMatching(/^error REVIVE_[A-Z_]+: .+\n$/)]);
    for (const text of told) expect(stderr).toContain(text);
  };

  it('another build, with both ids', () => {
    const other = crashing('unwind');
    const build = other.capsuleOf((app) => app.fail('abort')).build ?? '';
    refuses(capsule, other.dir, 'REVIVE_OTHER_BUILD', `The package is build ${build}`, `failed in build ${capsule.build}`);
  });

  it('a capsule that has no arguments, or is none', () => {
    const made = crashing('abort');
    refuses(
      made.capsuleOf((app) => app.fail('abort', () => {})),
      made.dir,
      'REVIVE_NO_REPLAY',
      '`arguments[1]` is a function',
      'wasm-revive symbolicate',
    );
    for (const [given, told] of [
      ['{', 'it is not JSON'],
      [[], 'it is no object'],
      [capsule.report, '`path` is no text'],
      [{ ...capsule, version: 2 }, 'its `version` is 2'],
      [{ ...capsule, args: [{ $: 'Function' }] }, "`args` can't be read"],
      [{ ...capsule, report: {} }, 'This is not a crash report'],
      [{ ...capsule, path: 'no_such.export' }, 'The package has no no_such.export'],
      [{ ...capsule, path: 'fail.constructor' }, 'The package has no fail.constructor'],
    ] as const)
      refuses(given, dir, told);
    expect(run(['no-such-file.json', dir])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("no-such-file.json can't be read"),
    });
  });

  it('a folder that holds no transformed package', () => {
    refuses(capsule, folder(), 'REVIVE_BAD_PACKAGE', 'has 0 files that end in _bg.wasm');
    refuses(capsule, join(folder(), 'missing'), 'REVIVE_BAD_PACKAGE', "can't be read");
    refuses(
      capsule,
      fileURLToPath(new URL('../../../.artifacts/fixtures/abort/nodejs/', import.meta.url)),
      'is not transformed',
      'wasm-revive transform',
    );
    const broken = transformed('web');
    const main = wasmFileOf(broken).replace('_bg.wasm', '.js');
    writeFileSync(main, `document.title = 'a page';\n${readFileSync(main, 'utf8')}`);
    refuses(
      capsule,
      broken,
      'REVIVE_BAD_PACKAGE',
      "can't be loaded: ReferenceError: document is not defined",
      'the target `nodejs` or `web`',
    );
  });
});
