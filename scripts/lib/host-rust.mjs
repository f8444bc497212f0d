import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from './paths.mjs';
import { ask, run } from './processes.mjs';
import { UserError } from './user-error.mjs';

/**
 * The cargo that builds what runs on this machine: crates' tests and wasm-bindgen's command.
 *
 * @returns {{ cargo: string, version: string }}
 * @throws {UserError} when there is none, or it is older than the workspace's `rust-version`
 */
export function hostRust() {
  const wanted = /^rust-version\s*=\s*"([\d.]+)"/m.exec(fs.readFileSync(path.join(root, 'Cargo.toml'), 'utf8'))?.[1] ?? '1.0';
  // A new rustup puts cargo into a folder that shells opened earlier don't have on their PATH.
  const home = process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo');
  let found;
  for (const cargo of ['cargo', path.join(home, 'bin', 'cargo')]) {
    // Asked in the root folder, so that a toolchain chosen for this folder answers; rustup must not fetch one to do so.
    const version = /^cargo (\d+\.\d+\.\d+)/.exec(ask(cargo, ['--version'], { ...process.env, RUSTUP_AUTO_INSTALL: '0' }) ?? '')?.[1];
    if (version === undefined) continue;
    found ??= version;
    if (!isOlder(version, wanted)) return { cargo, version };
  }
  throw new UserError(
    `${found ? `cargo ${found} was found` : 'No cargo was found'}; this repository needs Rust ${wanted} or newer. ` +
      'Install it from https://rustup.rs, or bring it up to date with `rustup update stable`.',
  );
}

/**
 * Sees to it that rustfmt and clippy are there, which `npm test` runs.
 *
 * @param {(line: string) => void} [onLine]
 * @throws {UserError} when they are missing and rustup can't add them
 */
export async function ensureRustLints(onLine) {
  const { cargo } = hostRust();
  const missing = ['fmt', 'clippy'].filter((tool) => ask(cargo, [tool, '--version']) === undefined);
  if (missing.length === 0) return;
  const components = missing.map((tool) => (tool === 'fmt' ? 'rustfmt' : tool));
  try {
    await run('rustup', ['component', 'add', ...components], { onLine, timeoutMs: 300_000 });
  } catch (error) {
    throw new UserError(
      `The Rust tools ${components.join(' and ')} are missing, and rustup could not add them. ` +
        `Install them with \`rustup component add ${components.join(' ')}\`.\n\n${error.message}`,
    );
  }
}

/** Whether dotted version `a` is older than `b`. */
export function isOlder(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < right.length; i++) {
    const difference = (left[i] ?? 0) - right[i];
    if (difference !== 0) return difference < 0;
  }
  return false;
}
