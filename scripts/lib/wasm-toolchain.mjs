import fs from 'node:fs';
import path from 'node:path';
import { aptInstall, canUseApt } from './apt.mjs';
import { ask, run } from './processes.mjs';
import { UserError } from './user-error.mjs';

/**
 * The Rust toolchain that builds for wasm32-unknown-unknown with its own std, in either panic mode. Rebuilding std needs nightly
 * features and std's sources: a rustup nightly with `rust-src`, or else Debian's `*-web` packages, a released Rust that
 * `RUSTC_BOOTSTRAP` lets do the same.
 *
 * @typedef {'abort' | 'unwind' | 'unwind-exnref'} PanicMode panic=unwind throws in one of two encodings: the older one, which Node 20
 *   runs too, or exnref
 * @typedef {object} WasmToolchain
 * @property {'rustup' | 'debian'} kind
 * @property {string} version what `rustc --version` says
 * @property {string} cargo path of cargo
 * @property {(panic: PanicMode, without?: readonly string[]) => NodeJS.ProcessEnv} env the environment to run cargo in; `without`: features
 *   of Wasm that crates are not to be told of
 * @property {(panic: PanicMode, without?: readonly string[]) => string[]} buildStdArgs arguments for `cargo build`
 */

const TARGET = 'wasm32-unknown-unknown';
const DEBIAN_PACKAGES = ['rustc-web', 'cargo-web', 'rust-web-src', 'rust-web-llvm'];
const RUSTUP_COMMAND = `rustup toolchain install nightly --profile minimal --component rust-src --target ${TARGET}`;

/** rustup's commands fetch a missing toolchain unasked unless told not to. */
const quietRustup = { ...process.env, RUSTUP_AUTO_INSTALL: '0' };

/**
 * The toolchain to use on this machine.
 *
 * @returns {WasmToolchain}
 * @throws {UserError} when there is none; says how to get one
 */
export function wasmToolchain() {
  const found = findWasmToolchain();
  if (!found) throw new UserError(missing());
  return found;
}

/** Found once: asking rustup and the compilers takes a while. */
let known;

/** @returns {WasmToolchain | undefined} */
export function findWasmToolchain() {
  known ??= rustupNightly() ?? debian();
  return known;
}

/**
 * Finds the toolchain, or installs one: by rustup where there is one, else by apt-get where that is allowed.
 *
 * @param {(line: string) => void} onLine hears the installers' output
 * @returns {Promise<WasmToolchain>}
 */
export async function ensureWasmToolchain(onLine) {
  const tried = [];
  for (const install of [undefined, installByRustup, installByApt]) {
    try {
      if (install && !(await install(onLine))) continue;
    } catch (error) {
      tried.push(error.message);
    }
    const found = findWasmToolchain();
    if (found) return found;
  }
  throw new UserError([missing(), ...tried].join('\n\n'));
}

function missing() {
  return (
    `No Rust toolchain was found that can build std for ${TARGET}. Either of these is enough:\n` +
    `  - a rustup nightly with std's sources: ${RUSTUP_COMMAND}\n` +
    `  - on Debian 12 or newer, as root:      apt-get update && apt-get install -y ${DEBIAN_PACKAGES.join(' ')} lld-22`
  );
}

function rustupNightly() {
  const nightlies = (ask('rustup', ['toolchain', 'list'], quietRustup) ?? '')
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name.startsWith('nightly'))
    // The undated one first, then the newest.
    .sort((a, b) => Number(/^nightly-\d/.test(a)) - Number(/^nightly-\d/.test(b)) || b.localeCompare(a));
  for (const name of nightlies) {
    const rustc = ask('rustup', ['which', '--toolchain', name, 'rustc'], quietRustup);
    const cargo = ask('rustup', ['which', '--toolchain', name, 'cargo'], quietRustup);
    if (!rustc || !cargo || !hasStdSources(path.resolve(rustc, '../..'))) continue;
    const version = ask(rustc, ['--version']);
    if (version) return toolchain('rustup', version, cargo, { RUSTC: rustc }, []);
  }
  return undefined;
}

