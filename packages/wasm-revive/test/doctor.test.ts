/** `wasm-revive doctor`: what it finds on machines, crates and packages, some of them broken on purpose; and what to do about it. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { readLeb } from '../../../scripts/lib/leb.mjs';
import { wasmToolchain } from '../../../scripts/lib/wasm-toolchain.mjs';
import type { Finding } from '../src/doctor/finding.js';
import { folder, hashOf, removeFolders, wasmFileOf } from './fixtures.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CLI = fileURLToPath(new URL('../bin/wasm-revive.js', import.meta.url));
const MAIN = 'wasm_revive_fixtures.js';
const NODE_24 = join(ROOT, '.tools/node-24/bin/node');

afterEach(removeFolders);

/** A machine: a rustc that says so, with what it has; the real cargo, which reads crates; a wasm-bindgen of a version. */
function machine({
  rustc = '1.99.0',
  has = ['wasm32-unknown-unknown/lib', 'src/rust/library/std/Cargo.toml'],
  bindgen = '0.2.130',
} = {}): NodeJS.ProcessEnv {
  const dir = folder();
  const sysroot = join(dir, 'toolchains/some-toolchain');
  mkdirSync(join(sysroot, 'lib/rustlib'), { recursive: true });
  for (const path of has) mkdirSync(join(sysroot, 'lib/rustlib', path), { recursive: true });
  tool(join(dir, 'rustc'), `case "$*" in *sysroot*) echo '${sysroot}';; *) echo 'rustc ${rustc} (0000)';; esac`);
  tool(join(dir, 'wasm-bindgen'), `echo 'wasm-bindgen ${bindgen}'`);
  const { cargo, env } = wasmToolchain();
  // cargo itself asks the real compiler what its target is.
  return {
    ...env('abort'),
    CARGO: cargoWith(dir, cargo, env('abort').RUSTC),
    RUSTC: join(dir, 'rustc'),
    PATH: [dir, process.env.PATH].join(delimiter),
  };
}

function cargoWith(dir: string, cargo: string, rustc = ''): string {
  const file = join(dir, 'cargo');
  tool(file, `RUSTC='${rustc}' exec '${cargo}' "$@" $(case "$1" in metadata) echo --offline;; esac)`);
  return file;
}

function tool(file: string, script: string): void {
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

function crate({
  lib = '[lib]\ncrate-type = ["cdylib"]',
  dependencies = 'wasm-bindgen = "=0.2.130"',
  more = '',
  locked = true,
} = {}): string {
  const dir = folder();
  writeFileSync(
    join(dir, 'Cargo.toml'),
    `[package]\nname = "examined"\nversion = "0.1.0"\nedition = "2021"\n${lib}\n[dependencies]\n${dependencies}\n${more}`,
  );
  mkdirSync(join(dir, 'src'));
  writeFileSync(join(dir, 'src/lib.rs'), '');
  if (locked) {
    // With the versions of this repository, which are on this machine.
    copyFileSync(join(ROOT, 'Cargo.lock'), join(dir, 'Cargo.lock'));
    const { cargo, env } = wasmToolchain();
    spawnSync(cargo, ['update', '--workspace', '--offline'], { cwd: dir, env: env('abort') });
  }
  return dir;
}

/** @param from a folder of `.artifacts` */
function packageOf(from: string): string {
  const dir = join(folder(), 'pkg');
  cpSync(join(ROOT, '.artifacts', from), dir, { recursive: true });
  return dir;
}

interface Examined {
  readonly status: number | null;
  readonly findings: readonly Finding[];
  /** What was found of that, and what to do. */
  of(subject: string): Finding | undefined;
}

function doctor(
  where: string,
  env: NodeJS.ProcessEnv = process.env,
  args: readonly string[] = [],
  [node, ...flags]: readonly [string, ...string[]] = [process.execPath],
): Examined {
  // It changes nothing, whatever it finds.
  const before = existsSync(where) ? hashOf(where) : undefined;
  const { status, stdout, stderr } = spawnSync(node, [...flags, CLI, 'doctor', where, '--json', ...args], { env, encoding: 'utf8' });
  expect(stderr).toBe('');
  if (before !== undefined) expect(hashOf(where)).toBe(before);
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: readonly Finding[] };
  // Whatever isn't well says what to do, and the exit code says whether something is missing.
  expect(findings.filter(({ state, todo }) => (state === 'ok') !== (todo === undefined))).toEqual([]);
  expect(ok).toBe(findings.every(({ state }) => state !== 'missing'));
  expect(status).toBe(ok ? 0 : 1);
  return { status, findings, of: (subject) => findings.find((finding) => finding.subject === subject) };
}

