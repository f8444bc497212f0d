import fs from 'node:fs';
import path from 'node:path';
import { hostRust } from './host-rust.mjs';
import { toolsDir } from './paths.mjs';
import { ask, run } from './processes.mjs';
import { UserError } from './user-error.mjs';

/** The crates pin the same version: wasm-bindgen's library and command must agree exactly. */
export const WASM_BINDGEN_VERSION = '0.2.130';

const own = path.join(toolsDir, 'bin', 'wasm-bindgen');

/**
 * The wasm-bindgen command of the right version: this repository's own, or the one on PATH.
 *
 * @returns {string}
 * @throws {UserError} when neither is there
 */
export function wasmBindgen() {
  const found = findWasmBindgen();
  if (!found) {
    throw new UserError(`wasm-bindgen ${WASM_BINDGEN_VERSION} was not found in .tools/bin or on PATH. \`npm run setup\` installs it.`);
  }
  return found;
}

/** @returns {string | undefined} */
export function findWasmBindgen() {
  return [own, 'wasm-bindgen'].find((command) => ask(command, ['--version']) === `wasm-bindgen ${WASM_BINDGEN_VERSION}`);
}

/**
 * Finds the command, or builds it from crates.io into `.tools` (some minutes).
 *
 * @param {(line: string) => void} onLine hears cargo's output
 * @returns {Promise<string>}
 */
export async function ensureWasmBindgen(onLine) {
  const found = findWasmBindgen();
  if (found) return found;
  fs.mkdirSync(toolsDir, { recursive: true });
  // Not `--locked`: its lock file names a crate version that registries lack. Not fully optimised: it compiles in half the
  // time, and what it does here takes milliseconds either way.
  await run(
    hostRust().cargo,
    [
      'install',
      'wasm-bindgen-cli',
      '--version',
      WASM_BINDGEN_VERSION,
      '--no-default-features',
      '--bin',
      'wasm-bindgen',
      '--root',
      toolsDir,
      '--force',
    ],
    { onLine, env: { ...process.env, CARGO_PROFILE_RELEASE_OPT_LEVEL: '1' } },
  );
  return wasmBindgen();
}
