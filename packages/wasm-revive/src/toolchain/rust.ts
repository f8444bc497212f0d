/** The Rust toolchain that builds a crate: which one that is, what it can build, and what to do where it can't. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ask, type Command, type Surroundings } from './processes.js';

/** The only target that wasm-bindgen takes. */
export const WASM_TARGET = 'wasm32-unknown-unknown';

/** What a panic does. */
export type PanicMode = 'abort' | 'unwind';

/** A toolchain. */
export interface Rust {
  /** Runs its cargo. */
  readonly cargo: Command;
  /** `rustc 1.97.0-nightly (…)`. */
  readonly version: string;
  /** Whether it takes unstable options. */
  readonly isUnstable: boolean;
  /** Its name, where it is rustup's. */
  readonly name: string | undefined;
  /** Whether std for wasm32-unknown-unknown came with it, which is the one of panic=abort. */
  readonly hasTarget: boolean;
  /** Whether it has the sources of std, to build that anew. */
  readonly hasSources: boolean;
}

/** Something that is missing. */
export interface Missing {
  /** A sentence without its full stop. */
  readonly found: string;
  /** Commands, one a line. */
  readonly todo: string;
}

/**
 * The toolchain that cargo takes in a folder; for panic=unwind rustup's nightly, where that one can't. `CARGO` and `RUSTC` in the environment, where
 * they are set, are taken as they are.
 */
export function findRust(at: Surroundings, panic: PanicMode): Rust | undefined {
  const own = rustOf(at);
  const isGiven = at.env.CARGO !== undefined || at.env.RUSTC !== undefined;
  if (panic === 'abort' || isGiven || (own?.isUnstable && own.hasSources)) return own;
  return rustOf(at, 'nightly') ?? own;
}

function rustOf(at: Surroundings, toolchain?: string): Rust | undefined {
  const { CARGO: cargo = 'cargo', RUSTC: rustc = 'rustc', RUSTC_BOOTSTRAP: bootstrap } = at.env;
  const command = (name: string, ...args: string[]): Command => [name, ...(toolchain === undefined ? [] : [`+${toolchain}`]), ...args];
  const [version, sysroot] = [ask(command(rustc, '--version'), at), ask(command(rustc, '--print', 'sysroot'), at)];
  if (version === undefined || sysroot === undefined || ask(command(cargo, '--version'), at) === undefined) return undefined;
  return {
    cargo: command(cargo),
    version,
    isUnstable: bootstrap === '1' || /-(nightly|dev)\b/.test(version),
    name: /[\\/]toolchains[\\/]([^\\/]+)$/.exec(sysroot)?.[1],
    hasTarget: existsSync(join(sysroot, 'lib/rustlib', WASM_TARGET, 'lib')),
    hasSources: existsSync(join(sysroot, 'lib/rustlib/src/rust/library/std/Cargo.toml')),
  };
}

/** What a toolchain lacks to build for a panic mode, in the order in which to do something about it. */
export function missingOf(rust: Rust | undefined, panic: PanicMode): Missing[] {
  if (rust === undefined) {
    return [{ found: 'No Rust toolchain: cargo and rustc are not on the PATH', todo: RUSTUP }];
  }
  const { name, version } = rust;
  if (panic === 'abort') {
    if (rust.hasTarget) return [];
    const todo =
      name === undefined
        ? `# ${version} is not rustup's: install its std for ${WASM_TARGET} from where it came, or rustup:\n${RUSTUP}`
        : addTarget(name);
    return [{ found: `${version} has no std for ${WASM_TARGET}`, todo }];
  }
  if (!rust.isUnstable)
    return [{ found: `panic=unwind needs a nightly Rust, which builds std anew (-Zbuild-std); found ${version}`, todo: NIGHTLY }];
  if (!rust.hasSources) {
    const todo = name === undefined ? NIGHTLY : `rustup component add rust-src --toolchain ${name}`;
    return [{ found: `panic=unwind needs the sources of std, and ${version} has none`, todo }];
  }
  return [];
}

const RUSTUP = "curl --proto '=https' -sSf https://sh.rustup.rs | sh";
const NIGHTLY = `rustup toolchain install nightly --profile minimal --component rust-src --target ${WASM_TARGET}`;

function addTarget(name: string): string {
  return `rustup target add ${WASM_TARGET} --toolchain ${name}`;
}