describe('a crate', () => {
  it('that can be built on this machine: nothing is missing', () => {
    const { status, findings, of } = doctor(crate(), machine());
    expect(status).toBe(0);
    expect(of('examined')).toMatchObject({ section: 'crate', found: expect.stringContaining('wasm-bindgen 0.2.130') });
    expect(findings.filter(({ state }) => state !== 'ok').map(({ subject }) => subject)).toEqual(['Rust, panic=unwind']);
  });

  it.each([
    ['no std for wasm', { has: [] }, [], 'Rust, panic=abort', 'rustup target add wasm32-unknown-unknown --toolchain some-toolchain'],
    [
      'no nightly',
      {},
      ['--panic', 'unwind'],
      'Rust, panic=unwind',
      'rustup toolchain install nightly --profile minimal --component rust-src --target wasm32-unknown-unknown',
    ],
    [
      'no sources of std',
      { rustc: '1.99.0-nightly', has: [] },
      ['--panic', 'unwind'],
      'Rust, panic=unwind',
      'rustup component add rust-src --toolchain some-toolchain',
    ],
    ['another wasm-bindgen', { bindgen: '0.2.92' }, [], 'wasm-bindgen', 'cargo install --locked wasm-bindgen-cli --version 0.2.130'],
  ])('on a machine with %s', (_, has, args, subject, todo) => {
    const { of } = doctor(crate(), machine(has), args);
    expect(of(subject)).toMatchObject({ section: 'toolchain', state: 'missing', todo });
  });

  it('on a machine without Rust', () => {
    const { of } = doctor(crate(), { PATH: folder() });
    expect(of('Rust, panic=abort')).toMatchObject({ state: 'missing', todo: expect.stringContaining('sh.rustup.rs') });
  });

  it.each([
    ['no cdylib', { lib: '' }, 'makes no cdylib', '[lib]\ncrate-type = ["cdylib", "rlib"]'],
    ['no wasm-bindgen', { dependencies: '' }, "doesn't use wasm-bindgen", 'cargo add wasm-bindgen'],
    ['a broken Cargo.toml', { lib: '[lib' }, 'It says: error: ', 'cargo metadata --format-version 1'],
  ])('with %s', (_, parts, found, todo) => {
    expect(doctor(crate(parts), machine()).of('Cargo.toml')).toMatchObject({
      state: 'missing',
      found: expect.stringContaining(found),
      todo,
    });
  });

  it.each([
    ['no Cargo.lock', { locked: false }, () => {}, /^there is none yet, so that which wasm-bindgen/, 'cargo generate-lockfile'],
    [
      'a Cargo.lock that is older than its Cargo.toml',
      {},
      (dir: string) => appendFileSync(join(dir, 'Cargo.toml'), 'js-sys = "*"\n'),
      /^cargo can't go by it as it is.* It says: error: .*--locked/,
      'cargo fetch',
    ],
  ])('with %s: what else there is to find is found, and none is written', (_, parts, change, found, todo) => {
    const dir = crate(parts);
    change(dir);
    const { status, of } = doctor(dir, machine());
    expect(status).toBe(0);
    expect(of('Cargo.lock')).toMatchObject({ section: 'crate', state: 'advice', found: expect.stringMatching(found), todo });
    expect(of('examined')).toMatchObject({ state: 'ok', found: expect.stringContaining('a cdylib in ') });
  });

  it('with options of wasm-opt that do harm', () => {
    const more = '[package.metadata.wasm-pack.profile.release]\nwasm-opt = ["-Oz", "--minify-imports-and-exports", "--all-features"]';
    const { status, findings } = doctor(crate({ more }), machine());
    expect(status).toBe(0);
    expect(findings.find(({ section, subject }) => section === 'crate' && subject === 'wasm-opt')).toMatchObject({
      state: 'advice',
      found: expect.stringMatching(
        /--minify-imports-and-exports renames .*--all-features uses what engines .*without -g it takes away the names/,
      ),
      todo: '[package.metadata.wasm-pack.profile.release]\nwasm-opt = ["-Oz", "-g"]',
    });
  });
});

