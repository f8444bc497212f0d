/** What cargo knows of a crate. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BuildError } from '../build/errors.js';
import { type Command, run, type Surroundings } from './processes.js';
import { WASM_TARGET } from './rust.js';

/** A crate that makes a module for wasm-bindgen. */
export interface Crate {
  readonly dir: string;
  readonly name: string;
  /** The name of its library, after which cargo calls the wasm file. */
  readonly library: string;
  readonly version: string;
  readonly description: string | undefined;
  readonly license: string | undefined;
  /** The version of wasm-bindgen in its Cargo.lock. */
  readonly wasmBindgen: string;
  /** Whether it is a Worker of Cloudflare's. */
  readonly isWorker: boolean;
  /** The options that wasm-pack and worker-build give to wasm-opt, of all profiles. */
  readonly wasmOpt: readonly string[];
}

interface Metadata {
  readonly workspace_root: string;
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly description: string | null;
    readonly license: string | null;
    readonly manifest_path: string;
    readonly metadata: unknown;
    readonly dependencies: readonly { readonly name: string }[];
    readonly targets: readonly { readonly name: string; readonly crate_types: readonly string[] }[];
  }[];
}

/** Options of cargo's that concern its Cargo.lock and the network, whatever it does. */
const SHARED_OPTIONS = ['--offline', '--locked', '--frozen'];

/** A crate, as far as it can be seen without a change to its Cargo.lock. */
export interface SeenCrate extends Omit<Crate, 'wasmBindgen'> {
  /** Undefined: its Cargo.lock doesn't say. */
  readonly wasmBindgen: string | undefined;
  /** Why it doesn't: there is none, or cargo can't go by it; undefined where it can. */
  readonly lock: { readonly isThere: boolean; readonly said: string } | undefined;
}

/**
 * What cargo will build. Writes its Cargo.lock where there is none.
 * @param cargoArgs what cargo will be given to build it
 * @throws BuildError `REVIVE_NO_CRATE`; `REVIVE_TOOL_FAILED` where cargo can't read it
 */
export async function readCrate(cargo: Command, at: Surroundings, cargoArgs: readonly string[] = []): Promise<Crate> {
  const manifest = manifestIn(at);
  const metadata = await metadataOf(
    cargo,
    at,
    cargoArgs.filter((arg) => SHARED_OPTIONS.includes(arg)),
  );
  return { ...describe(metadata, manifest), wasmBindgen: wasmBindgenOf(metadata, manifest) };
}

/** The same, where nothing is to be changed. @throws BuildError as {@link readCrate} does */
export async function seeCrate(cargo: Command, at: Surroundings): Promise<SeenCrate> {
  const manifest = manifestIn(at);
  let metadata: Metadata;
  try {
    metadata = await metadataOf(cargo, at, ['--locked']);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    // Note: without dependencies, cargo looks at no Cargo.lock, and finds what is wrong with Cargo.toml.
    const without = await metadataOf(cargo, at, ['--no-deps']);
    const lock = { isThere: existsSync(join(without.workspace_root, 'Cargo.lock')), said: error.output };
    return { ...describe(without, manifest), wasmBindgen: undefined, lock };
  }
  return { ...describe(metadata, manifest), wasmBindgen: wasmBindgenOf(metadata, manifest), lock: undefined };
}

/** The crate's Cargo.toml. @throws BuildError `REVIVE_NO_CRATE` */
function manifestIn({ cwd }: Surroundings): string {
  const given = resolve(cwd);
  // cargo calls a crate by its path behind all links.
  const dir = existsSync(given) ? realpathSync(given) : given;
  const manifest = join(dir, 'Cargo.toml');
  if (existsSync(manifest)) return manifest;
  const around = existsSync(dir) ? ancestorWithManifest(dirname(dir)) : undefined;
  throw new BuildError(
    'REVIVE_NO_CRATE',
    `${dir} holds no Cargo.toml. Give the folder of the crate${around === undefined ? '' : `: perhaps ${around}`}.`,
  );
}

/** @throws BuildError `REVIVE_TOOL_FAILED` */
async function metadataOf(cargo: Command, at: Surroundings, options: readonly string[]): Promise<Metadata> {
  const { stdout } = await run([...cargo, 'metadata', '--format-version', '1', '--filter-platform', WASM_TARGET, ...options], at);
  return JSON.parse(stdout) as Metadata;
}

function ownOf({ packages }: Metadata, manifest: string): Metadata['packages'][number] {
  const own = packages.find(({ manifest_path: path }) => resolve(path) === manifest);
  if (own !== undefined) return own;
  throw new BuildError('REVIVE_NO_CRATE', `${manifest} is that of a workspace, and of no crate. Give the folder of one of its crates.`);
}

/** @throws BuildError `REVIVE_NO_CRATE` */
function wasmBindgenOf(metadata: Metadata, manifest: string): string {
  const version = metadata.packages.find(({ name }) => name === 'wasm-bindgen')?.version;
  if (version !== undefined) return version;
  throw new BuildError(
    'REVIVE_NO_CRATE',
    `${ownOf(metadata, manifest).name} doesn't use wasm-bindgen. Run \`cargo add wasm-bindgen\` in ${dirname(manifest)}, and export something with #[wasm_bindgen].`,
    { todo: 'cargo add wasm-bindgen' },
  );
}

/** @throws BuildError `REVIVE_NO_CRATE` */
function describe(all: Metadata, manifest: string): Omit<Crate, 'wasmBindgen'> {
  const { name, version, description, license, metadata, dependencies, targets } = ownOf(all, manifest);
  const library = targets.find(({ crate_types: types }) => types.includes('cdylib'));
  if (library === undefined) {
    throw new BuildError(
      'REVIVE_NO_CRATE',
      `${manifest} makes no cdylib, which is what wasm-bindgen takes. Add: [lib] crate-type = ["cdylib", "rlib"]`,
      { todo: '[lib]\ncrate-type = ["cdylib", "rlib"]' },
    );
  }
  return {
    dir: dirname(manifest),
    name,
    // Older versions of cargo give it as it is written.
    library: library.name.replaceAll('-', '_'),
    version,
    description: description ?? undefined,
    license: license ?? undefined,
    isWorker: dependencies.some((one) => one.name === 'worker'),
    wasmOpt: wasmOptOf(metadata),
  };
}

/** `[package.metadata.wasm-pack.profile.release] wasm-opt = ["-O"]`. */
function wasmOptOf(metadata: unknown): string[] {
  const profiles = field(field(metadata, 'wasm-pack'), 'profile');
  const lists =
    typeof profiles === 'object' && profiles !== null ? Object.values(profiles).map((profile) => field(profile, 'wasm-opt')) : [];
  return lists.flat().filter((option): option is string => typeof option === 'string');
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function ancestorWithManifest(dir: string): string | undefined {
  if (existsSync(join(dir, 'Cargo.toml'))) return dir;
  return dir === dirname(dir) ? undefined : ancestorWithManifest(dirname(dir));
}
