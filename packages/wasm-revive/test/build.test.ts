/** `wasm-revive build`: from a crate to a package that recovers; and what it says where something is missing, or fails. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { wasmToolchain } from '../../../scripts/lib/wasm-toolchain.mjs';
import type { Revive } from '../src/index.js';
import { folder, removeFolders, thrown } from './fixtures.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CLI = fileURLToPath(new URL('../bin/wasm-revive.js', import.meta.url));
const TOOLCHAIN = wasmToolchain();

/** std and wasm-bindgen are built for the other tests: only the crate itself is compiled. */
const COMPILES = 300_000;

const SOURCE = `
  use std::cell::Cell;
  use wasm_bindgen::prelude::*;
  thread_local!(static COUNT: Cell<u32> = const { Cell::new(0) });
  #[wasm_bindgen] pub fn count() -> u32 { COUNT.with(|count| { count.set(count.get() + 1); count.get() }) }
  #[wasm_bindgen] pub fn panics() { panic!("asked to") }
  #[wasm_bindgen] pub fn aborts() { std::process::abort() }`;

interface Package {
  readonly __revive: Revive;
  count(): number;
  panics(): void;
  aborts(): void;
}

afterEach(removeFolders);

/** A crate as a user has it, of its own, with the versions of this repository. */
function crate({ source = SOURCE, lib = '[lib]\ncrate-type = ["cdylib"]', dependencies = 'wasm-bindgen = "=0.2.130"' } = {}): string {
  const dir = folder();
  writeFileSync(
    join(dir, 'Cargo.toml'),
    `[package]\nname = "built-fixture"\nversion = "1.2.3"\nedition = "2021"\n${lib}\n[dependencies]\n${dependencies}\n`,
  );
  copyFileSync(join(ROOT, 'Cargo.lock'), join(dir, 'Cargo.lock'));
  mkdirSync(join(dir, 'src'));
  writeFileSync(join(dir, 'src/lib.rs'), source);
  return dir;
}

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a machine with the toolchain of these tests. */
function machine(panic: 'abort' | 'unwind'): NodeJS.ProcessEnv {
  const env = TOOLCHAIN.env(panic);
  // The command adds what panic=unwind needs.
  const flags = env.RUSTFLAGS?.replace('-Cpanic=unwind ', '');
  return { ...env, RUSTFLAGS: flags, CARGO: TOOLCHAIN.cargo, PATH: [join(ROOT, '.tools/bin'), env.PATH].join(delimiter) };
}

