/** What cargo knows of a crate. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BuildError } from '../build/errors.js';
import { type Command, run, type Surroundings } from './processes.js';

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

/**
 * @param cargoArgs what cargo will be given to build it
 * @throws BuildError `REVIVE_NO_CRATE`; `REVIVE_TOOL_FAILED` where cargo can't read it
 */
export async function readCrate(cargo: Command, at: Surroundings, cargoArgs: readonly string[] = []): Promise<Crate> {
  const given = resolve(at.cwd);
  // cargo calls a crate by its path behind all links.
  const dir = existsSync(given) ? realpathSync(given) : given;
  const manifest = join(dir, 'Cargo.toml');
  if (!existsSync(manifest)) {
    const around = existsSync(dir) ? ancestorWithManifest(dirname(dir)) : undefined;
    throw new BuildError(
      'REVIVE_NO_CRATE',
      `${dir} holds no Cargo.toml. Give the folder of the crate${around === undefined ? '' : `: perhaps ${around}`}.`,
    );
  }
  const options = cargoArgs.filter((arg) => SHARED_OPTIONS.includes(arg));
  const { stdout } = await run(
    [...cargo, 'metadata', '--format-version', '1', '--filter-platform', 'wasm32-unknown-unknown', ...options],
    at,
  );
  const { packages } = JSON.parse(stdout) as Metadata;
  const own = packages.find(({ manifest_path: path }) => resolve(path) === manifest);
  if (own === undefined) {
    throw new BuildError('REVIVE_NO_CRATE', `${manifest} is that of a workspace, and of no crate. Give the folder of one of its crates.`);
  }
  const library = own.targets.find(({ crate_types: types }) => types.includes('cdylib'));
  if (library === undefined) {
    throw new BuildError(
      'REVIVE_NO_CRATE',
      `${manifest} makes no cdylib, which is what wasm-bindgen takes. Add: [lib] crate-type = ["cdylib", "rlib"]`,
      { todo: '[lib]\ncrate-type = ["cdylib", "rlib"]' },
    );
  }
  const wasmBindgen = packages.find(({ name }) => name === 'wasm-bindgen')?.version;
  if (wasmBindgen === undefined) {
    throw new BuildError(
      'REVIVE_NO_CRATE',
      `${own.name} doesn't use wasm-bindgen. Run \`cargo add wasm-bindgen\` in ${dir}, and export something with #[wasm_bindgen].`,
      { todo: 'cargo add wasm-bindgen' },
    );
  }
  const { name, version, description, license, metadata, dependencies } = own;
  return {
    dir,
    name,
    // Older versions of cargo give it as it is written.
    library: library.name.replaceAll('-', '_'),
    version,
    description: description ?? undefined,
    license: license ?? undefined,
    wasmBindgen,
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