describe('a package', () => {
  it('that is not transformed: whether it would be accepted, and after what it says to do, it is', () => {
    const dir = packageOf('fixtures/abort/nodejs');
    const before = readdirSync(dir);
    const { status, of } = doctor(dir);
    expect(status).toBe(0);
    expect(of('transform')).toMatchObject({
      state: 'advice',
      found: 'not transformed yet; accepted, target nodejs, with rollback, too.',
      todo: `npx wasm-revive transform ${dir}`,
    });
    expect(of('panics')?.found).toBe('panic=abort; this Node.js runs it');
    expect(of('memory')?.found).toBe('begins with 1.1 MiB, at most 64.0 MiB');
    expect(readdirSync(dir)).toEqual(before);
    const [, , ...command] = of('transform')?.todo?.split(' ') ?? [];
    expect(spawnSync(process.execPath, [CLI, ...command]).status).toBe(0);
    expect(doctor(dir).of('transform')).toMatchObject({
      state: 'ok',
      found: 'transformed by wasm-revive 0.1.0, with its runtime beside it (wasm-revive.cjs)',
    });
  });

  it('with a runtime of another version beside it', () => {
    const dir = packageOf('fixtures/abort/nodejs');
    expect(spawnSync(process.execPath, [CLI, 'transform', dir]).status).toBe(0);
    const runtime = join(dir, 'wasm-revive.cjs');
    writeFileSync(
      runtime,
      readFileSync(runtime, 'utf8').replace(/The runtime of wasm-revive \S+\. /, 'The runtime of wasm-revive 0.0.9. '),
    );
    expect(doctor(dir).of('transform')).toMatchObject({
      state: 'missing',
      found: expect.stringContaining("is of 0.0.9: they don't go together"),
    });
  });

  it('without the runtime that it imports', () => {
    const dir = packageOf('fixtures/abort/nodejs');
    expect(spawnSync(process.execPath, [CLI, 'transform', dir]).status).toBe(0);
    rmSync(join(dir, 'wasm-revive.cjs'));
    expect(doctor(dir).of('transform')).toMatchObject({
      state: 'missing',
      found: 'transformed by wasm-revive 0.1.0, and its runtime, ./wasm-revive.cjs, is not there',
    });
  });

  it('whose runtime comes from elsewhere', () => {
    const dir = packageOf('fixtures/abort/web');
    expect(spawnSync(process.execPath, [CLI, 'transform', dir, '--runtime', 'my-recovery']).status).toBe(0);
    // A comment that says otherwise says nothing.
    writeFileSync(join(dir, MAIN), `${readFileSync(join(dir, MAIN), 'utf8')}\n/*\nlet wasm_bindgen = 1;\n*/\n`);
    expect(doctor(dir).of('transform')).toMatchObject({
      state: 'ok',
      found: expect.stringMatching(/which imports its runtime from my-recovery$/),
    });
  });

  it('of which a transform was interrupted', () => {
    const dir = packageOf('fixtures/abort/nodejs');
    mkdirSync(join(dir, 'wasm-revive-staging'));
    writeFileSync(join(dir, 'wasm-revive-staging/made-by-wasm-revive.txt'), '');
    expect(doctor(dir).of('transform')).toMatchObject({ state: 'advice', todo: `npx wasm-revive transform ${dir}` });
  });

  it('on a machine without a place for temporary files', () => {
    const { of } = doctor(packageOf('fixtures/abort/nodejs'), { ...process.env, TMPDIR: '/nowhere' });
    expect(of('transform')).toMatchObject({ found: expect.stringContaining('accepted, target nodejs, with rollback, too') });
  });

  it('under panic=unwind, in the encoding that every supported Node.js runs', () => {
    expect(doctor(packageOf('fixtures/unwind/nodejs')).of('panics')).toMatchObject({
      state: 'ok',
      found: 'panic=unwind, exceptions in the legacy encoding; this Node.js runs it',
    });
  });

  it('in exnref: missing on a Node.js without it, well on one that has it', () => {
    const dir = packageOf('fixtures-abort-handler/abort/nodejs');
    const { of } = doctor(dir, process.env, [], [NODE_24]);
    expect(of('panics')).toMatchObject({ state: 'ok', found: 'panic=abort, exceptions in the exnref encoding; this Node.js runs it' });
    expect(of('panic=unwind')?.found).toMatch(/exnref; what JavaScript throws is caught/);
    const without = doctor(dir, process.env, [], [NODE_24, '--no-experimental-wasm-exnref']);
    expect(without.of('panics')).toMatchObject({
      state: 'missing',
      found: expect.stringContaining('supports legacy'),
      todo: expect.stringContaining('nvm install 24'),
    });
  });

  it.each([
    ['no glue', (dir: string) => rmSync(join(dir, 'wasm_revive_fixtures.js')), 'transform', /REVIVE_NO_GLUE/],
    ['a damaged wasm file', (dir: string) => writeFileSync(wasmFileOf(dir), 'damaged'), 'wasm_revive_fixtures', /is no WebAssembly/],
    [
      'a wasm file of another build',
      (dir: string) => cpSync(wasmFileOf(join(ROOT, '.artifacts/bench-fixture/abort/nodejs')), wasmFileOf(dir)),
      'transform',
      /REVIVE_WASM_MISMATCH/,
    ],
  ])('with %s', (_, breaking, subject, found) => {
    const dir = packageOf('fixtures/abort/nodejs');
    breaking(dir);
    expect(doctor(dir).of(subject)).toMatchObject({ state: 'missing', found: expect.stringMatching(found) });
  });

  it('with debug information, and without names', () => {
    expect(doctor(packageOf('fixtures-debug/abort/nodejs')).of('debug information')).toMatchObject({ state: 'ok' });
    const dir = packageOf('fixtures/abort/nodejs');
    const file = wasmFileOf(dir);
    writeFileSync(file, withoutNames(readFileSync(file)));
    expect(doctor(dir).of('names')).toMatchObject({ state: 'advice', found: 'crash reports have no names of functions' });
  });

  it('by its name, where it is installed; the program is led to it', () => {
    const dir = folder();
    mkdirSync(join(dir, 'node_modules'));
    renameSync(packageOf('fixtures/abort/nodejs'), join(dir, 'node_modules/fixtures'));
    const { stdout } = spawnSync(process.execPath, [CLI, 'doctor', 'fixtures'], { cwd: dir, encoding: 'utf8' });
    expect(stdout).toContain('node --import wasm-revive/register app.js');
    // How it was built is not for who uses it to change.
    const file = wasmFileOf(join(dir, 'node_modules/fixtures'));
    writeFileSync(file, withoutNames(readFileSync(file)));
    const stripped = spawnSync(process.execPath, [CLI, 'doctor', 'fixtures'], { cwd: dir, encoding: 'utf8' });
    expect(stripped.stdout).toContain('crash reports have no names of functions');
    expect(stripped.stdout).not.toContain('[profile.release]');
    const { status, stderr } = spawnSync(process.execPath, [CLI, 'doctor', 'nothing-of-that-name'], { cwd: dir, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error REVIVE_NOT_A_FOLDER: nothing-of-that-name is neither a folder nor a package that is installed\./);
  });

  it('with several modules: what the transform says of all together, and each thing to do once', () => {
    const dir = packageOf('fixtures/abort/nodejs');
    const [js, wasm] = readdirSync(dir).filter((file) => /fixtures(?:\.js|_bg\.wasm)$/.test(file)) as [string, string];
    copyFileSync(join(dir, wasm), join(dir, 'other_bg.wasm'));
    const alone = doctor(dir).findings.filter(({ subject }) => subject === 'transform');
    expect(alone.find(({ state }) => state === 'missing')?.found).toMatch(/^refused, REVIVE_NO_GLUE/);
    expect(alone.find(({ state }) => state === 'advice')?.found).toMatch(/^not transformed yet; accepted, target nodejs, /);
    writeFileSync(join(dir, 'other.js'), 'exports.changed = 1;');
    const accepted = doctor(dir).findings.find(({ subject, state }) => subject === 'transform' && state === 'advice');
    expect(accepted?.found).toMatch(/^not transformed yet; accepted by itself, target nodejs/);
    expect(accepted?.todo).toBe(`npx wasm-revive transform ${dir} --name wasm_revive_fixtures`);
    writeFileSync(join(dir, 'other.js'), readFileSync(join(dir, js), 'utf8').replaceAll(wasm, 'other_bg.wasm'));
    const both = doctor(dir).findings.filter(({ subject }) => subject === 'transform');
    expect(both.map(({ found }) => found)).toEqual(Array(2).fill('not transformed yet; accepted, target nodejs, with rollback, too.'));
    const { stdout } = spawnSync(process.execPath, [CLI, 'doctor', dir], { encoding: 'utf8' });
    expect(stdout.match(/npx wasm-revive transform/g)).toHaveLength(1);
  });

  it('a folder that holds neither a crate nor a package is named', () => {
    const { status, stderr } = spawnSync(process.execPath, [CLI, 'doctor', folder()], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error REVIVE_NO_WASM: .* holds neither a crate \(Cargo\.toml\) nor a package/);
  });

  it('a script has its runtime in it, and a path with a space is quoted', () => {
    const dir = join(folder(), 'a script');
    renameSync(packageOf('bench-fixture/abort/no-modules'), dir);
    expect(doctor(dir).of('transform')).toMatchObject({ todo: `npx wasm-revive transform '${dir}'` });
    expect(spawnSync(process.execPath, [CLI, 'transform', dir]).status).toBe(0);
    expect(doctor(dir).of('transform')).toMatchObject({ state: 'ok', found: expect.stringMatching(/with its runtime in it$/) });
  });
});

describe('as text', () => {
  const text = (env: NodeJS.ProcessEnv): string => spawnSync(process.execPath, [CLI, 'doctor', crate()], { env, encoding: 'utf8' }).stdout;

  it('what is missing comes before what could be better, and each is a line to run', () => {
    const said = text(machine({ has: [], bindgen: '0.2.92' }));
    const order = [
      'This engine',
      'This machine',
      'This crate',
      'What to do',
      'It is missing:',
      'rustup target add',
      'cargo install',
      'It could be better:',
    ];
    const at = order.map((part) => said.indexOf(part));
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(at).not.toContain(-1);
  });

  it('has colours where they are asked for alone', () => {
    const env = { ...machine(), FORCE_COLOR: undefined, NO_COLOR: undefined };
    expect(text(env)).not.toContain('\u001b');
    expect(text({ ...env, FORCE_COLOR: '1' })).toContain('\u001b[32m✓');
  });
});

/** A module without its section of names. */
function withoutNames(bytes: Buffer): Buffer {
  const kept = [bytes.subarray(0, 8)];
  for (let at = 8; at < bytes.length; ) {
    const [size, start] = readLeb(bytes, at + 1);
    const [length, name] = readLeb(bytes, start);
    const isNames = bytes[at] === 0 && bytes.subarray(name, name + length).toString() === 'name';
    if (!isNames) kept.push(bytes.subarray(at, start + size));
    at = start + size;
  }
  return Buffer.concat(kept);
}
