import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { hostRust } from './host-rust.mjs';
import { toolsDir } from './paths.mjs';
import { run } from './processes.mjs';
import { UserError } from './user-error.mjs';

/** The version beside which this repository shows its own: that of the `worker` crate of `crates/worker-fixture`. */
export const WORKER_BUILD_VERSION = '0.8.7';

const folder = path.join(toolsDir, `worker-build-${WORKER_BUILD_VERSION}`);
const FILES = ['shim.js', 'shim-unwind.js'];

/**
 * Puts worker-build's own shims, the main modules of the Workers that it makes, into `.tools`. They are in the sources of its crate, which cargo
 * gets in seconds; to build the command takes minutes.
 *
 * @param {(line: string) => void} onLine hears cargo's output
 * @returns {Promise<string>} what was done; or why they are not there, without which what is compared with them is left out
 */
export async function ensureUpstreamShim(onLine) {
  if (FILES.every((file) => fs.existsSync(path.join(folder, file)))) return 'there';
  const { cargo } = hostRust();
  try {
    // A crate that depends on it: cargo has no command that only downloads one. The table makes it no member of this repository's workspace.
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'lib.rs'), '');
    const manifest = path.join(folder, 'Cargo.toml');
    const about = '[package]\nname = "upstream-shim"\nversion = "0.0.0"\nedition = "2021"\n\n[lib]\npath = "lib.rs"\n\n[workspace]\n';
    fs.writeFileSync(manifest, `${about}\n[dependencies]\nworker-build = "=${WORKER_BUILD_VERSION}"\n`);
    await run(cargo, ['fetch', '--manifest-path', manifest], { onLine });
    const sources = sourcesOf(`worker-build-${WORKER_BUILD_VERSION}`);
    for (const file of FILES) fs.copyFileSync(path.join(sources, 'src/js', file), path.join(folder, file));
    return 'fetched';
  } catch (error) {
    onLine(error.message);
    return `not there: ${error.message.split('\n', 1)[0]}`;
  }
}

/** Where cargo has put the sources of a crate. Note: `cargo metadata` says nothing of a dependency that has no library. */
function sourcesOf(crate) {
  const registries = path.join(process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo'), 'registry/src');
  const found = fs.readdirSync(registries).map((registry) => path.join(registries, registry, crate));
  const sources = found.find((sources) => fs.existsSync(sources));
  if (sources === undefined) throw new UserError(`cargo has fetched ${crate}, but it is not in ${registries}.`);
  return sources;
}
