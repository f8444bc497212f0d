import fs from 'node:fs';
import path from 'node:path';
import { contentHash } from './content-hash.mjs';
import { hostRust } from './host-rust.mjs';
import { withLock } from './lock.mjs';
import { artifactsDir, root } from './paths.mjs';
import { ask, run } from './processes.mjs';
import { withoutTargetFeatures } from './target-features.mjs';
import { UserError } from './user-error.mjs';
import { WASM_BINDGEN_VERSION, wasmBindgen } from './wasm-bindgen-cli.mjs';
import { wasmToolchain } from './wasm-toolchain.mjs';

/**
 * One crate built in one panic mode, and what wasm-bindgen makes of it.
 *
 * @typedef {object} Artifact
 * @property {string} crate a folder of `crates/`
 * @property {import('./wasm-toolchain.mjs').PanicMode} panic
 * @property {string[]} variants a wasm-bindgen target, or `<target>-reset`: with upstream's `__wbg_reset_state`; none for a module that
 *   is used as cargo makes it
 * @property {string[]} features
 * @property {string} as the folder in `.artifacts`: the crate's, unless the same crate is built with several sets of features
 * @property {string[]} [without] the features of Wasm that wasm-bindgen is not to know of, for the glue that it writes without them
 * @property {boolean | 'full'} [debug] keep the lines of the crate's own source (DWARF); `full`: its types and variables, too
 * @property {string[]} [bindgen] more options of wasm-bindgen's
 */

/** wasm-bindgen's targets; those that take the reset function have a `-reset` variant too. */
const TARGETS = ['web', 'bundler', 'nodejs', 'module', 'experimental-nodejs-module', 'deno', 'no-modules'];
const RESET_TARGETS = ['web', 'nodejs', 'module', 'experimental-nodejs-module'];
const VARIANTS = [...TARGETS, ...RESET_TARGETS.map((target) => `${target}-reset`)];

/** Raise it when this file makes something else of the same inputs, so that nobody keeps what the old one made. */
const RECIPE = 1;

/**
 * What `wasm-artifacts.json` lists.
 *
 * @param {{ purpose?: string, crate?: string }} [filter] a purpose is `test`, `demo` or `bench`
 * @returns {Artifact[]}
 */
export function listedArtifacts({ purpose, crate } = {}) {
  const list = JSON.parse(fs.readFileSync(path.join(root, 'scripts/wasm-artifacts.json'), 'utf8'));
  return list
    .filter((entry) => (purpose === undefined || entry.for.includes(purpose)) && (crate === undefined || entry.crate === crate))
    .flatMap(({ crate, panic, variants, features = [], as = crate, debug = false, without = [], bindgen = [] }) =>
      panic.map((mode) => ({ crate, panic: mode, variants, features, as, debug, without, bindgen })),
    );
}

/**
 * Builds one artifact into `.artifacts/<as>/<panic>/`, unless what is there was made from the same inputs.
 *
 * @param {Artifact} artifact
 * @param {(line: string) => void} [tell] hears what is being done
 * @returns {Promise<'built' | 'up to date'>}
 */
export async function buildArtifact(artifact, tell = () => {}) {
  for (const variant of artifact.variants) {
    if (!VARIANTS.includes(variant)) throw new UserError(`There is no variant "${variant}". The variants are: ${VARIANTS.join(', ')}.`);
  }
  // One lock a panic mode: cargo's output file has the same name whatever the features were.
  const lock = path.join(artifactsDir, `.lock-${artifact.panic}`);
  return withLock(
    lock,
    () => buildLocked(artifact, tell),
    () => tell('waiting for another build'),
  );
}

