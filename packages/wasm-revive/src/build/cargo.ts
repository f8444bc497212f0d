import { join } from 'node:path';
import type { Crate } from '../toolchain/crate.js';
import { type Command, run, type Surroundings } from '../toolchain/processes.js';
import { type PanicMode, WASM_TARGET } from '../toolchain/rust.js';
import { BuildError } from './errors.js';

/** How cargo builds. */
export interface CargoOptions {
  /** cargo's profile: `dev`, `release`, or one of the program's own. */
  readonly profile: string;
  readonly panic: PanicMode;
  /** More arguments of `cargo build`. */
  readonly cargoArgs: readonly string[];
}

/** What cargo has made, and said. */
export interface Compiled {
  readonly wasm: string;
  /** Warnings of the compiler. */
  readonly warnings: string;
}

const UNWIND = '-Cpanic=unwind';

/** Builds the module of a crate. @param onLine hears what cargo does @throws BuildError `REVIVE_TOOL_FAILED` */
export async function compile(
  cargo: Command,
  crate: Crate,
  at: Surroundings,
  { profile, panic, cargoArgs }: CargoOptions,
  onLine: (line: string) => void,
): Promise<Compiled> {
  const unwind = panic === 'unwind' ? unwinding(at.env) : { env: at.env, args: [] };
  const args = ['build', '--lib', '--target', WASM_TARGET, '--profile', profile, '--message-format', 'json-render-diagnostics'];
  const progress = (line: string): void => {
    if (isProgress(line)) onLine(line.trim());
  };
  const command = [...cargo, ...args, ...unwind.args, ...cargoArgs] as const;
  const { stdout, stderr } = await run(command, { ...at, env: unwind.env }, progress, withoutMessages);
  const wasm = wasmOf(stdout, join(crate.dir, 'Cargo.toml'));
  if (wasm === undefined) {
    throw new BuildError(
      'REVIVE_TOOL_FAILED',
      `cargo has made no wasm file of ${crate.name}. Leave out what has it build something else: ${cargoArgs.join(' ')}`,
    );
  }
  return { wasm, warnings: withoutProgress(stderr) };
}

/**
 * Has cargo build std anew, and everything unwind.
 *
 * Note: flags in the environment go before those in cargo's configuration, which would then not be heard. So a flag goes to where the others are.
 */
function unwinding(env: NodeJS.ProcessEnv): { env: NodeJS.ProcessEnv; args: string[] } {
  const buildStd = ['-Zbuild-std=std,panic_unwind'];
  for (const [name, separator] of [
    ['CARGO_ENCODED_RUSTFLAGS', '\u001f'],
    ['RUSTFLAGS', ' '],
  ] as const) {
    const flags = env[name];
    if (flags === undefined) continue;
    const isThere = flags.split(separator).includes(UNWIND);
    return { env: isThere ? env : { ...env, [name]: flags === '' ? UNWIND : `${UNWIND}${separator}${flags}` }, args: buildStd };
  }
  return { env, args: [...buildStd, '--config', `target.${WASM_TARGET}.rustflags=["${UNWIND}"]`] };
}

/** cargo ends the verb of a line of progress at its twelfth column. */
function isProgress(line: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  const plain = line.replaceAll(/\u001b\[[\d;]*m/g, '');
  return /^ *[A-Z][a-z]+$/.test(plain.slice(0, 12)) && plain[12] === ' ';
}

/** What the compiler has said, without what cargo has. */
export function withoutProgress(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => !isProgress(line));
  return lines.join('\n').trim();
}

/** What cargo writes to standard output for programs is a line of JSON each. What the compiler has said, it writes to standard error, for people. */
function withoutMessages(stdout: string): string {
  const lines = stdout.split('\n').filter((line) => !line.startsWith('{'));
  return lines.join('\n');
}

function wasmOf(messages: string, manifest: string): string | undefined {
  for (const line of messages.split('\n')) {
    if (!line.startsWith('{')) continue;
    const message = JSON.parse(line) as { reason: string; manifest_path?: string; filenames?: readonly string[] };
    if (message.reason !== 'compiler-artifact' || message.manifest_path !== manifest) continue;
    const wasm = message.filenames?.find((file) => file.endsWith('.wasm'));
    if (wasm !== undefined) return wasm;
  }
  return undefined;
}
