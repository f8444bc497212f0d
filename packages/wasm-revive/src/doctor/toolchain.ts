/** What builds a crate, and the crate. */

import { withoutProgress } from '../build/cargo.js';
import { BuildError } from '../build/errors.js';
import { findWorkersBuild } from '../build/worker.js';
import { type SeenCrate, seeCrate } from '../toolchain/crate.js';
import type { Surroundings } from '../toolchain/processes.js';
import { findRust, missingOf, type PanicMode, type Rust } from '../toolchain/rust.js';
import { findWasmOpt, installWasmBindgen, listWasmBindgen } from '../toolchain/wasm-tools.js';
import type { Finding } from './finding.js';

/** Options of wasm-opt after which a module is refused, or reports say less; and what becomes of it. */
const HARMFUL: readonly (readonly [RegExp, string])[] = [
  [/^--minify-imports/, 'renames what the glue imports and exports, so that the module is refused'],
  [/^--(strip|strip-producers)$/, 'takes away which wasm-bindgen and which rustc made the module'],
  [/^--(strip|strip-debug)$/, 'takes away the names of functions, by which crash reports say where'],
  [/^(--all-features|-all)$/, 'uses what engines don’t have yet'],
  [/^--(translate-to-exnref|emit-exnref|experimental-new-eh)$/, 'makes exceptions exnref, for Node.js 22.22.3, 24.15 or later'],
];

/** Looks at the toolchain. @param panic the mode that is needed; what the other one lacks is advice */
export function examineToolchain(at: Surroundings, panic: PanicMode): { findings: Finding[]; rust: Rust | undefined } {
  const rust = findRust(at, panic);
  const subject = (mode: PanicMode): string => `Rust, panic=${mode}`;
  const of = (mode: PanicMode, found: Rust | undefined): Finding[] => {
    const missing = missingOf(found, mode);
    if (missing.length === 0) {
      const std = mode === 'unwind' ? 'builds std anew' : 'has std for wasm32-unknown-unknown';
      return [{ section: 'toolchain', subject: subject(mode), state: 'ok', found: `${found?.version}, ${std}` }];
    }
    const state = mode === panic ? 'missing' : 'advice';
    return missing.map((one) => ({ section: 'toolchain', subject: subject(mode), state, ...one }));
  };
  const other: PanicMode = panic === 'abort' ? 'unwind' : 'abort';
  const findings = rust === undefined ? of(panic, rust) : [...of(panic, rust), ...of(other, findRust(at, other))];
  return { findings, rust };
}

/** Looks at wasm-bindgen's command, and wasm-opt's. @param crate the one that they are for */
export function examineWasmTools(at: Surroundings, crate: SeenCrate | undefined): Finding[] {
  const all = listWasmBindgen(at);
  const names = all.map(({ file, version }) => `${version} (${file})`).join(', ');
  const wanted = crate?.wasmBindgen;
  const isThere = wanted === undefined ? all.length > 0 : all.some(({ version }) => version === wanted);
  const bindgen: Finding = isThere
    ? {
        section: 'toolchain',
        subject: 'wasm-bindgen',
        state: 'ok',
        found: names + (wanted === undefined ? '' : `; Cargo.lock has ${wanted}`),
      }
    : {
        section: 'toolchain',
        subject: 'wasm-bindgen',
        state: 'missing',
        found: `${names || 'no command of it'}${wanted === undefined ? '' : `; Cargo.lock has ${wanted}, which it has to be`}`,
        todo: wanted === undefined ? 'cargo install --locked wasm-bindgen-cli' : installWasmBindgen(wanted),
      };
  const wasmOpt = findWasmOpt(at);
  const found = wasmOpt === undefined ? 'not there; only `build --optimize` needs it' : `version ${wasmOpt.version} (${wasmOpt.file})`;
  return [bindgen, { section: 'toolchain', subject: 'wasm-opt', state: 'ok', found }];
}

/** Looks at a crate. @param at its folder */
export async function examineCrate(
  at: Surroundings,
  rust: Rust | undefined,
): Promise<{ findings: Finding[]; crate: SeenCrate | undefined }> {
  if (rust === undefined) return { findings: [], crate: undefined };
  try {
    const crate = await seeCrate(rust.cargo, at);
    const findings: Finding[] = [
      {
        section: 'crate',
        subject: crate.name,
        state: 'ok',
        found: `${crate.version}, ${crate.wasmBindgen === undefined ? '' : `wasm-bindgen ${crate.wasmBindgen}, `}a cdylib in ${crate.dir}`,
      },
      ...lockFindings(crate),
      ...wasmOptFindings(crate),
      ...(crate.isWorker ? [workerFinding(crate.dir)] : []),
    ];
    return { findings, crate };
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    const said = firstLine(error.output);
    const found = said === undefined ? error.message : `${error.message} It says: ${said}`;
    return {
      findings: [
        { section: 'crate', subject: 'Cargo.toml', state: 'missing', found, todo: error.todo ?? 'cargo metadata --format-version 1' },
      ],
      crate: undefined,
    };
  }
}

/** What keeps the versions of the crate's dependencies from being known; cargo would change the file, and nothing is changed here. */
function lockFindings({ lock }: SeenCrate): Finding[] {
  if (lock === undefined) return [];
  const finding = { section: 'crate', subject: 'Cargo.lock', state: 'advice' } as const;
  const unknown = 'which wasm-bindgen the crate gets is not known';
  if (!lock.isThere) return [{ ...finding, found: `there is none yet, so that ${unknown}`, todo: 'cargo generate-lockfile' }];
  return [
    { ...finding, found: `cargo can't go by it as it is, so that ${unknown}. It says: ${firstLine(lock.said)}`, todo: 'cargo fetch' },
  ];
}

function firstLine(said: string): string | undefined {
  return withoutProgress(said)
    .split('\n')
    .find((line) => line !== '');
}

function wasmOptFindings({ wasmOpt }: SeenCrate): Finding[] {
  const harmful = wasmOpt.flatMap((option) => HARMFUL.filter(([pattern]) => pattern.test(option)).map(([, what]) => `${option} ${what}`));
  const drops = wasmOpt.length > 0 && !wasmOpt.some((option) => /^(-g|--debuginfo)$/.test(option));
  if (drops) harmful.push('without -g it takes away the names of functions, by which crash reports say where');
  if (harmful.length === 0) return [];
  const kept = wasmOpt.filter((option) => !HARMFUL.some(([pattern]) => pattern.test(option)));
  const options = [...new Set([...kept, '-g'])].map((option) => JSON.stringify(option)).join(', ');
  return [
    {
      section: 'crate',
      subject: 'wasm-opt',
      state: 'advice',
      found: `its options in Cargo.toml: ${harmful.join('; ')}`,
      todo: `[package.metadata.wasm-pack.profile.release]\nwasm-opt = [${options}]`,
    },
  ];
}

function workerFinding(dir: string): Finding {
  try {
    return { section: 'crate', subject: 'Worker', state: 'ok', found: `bundled by @wasm-revive/workers (${findWorkersBuild(dir)})` };
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return {
      section: 'crate',
      subject: 'Worker',
      state: 'missing',
      found: 'it uses the `worker` crate, and @wasm-revive/workers is not installed',
      todo: error.todo ?? '',
    };
  }
}