async function buildLocked(artifact, tell) {
  const { crate, panic, variants, features, as, debug, without = [], bindgen = [] } = artifact;
  const dir = path.join(artifactsDir, as, panic);
  const toolchain = wasmToolchain();
  const { name, folders } = crateAndItsPaths(crate);
  const build = [
    'build',
    '--package',
    name,
    ...toolchain.buildStdArgs(panic, without),
    ...(features.length > 0 ? ['--features', features.join(',')] : []),
    // Of this crate only: std would have to be built once more for its own.
    ...(debug ? ['--config', `profile.release.package.${name}.debug="${debug === true ? 'line-tables-only' : debug}"`] : []),
  ];
  const inputs = contentHash(
    root,
    [...folders, 'Cargo.toml', 'Cargo.lock'].map((entry) => path.resolve(root, entry)),
    JSON.stringify([
      RECIPE,
      toolchain.version,
      toolchain.env(panic, without).RUSTFLAGS,
      build,
      WASM_BINDGEN_VERSION,
      ...without,
      ...bindgen,
    ]),
  );
  const stampFile = path.join(dir, 'stamp.json');
  const stamp = readStamp(stampFile);
  const fresh = stamp.inputs === inputs;
  const there = fresh ? stamp.variants.filter((variant) => fs.existsSync(path.join(dir, variant))) : [];
  const wanted = variants.filter((variant) => !there.includes(variant));
  const file = `${name.replaceAll('-', '_')}.wasm`;
  const wasm = path.join(dir, file);
  if (fresh && wanted.length === 0 && fs.existsSync(wasm)) return 'up to date';

  // Until the new stamp is written, whatever happens, nobody takes what is there for finished.
  fs.rmSync(stampFile, { force: true });
  if (!fresh) fs.rmSync(dir, { recursive: true, force: true });
  fs.mkdirSync(dir, { recursive: true });
  if (!fresh || !fs.existsSync(wasm)) {
    await run(toolchain.cargo, build, { cwd: root, env: toolchain.env(panic, without), onLine: tell });
    const built = path.join(root, `target/wasm-${panic}/wasm32-unknown-unknown/release`, file);
    if (without.length === 0) fs.copyFileSync(built, wasm);
    else fs.writeFileSync(wasm, withoutTargetFeatures(fs.readFileSync(built), without));
  }
  for (const variant of wanted) {
    tell(`wasm-bindgen ${variant}`);
    await bind(wasm, variant, path.join(dir, variant), [...bindgen, ...(debug ? ['--keep-debug'] : [])]);
  }
  const made = [...there, ...wanted].sort();
  fs.writeFileSync(stampFile, `${JSON.stringify({ inputs, variants: made }, null, 2)}\n`);
  return 'built';
}

async function bind(wasm, variant, out, options) {
  const target = variant.replace(/-reset$/, '');
  const args = ['--target', target, '--out-dir', out, ...options];
  if (variant !== target) args.push('--experimental-reset-state-function');
  fs.rmSync(out, { recursive: true, force: true });
  await run(wasmBindgen(), [...args, wasm]);
  // As wasm-pack does: without it, Node would take the CommonJS output for ES modules, since this repository is `type: module`.
  // Note: not `commonjs`, because the snippets beside that output are ES modules; Node tells by the syntax.
  const manifest = target === 'nodejs' || target === 'no-modules' ? {} : { type: 'module' };
  fs.writeFileSync(path.join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

function readStamp(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return { inputs: undefined, variants: [] };
  }
}

/** A crate's name, and the folders of it and of every crate in this repository that it depends on. */
function crateAndItsPaths(crate) {
  const packages = workspaceCrates();
  const start = path.join(root, 'crates', crate);
  const found = packages.get(start);
  if (!found) {
    const known = [...packages.keys()].map((folder) => path.basename(folder)).join(', ');
    throw new UserError(`There is no crate in crates/${crate}. The crates are: ${known}.`);
  }
  const folders = new Set([start]);
  for (const folder of folders) {
    for (const dependency of packages.get(folder)?.dependencies ?? []) {
      // What only the crate's own tests use is not in the module.
      if (dependency.path && dependency.kind !== 'dev') folders.add(dependency.path);
    }
  }
  return { name: found.name, folders: [...folders] };
}

/** Asked once: it takes cargo longer than all the rest of a check that finds everything up to date. */
let crates;

/** What cargo says of every crate in this repository, by folder. */
function workspaceCrates() {
  if (crates) return crates;
  const manifest = path.join(root, 'Cargo.toml');
  const text = ask(hostRust().cargo, ['metadata', '--no-deps', '--offline', '--format-version', '1', '--manifest-path', manifest]);
  if (text === undefined) throw new UserError('cargo could not read the workspace. `cargo metadata --no-deps` says why.');
  crates = new Map(JSON.parse(text).packages.map((entry) => [path.dirname(entry.manifest_path), entry]));
  return crates;
}
