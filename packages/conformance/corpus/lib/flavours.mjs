import path from 'node:path';
import { wasmToolchain } from '../../../../scripts/lib/wasm-toolchain.mjs';
import { workDir } from './work-dir.mjs';

/**
 * A way in which upstream's tests are compiled. Each has a target folder of its own, since its flags go into std too.
 *
 * - abort, unwind: the two panic modes (unwind with legacy Wasm exceptions, which every supported Node runs)
 * - exnref: panic=unwind with the newer form of Wasm exceptions
 * - mvp: no Wasm feature beyond the first version; atomics: shared memory
 *
 * @typedef {'abort' | 'unwind' | 'exnref' | 'mvp' | 'atomics'} FlavourName
 */

/** @type {Record<FlavourName, { panic: 'abort' | 'unwind', flags: string[] }>} */
const FLAVOURS = {
  abort: { panic: 'abort', flags: [] },
  // Some of upstream's tests expect something else with legacy exceptions; `legacy_eh` is how they are told.
  unwind: { panic: 'unwind', flags: ['-Cllvm-args=-wasm-use-legacy-eh', '--cfg=legacy_eh'] },
  exnref: { panic: 'unwind', flags: ['-Cllvm-args=-wasm-use-legacy-eh=false'] },
  mvp: { panic: 'abort', flags: ['-Ctarget-cpu=mvp'] },
  // As upstream's reference.rs has it.
  atomics: {
    panic: 'abort',
    flags: [
      '-Ctarget-feature=+atomics',
      ...['--shared-memory', '--max-memory=1073741824', '--import-memory'].map((arg) => `-Clink-args=${arg}`),
      ...['__wasm_init_tls', '__tls_size', '__tls_align', '__tls_base'].map((name) => `-Clink-args=--export=${name}`),
    ],
  },
};

/**
 * @param {FlavourName} name
 * @returns {'abort' | 'unwind'}
 */
export function panicOf(name) {
  return FLAVOURS[name].panic;
}

const TARGET = 'wasm32-unknown-unknown';

/**
 * How to run cargo for a flavour.
 *
 * @param {FlavourName} name
 * @param {string} jobs
 * @returns {{ cargo: string, env: NodeJS.ProcessEnv, args: string[], outputDir: string }} `args` go after cargo's subcommand;
 *   `outputDir` is where the `.wasm` files appear
 */
export function cargoFor(name, jobs) {
  const { panic, flags } = FLAVOURS[name];
  const toolchain = wasmToolchain();
  const env = toolchain.env(panic);
  const option = (/** @type {string} */ flag) => flag.split('=').slice(0, 2).join('=');
  // The toolchain may have chosen a form of exceptions; the flavour's choice comes in its place (LLVM takes an option once).
  const kept = (env.RUSTFLAGS ?? '')
    .split(' ')
    .filter((flag) => !flags.some((own) => own.startsWith('-Cllvm-args') && option(own) === option(flag)));
  env.RUSTFLAGS = [...kept, ...flags].join(' ');
  const targetDir = path.join(workDir, `cargo-${name}`);
  return {
    cargo: toolchain.cargo,
    env,
    args: [`-j${jobs}`, `-Zbuild-std=std,panic_${panic}`, '--target', TARGET, '--target-dir', targetDir],
    outputDir: path.join(targetDir, TARGET, 'debug'),
  };
}