function cli(args: readonly string[], env: NodeJS.ProcessEnv): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function build(dir: string, panic: 'abort' | 'unwind' = 'abort', args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Run {
  const std = TOOLCHAIN.buildStdArgs(panic).filter((arg) => arg.startsWith('-Z') && panic === 'abort');
  const cargo = ['--offline', ...std, '--target-dir', join(ROOT, `target/wasm-${panic}`)];
  return cli(['build', dir, '--panic', panic, ...args, '--', ...cargo], { ...machine(panic), ...env });
}

/** A program in the place of a tool, which says which version it is. */
function tool(name: string, version: string): string {
  const file = join(folder(), name);
  writeFileSync(file, `#!/bin/sh\ncase "$*" in *sysroot*) echo /nowhere;; *) echo '${version}';; esac\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A cargo that knows crates as the real one does, and in place of a build runs a script. */
function cargoThat(script: string): string {
  const file = join(folder(), 'cargo');
  writeFileSync(file, `#!/bin/sh\ncase "$1" in build) ${script};; *) exec '${TOOLCHAIN.cargo}' "$@";; esac\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A PATH with what the tools above need, and nothing else. */
function shellOnly(): string {
  const dir = folder();
  symlinkSync('/bin/sh', join(dir, 'sh'));
  return dir;
}

const load = (dir: string): Package => createRequire(import.meta.url)(join(dir, 'built_fixture.js')) as Package;

describe('a crate becomes a package', { timeout: COMPILES }, () => {
  it('that recovers from an abort, with a package.json, and says what it weighs', () => {
    const dir = crate();
    const { status, stdout, stderr } = build(dir, 'abort', ['--target', 'nodejs']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/cargo: built-fixture 1\.2\.3, release, panic=abort, rustc .*\n[\s\S]*wasm-bindgen 0\.2\.130: target nodejs\n/);
    expect(stdout).toMatch(/^built_fixture_bg\.wasm +[\d.]+ KiB \(gzip [\d.]+\) +[\d.]+ KiB \(gzip [\d.]+\)$/m);
    const pkg = load(join(dir, 'pkg'));
    pkg.count();
    expect(thrown(() => pkg.aborts())).toMatchObject({ code: 'REVIVE_ABORT' });
    expect(pkg.count()).toBe(1);
    expect(JSON.parse(readFileSync(join(dir, 'pkg/package.json'), 'utf8'))).toMatchObject({
      name: 'built-fixture',
      version: '1.2.3',
      main: 'built_fixture.js',
      types: 'built_fixture.d.ts',
      files: expect.arrayContaining(['built_fixture_bg.wasm', 'wasm-revive.cjs']),
    });
    expect(readdirSync(dir).sort()).toEqual(['Cargo.lock', 'Cargo.toml', 'pkg', 'src']);
  });

  it('again, over the earlier one, by rollback and under another name and elsewhere', () => {
    const dir = crate();
    expect(build(dir, 'abort', ['--target', 'nodejs']).status).toBe(0);
    const out = join(dir, 'deep/out');
    expect(build(dir, 'abort', ['--target', 'nodejs']).status).toBe(0);
    const { status, stderr } = build(dir, 'abort', ['--target', 'nodejs', '--recovery', 'rollback', '--out-dir', out, '--out-name', 'app']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const pkg = createRequire(import.meta.url)(join(out, 'app.js')) as Package;
    pkg.count();
    expect(thrown(() => pkg.aborts())).toMatchObject({ code: 'REVIVE_ABORT' });
    expect(pkg.count()).toBe(2);
  });

  it('that keeps its state after a panic, under panic=unwind', () => {
    const dir = crate();
    const { status, stderr } = build(dir, 'unwind', ['--target', 'nodejs']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const pkg = load(join(dir, 'pkg'));
    pkg.count();
    expect(thrown(() => pkg.panics())).toMatchObject({ code: 'REVIVE_PANIC' });
    expect(pkg.count()).toBe(2);
  });

  it('that is a script, or an ES module of Node.js', () => {
    const dir = crate();
    const script = build(dir, 'abort', ['--target', 'no-modules']);
    expect({ status: script.status, stderr: script.stderr }).toEqual({ status: 0, stderr: '' });
    const [code, wasm] = ['built_fixture.js', 'built_fixture_bg.wasm'].map((file) => readFileSync(join(dir, 'pkg', file)));
    const bindgen = runInThisContext(`(() => {${code}\nreturn wasm_bindgen;\n})()`);
    bindgen.initSync({ module: wasm });
    bindgen.count();
    expect(thrown(() => bindgen.aborts())).toMatchObject({ code: 'REVIVE_ABORT' });
    expect(bindgen.count()).toBe(1);
    const manifest = JSON.parse(readFileSync(join(dir, 'pkg/package.json'), 'utf8'));
    expect(manifest).toMatchObject({ browser: 'built_fixture.js' });
    expect(manifest).not.toHaveProperty('main');
    expect(manifest).not.toHaveProperty('type');

    const out = join(dir, 'out');
    const module = build(dir, 'abort', ['--target', 'experimental-nodejs-module', '--out-dir', out]);
    expect({ status: module.status, stderr: module.stderr }).toEqual({ status: 0, stderr: '' });
    const program = `import { count, aborts } from '${pathToFileURL(join(out, 'built_fixture.js'))}';
      count(); try { aborts(); } catch (error) { console.log(error.code, count()); }`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(stdout).toBe('REVIVE_ABORT 1\n');
  });

  it('whose instances begin where the start function ends, with what that leaves Rust with, for every target: --prewarm', () => {
    const source = `
      use std::cell::{Cell, RefCell};
      use wasm_bindgen::prelude::*;
      thread_local! {
        static SEED: Cell<f64> = const { Cell::new(0.0) };
        static HELD: RefCell<Option<JsValue>> = const { RefCell::new(None) };
        static ADD: RefCell<Option<Closure<dyn Fn(i32) -> i32>>> = const { RefCell::new(None) };
      }
      #[wasm_bindgen(start)] pub fn start() {
        SEED.with(|seed| seed.set(js_sys::Math::random()));
        HELD.with_borrow_mut(|held| *held = Some(js_sys::Array::of2(&"held".into(), &js_sys::global()).into()));
        ADD.with_borrow_mut(|add| *add = Some(Closure::new(|n| n + 40)));
      }
      #[wasm_bindgen] pub fn seed() -> f64 { SEED.with(Cell::get) }
      #[wasm_bindgen] pub fn held() -> JsValue { HELD.with_borrow(|held| held.clone()).into() }
      #[wasm_bindgen] pub fn adder() -> JsValue { ADD.with_borrow(|add| add.as_ref().map(|add| add.as_ref().clone())).into() }
      #[wasm_bindgen] pub fn aborts() { std::process::abort() }`;
    const dir = crate({ source, dependencies: 'wasm-bindgen = "=0.2.130"\njs-sys = "0.3"' });
    const see = `
      const seen = [];
      for (let generation = 1; generation <= 2; generation++) {
        const [text, object] = pkg.held();
        seen.push(pkg.seed(), text, object === globalThis, pkg.adder()(2));
        try { pkg.aborts(); } catch (error) { seen.push(error.code); }
      }
      console.log(JSON.stringify(seen));`;
    const loading = {
      'no-modules': (file: string) => `import { readFileSync } from 'node:fs'; import { runInThisContext } from 'node:vm';
        const pkg = runInThisContext(readFileSync(${JSON.stringify(file)}, 'utf8') + ';wasm_bindgen');
        pkg.initSync({ module: readFileSync(${JSON.stringify(file.replace('.js', '_bg.wasm'))}) });`,
      web: (file: string) => `import { readFileSync } from 'node:fs'; import * as pkg from ${JSON.stringify(file)};
        pkg.initSync({ module: readFileSync(${JSON.stringify(file.replace('.js', '_bg.wasm'))}) });`,
      nodejs: (file: string) =>
        `import { createRequire } from 'node:module'; const pkg = createRequire(import.meta.url)(${JSON.stringify(file)});`,
    };
    const imported = (file: string): string => `import * as pkg from ${JSON.stringify(file)};`;
    const loader = pathToFileURL(join(ROOT, 'packages/wasm-revive/dist/replay-loader.js')).href;
    const register = `data:text/javascript,import { register } from 'node:module'; register(${JSON.stringify(loader)});`;
    const deno = join(ROOT, '.tools/deno/bin/deno');
    for (const [target, ...more] of [
      ...['web', 'nodejs', 'experimental-nodejs-module', 'deno', 'no-modules', 'module', 'bundler'].map((one) => [one]),
      ['web', '--recovery', 'rollback', '--commit', 'copy'],
      ['bundler', '--recovery', 'rollback'],
    ] as const) {
      const out = join(dir, ['out', target, ...more].join(''));
      const { status, stderr } = build(dir, 'abort', ['--target', target as string, '--prewarm', '--out-dir', out, ...more]);
      expect({ target, status, stderr }).toEqual({
        target,
        status: 0,
        stderr: expect.stringMatching(
          /^Warning: .* asked for randomness or the time \(random\) .*\nWarning: .* called JavaScript \(of\) .*\n$/,
        ),
      });
      const program = join(out, 'see.mjs');
      writeFileSync(program, `${(loading[target as keyof typeof loading] ?? imported)(join(out, 'built_fixture.js'))}${see}`);
      const ran =
        target === 'deno'
          ? spawnSync(deno, ['run', '-A', program], { encoding: 'utf8' })
          : spawnSync(process.execPath, ['--import', register, program], { encoding: 'utf8' });
      const seen = JSON.parse(ran.stdout || JSON.stringify(ran.stderr)) as unknown[];
      const [seed] = seen;
      expect({ target, seen }).toEqual({ target, seen: [seed, 'held', true, 42, 'REVIVE_ABORT', seed, 'held', true, 42, 'REVIVE_ABORT'] });
      expect(seed).toBeGreaterThan(0);
    }
  });

  it('with the warnings of the compiler, once', () => {
    const { status, stderr } = build(crate({ source: `${SOURCE}\nfn nobody_calls_it() {}` }));
    expect(status).toBe(0);
    expect(stderr.match(/function `nobody_calls_it` is never used/g)).toHaveLength(1);
    expect(stderr).not.toMatch(/Compiling|Finished/);
  });
});

describe('what fails is shown whole, once', { timeout: COMPILES }, () => {
  it('an error of the compiler', () => {
    const dir = crate({ source: 'pub fn wrong() -> u32 { missing }' });
    const { status, stderr } = build(dir);
    expect(status).toBe(1);
    expect(stderr.match(/error\[E0425\]: cannot find value `missing`/g)).toHaveLength(1);
    // As cargo shows it: with the line of the source, and nothing of what cargo writes for programs.
    expect(stderr).toMatch(/--> src\/lib\.rs:1:25\n[\s\S]*1 \| pub fn wrong\(\) -> u32 \{ missing \}\n/);
    expect(stderr).not.toContain('{"reason"');
    expect(stderr).toMatch(/^error REVIVE_TOOL_FAILED: `.*cargo build .*` failed: it ended with the code 101\.$/m);
    expect(readdirSync(dir)).not.toContain('pkg');
  });

  it('what cargo says, without what it writes for programs', () => {
    const script = `echo '{"reason":"compiler-artifact"}'; echo 'error: of cargo' >&2; echo 'said to people'; exit 101`;
    const { status, stderr } = build(crate(), 'abort', [], { CARGO: cargoThat(script) });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: of cargo\nsaid to people\nerror REVIVE_TOOL_FAILED: .*\n$/);
  });

  it('an error in Cargo.toml', () => {
    const dir = crate({ lib: '[lib]\ncrate-type = 1' });
    const { status, stderr } = build(dir);
    expect(status).toBe(1);
    expect(stderr).toMatch(/invalid type: integer[\s\S]*error REVIVE_TOOL_FAILED: `.*cargo metadata /);
  });
});

it.each([
  [['--target', 'workers', '--split-debug', 'x.wasm'], /^error: --split-debug is of packages; a Worker /],
  [['--memory-limit', '3'], /^error: --memory-limit is of the undo log/],
  [['--recovery', 'rollback', '--commit', 'copy', '--memory-limit', '3'], /^error: --memory-limit is of the undo log/],
  [['--commit', 'copy'], /^error: --commit says how a call can be undone/],
  [['--target', 'no-modules', '--runtime', 'import'], /^error: --runtime is of modules; a script /],
  [['--out-dir', ''], /^error: --out-dir is empty/],
  [['--release', '--dev'], /'--release' cannot be used with option '--dev'/],
])('refuses options that nothing would heed: %s', (args, message) => {
  const { status, stderr } = cli(['build', ...args, crate()], process.env);
  expect(status).toBe(1);
  expect(stderr).toMatch(message);
});

describe('a place that nothing can be written to is refused before anything is compiled', () => {
  it.each([
    ['a folder of other things', 'src', [], /The output folder .*src holds other things than an earlier output of built_fixture/],
    ['a file', 'Cargo.toml', [], /The output folder .*Cargo\.toml is not a folder/],
    ['a folder in a file', 'Cargo.toml/pkg', [], /The output folder .*pkg is not a folder/],
    ['a file, for a Worker', 'Cargo.toml', ['--target', 'workers'], /The output folder .*Cargo\.toml is not a folder/],
    ['a debug file that is another file', 'pkg', ['--split-debug', 'Cargo.toml'], /Cargo\.toml is there already and is no debug file/],
  ])('%s', (_, out, args, message) => {
    const dir = crate();
    const here = args.map((arg) => (arg === 'Cargo.toml' ? join(dir, arg) : arg));
    const { status, stdout, stderr } = build(dir, 'abort', ['--out-dir', join(dir, out), ...here], { CARGO: cargoThat('exit 1') });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error REVIVE_BAD_OUTPUT: /);
    expect(stderr).toMatch(message);
    expect(readdirSync(dir).sort()).toEqual(['Cargo.lock', 'Cargo.toml', 'src']);
  });
});

describe('a signal ends it as it ends any program, and leaves nothing', () => {
  /** What a tool does that is at work until it is ended: it says that it has begun, and which process it is. */
  function working(): { script: string; begun: () => Promise<number> } {
    const pipe = join(folder(), 'begun');
    execFileSync('mkfifo', [pipe]);
    return { script: `echo $$ > '${pipe}'; exec sleep 1000`, begun: async () => Number(await readFile(pipe, 'utf8')) };
  }

  async function interrupted(env: NodeJS.ProcessEnv, begun: () => Promise<number>, signal: 'SIGINT' | 'SIGTERM', isTerminal: boolean) {
    const dir = crate();
    const out = join(dir, 'deep/out');
    const args = [CLI, 'build', dir, '--target', 'nodejs', '--out-dir', out, '--', '--offline'];
    // As a shell has it: a group of its own, to all of which a terminal sends its signals.
    const child = spawn(process.execPath, args, {
      env: { ...machine('abort'), ...env },
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const tool = await begun();
    process.kill(isTerminal ? -(child.pid as number) : (child.pid as number), signal);
    const [, by] = await once(child, 'close');
    return {
      by,
      stderr,
      isToolThere: existsSync(`/proc/${tool}/cmdline`) && readFileSync(`/proc/${tool}/cmdline`, 'utf8') !== '',
      left: readdirSync(dir).sort(),
    };
  }

  it.each([
    ['SIGINT', true],
    ['SIGINT', false],
    ['SIGTERM', false],
  ] as const)('while cargo compiles: %s, to all of its processes: %s', async (signal, isTerminal) => {
    const { script, begun } = working();
    const end = await interrupted({ CARGO: cargoThat(script) }, begun, signal, isTerminal);
    expect(end).toEqual({ by: signal, stderr: '', isToolThere: false, left: ['Cargo.lock', 'Cargo.toml', 'src'] });
  });

  it.each([true, false])('while wasm-bindgen writes: to all of its processes: %s', async (isTerminal) => {
    const { script, begun } = working();
    const bindgen = join(folder(), 'wasm-bindgen');
    writeFileSync(bindgen, `#!/bin/sh\ncase "$*" in --version) echo 'wasm-bindgen 0.2.130';; *) ${script};; esac\n`);
    chmodSync(bindgen, 0o755);
    const message = `{"reason":"compiler-artifact","manifest_path":"'"$PWD"'/Cargo.toml","filenames":["/tmp/built_fixture.wasm"]}`;
    const env = { CARGO: cargoThat(`echo '${message}'`), WASM_BINDGEN_BIN: bindgen };
    const end = await interrupted(env, begun, 'SIGINT', isTerminal);
    expect(end).toEqual({ by: 'SIGINT', stderr: '', isToolThere: false, left: ['Cargo.lock', 'Cargo.toml', 'src'] });
  });
});

describe('of a run that was killed', () => {
  it('the next one takes away the folder, also one that fails, and no other', async () => {
    const dir = crate();
    const pipe = join(folder(), 'begun');
    execFileSync('mkfifo', [pipe]);
    const bindgen = join(folder(), 'wasm-bindgen');
    const writes = `echo '{}' > "$4/package.json"; echo $$ > '${pipe}'; exec sleep 1000`;
    writeFileSync(bindgen, `#!/bin/sh\ncase "$*" in --version) echo 'wasm-bindgen 0.2.130';; *) ${writes};; esac\n`);
    chmodSync(bindgen, 0o755);
    const message = `{"reason":"compiler-artifact","manifest_path":"'"$PWD"'/Cargo.toml","filenames":["/tmp/built_fixture.wasm"]}`;
    const env = { ...machine('abort'), CARGO: cargoThat(`echo '${message}'`), WASM_BINDGEN_BIN: bindgen };
    const start = (): ReturnType<typeof spawn> =>
      spawn(process.execPath, [CLI, 'build', dir, '--target', 'nodejs', '--', '--offline'], { env, stdio: 'ignore' });
    const left = (): string[] => readdirSync(dir).filter((name) => name.startsWith('.pkg.'));

    const killed = start();
    const tool = Number(await readFile(pipe, 'utf8'));
    expect(left()).toHaveLength(1);
    const own = left()[0] as string;
    expect(readdirSync(join(dir, own))).toEqual(['package.json']);
    killed.kill('SIGKILL');
    await once(killed, 'close');
    process.kill(tool, 'SIGKILL');
    // Of the same kind, but the user's own.
    for (const name of ['.pkg.wasm-revive-build.mine', '.pkg.wasm-revive-build-XyZ012', '.other.wasm-revive-build.1.0.1.01234567.abcdef'])
      mkdirSync(join(dir, name));
    writeFileSync(join(dir, '.pkg.wasm-revive-build.1.0.1.01234567.file'), '');

    const atWork = start();
    const otherTool = Number(await readFile(pipe, 'utf8'));
    const others = left();
    expect(others).not.toContain(own);
    expect(others.filter((name) => name.includes(`.${atWork.pid}.`))).toHaveLength(1);
    const failing = build(dir, 'abort', ['--target', 'nodejs'], { CARGO: cargoThat('exit 1') });
    expect(failing.status).toBe(1);
    expect(left()).toEqual(others);
    const over = once(atWork, 'close');
    process.kill(otherTool, 'SIGKILL');
    await over;
    expect(left().sort()).toEqual(
      ['.pkg.wasm-revive-build-XyZ012', '.pkg.wasm-revive-build.1.0.1.01234567.file', '.pkg.wasm-revive-build.mine'].sort(),
    );
  });
});

describe('what is missing is named, with the line that helps', () => {
  it('the command of wasm-bindgen, of the version in Cargo.lock', () => {
    const other = tool('wasm-bindgen', 'wasm-bindgen 0.2.92');
    const { status, stderr } = build(crate(), 'abort', [], { WASM_BINDGEN_BIN: other });
    expect(status).toBe(1);
    expect(stderr).toContain(`error REVIVE_NO_TOOL: Cargo.lock has wasm-bindgen 0.2.130`);
    expect(stderr).toContain(`found: ${other} is 0.2.92. Run \`cargo install --locked wasm-bindgen-cli --version 0.2.130\``);
  });

  it.each([
    ['no Rust at all', {}, 'abort', /No Rust toolchain: .*Run `curl .*sh\.rustup\.rs/],
    ['a Rust without the target', { rustc: 'rustc 1.95.0 (0000)' }, 'abort', /rustc 1\.95\.0 .* has no std for wasm32-unknown-unknown/],
    [
      'a stable Rust for panic=unwind',
      { rustc: 'rustc 1.95.0 (0000)' },
      'unwind',
      /needs a nightly Rust.*Run `rustup toolchain install nightly/,
    ],
    ['a nightly Rust without sources', { rustc: 'rustc 1.99.0-nightly (0000)' }, 'unwind', /needs the sources of std/],
  ] as const)('%s', (_, { rustc }: { rustc?: string }, panic, message) => {
    const env = rustc === undefined ? {} : { RUSTC: tool('rustc', rustc), CARGO: tool('cargo', 'cargo 1.95.0') };
    const { status, stderr } = cli(['build', crate(), '--panic', panic], { PATH: shellOnly(), ...env });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error REVIVE_NO_TOOL: /);
    expect(stderr).toMatch(message);
  });

  it.each([
    ['a cdylib', { lib: '' }, /makes no cdylib.*crate-type = \["cdylib", "rlib"\]/],
    ['wasm-bindgen', { dependencies: '' }, /built-fixture doesn't use wasm-bindgen. Run `cargo add wasm-bindgen`/],
  ])('%s', (_, parts, message) => {
    const { status, stderr } = build(crate(parts));
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error REVIVE_NO_CRATE: /);
    expect(stderr).toMatch(message);
  });

  it('a crate: in a folder without one, which one is near', () => {
    const dir = crate();
    const { status, stderr } = build(join(dir, 'src'));
    expect(status).toBe(1);
    expect(stderr).toContain(
      `error REVIVE_NO_CRATE: ${join(dir, 'src')} holds no Cargo.toml. Give the folder of the crate: perhaps ${dir}.`,
    );
  });

  it(
    'wasm-opt, where it is asked for',
    () => {
      const { status, stderr } = build(crate(), 'abort', ['--optimize'], { WASM_OPT_BIN: '/nowhere/wasm-opt' });
      expect(status).toBe(1);
      expect(stderr).toMatch(/error REVIVE_NO_TOOL: --optimize needs wasm-opt.*npm install --save-dev binaryen/);
    },
    COMPILES,
  );
});