function debian() {
  const [rustc, cargo] = ['/usr/bin/rustc', '/usr/bin/cargo'];
  if (!fs.existsSync(rustc) || !fs.existsSync(cargo)) return undefined;
  const verbose = ask(rustc, ['--version', '--verbose']);
  const llvm = /^LLVM version: (\d+)/m.exec(verbose ?? '')?.[1];
  const sysroot = ask(rustc, ['--print', 'sysroot']);
  if (!verbose || !llvm || !sysroot || !hasStdSources(sysroot)) return undefined;
  const linker = `wasm-ld-${llvm}`;
  if (!ask(linker, ['--version'])) return undefined;
  return toolchain('debian', verbose.split('\n')[0], cargo, { RUSTC: rustc, RUSTC_BOOTSTRAP: '1' }, [`-Clinker=${linker}`]);
}

const hasStdSources = (sysroot) => fs.existsSync(path.join(sysroot, 'lib/rustlib/src/rust/library/std/Cargo.toml'));

/** What rustc is told in each mode. Which encoding LLVM takes by itself changes with its version, so each is asked for. */
const MODE_FLAGS = {
  abort: ['-Cpanic=abort'],
  unwind: ['-Cpanic=unwind', '-Cllvm-args=-wasm-use-legacy-eh=true'],
  'unwind-exnref': ['-Cpanic=unwind', '-Cllvm-args=-wasm-use-legacy-eh=false'],
};

const hasReadyStd = (sysroot) => fs.existsSync(path.join(sysroot ?? '', 'lib/rustlib', TARGET, 'lib'));

/** The wasm-bindgen crate asks for this feature, too; of others, only its command does, after the build. */
const crateFlags = (without) => (without.includes('reference-types') ? ['-Ctarget-feature=-reference-types'] : []);

/** @returns {WasmToolchain} */
function toolchain(kind, version, cargo, variables, flags) {
  return {
    kind,
    version,
    cargo,
    env(panic, without = []) {
      const env = { ...process.env, ...variables };
      env.RUSTFLAGS = [...MODE_FLAGS[panic], ...crateFlags(without), ...flags].join(' ');
      // These would win over what is set here, or send the tools to another toolchain.
      for (const name of [
        'CARGO_ENCODED_RUSTFLAGS',
        'CARGO_BUILD_RUSTFLAGS',
        'CARGO_BUILD_TARGET',
        'CARGO_TARGET_DIR',
        'RUSTUP_TOOLCHAIN',
      ]) {
        delete env[name];
      }
      return env;
    },
    buildStdArgs: (panic, without = []) => {
      const runtime = panic === 'abort' ? 'panic_abort' : 'panic_unwind';
      // With other flags, std would have to be built once more. The one that comes with the toolchain does as well, where it comes with one.
      const takesReady = panic === 'abort' && crateFlags(without).length > 0 && hasReadyStd(ask(variables.RUSTC, ['--print', 'sysroot']));
      return [
        ...(takesReady ? [] : [`-Zbuild-std=std,${runtime}`]),
        '--target',
        TARGET,
        '--release',
        '--target-dir',
        `target/wasm-${panic}`,
      ];
    },
  };
}

async function installByRustup(onLine) {
  const list = ask('rustup', ['toolchain', 'list'], quietRustup);
  if (list === undefined) return false;
  const options = { onLine, timeoutMs: 600_000 };
  if (/^nightly-(?!\d)/m.test(list)) {
    // Adding to a nightly that is there leaves it at its version.
    await run('rustup', ['component', 'add', '--toolchain', 'nightly', 'rust-src'], options);
    await run('rustup', ['target', 'add', '--toolchain', 'nightly', TARGET], options);
  } else {
    const [command, ...args] = RUSTUP_COMMAND.split(' ');
    await run(command, [...args, '--no-self-update'], options);
  }
  return true;
}

async function installByApt(onLine) {
  if (!canUseApt()) return false;
  await aptInstall(DEBIAN_PACKAGES, onLine);
  // The linker has to be of the LLVM that this rustc was built with.
  const llvm = /^LLVM version: (\d+)/m.exec(ask('/usr/bin/rustc', ['--version', '--verbose']) ?? '')?.[1] ?? '22';
  await aptInstall([`lld-${llvm}`], onLine);
  return true;
}
