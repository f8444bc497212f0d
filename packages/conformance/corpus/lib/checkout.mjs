import fs from 'node:fs';
import path from 'node:path';
import { contentHash } from '../../../../scripts/lib/content-hash.mjs';
import { hostRust } from '../../../../scripts/lib/host-rust.mjs';
import { run } from '../../../../scripts/lib/processes.mjs';
import { UserError } from '../../../../scripts/lib/user-error.mjs';
import { workDir } from './work-dir.mjs';

/**
 * A private copy of the user's checkout, in which cargo may write, and upstream's own tools built from it. Bindings and tool have to be of
 * exactly the same version, so a released wasm-bindgen would not do.
 *
 * @typedef {object} Upstream
 * @property {string} dir the copy
 * @property {string} version what its `wasm-bindgen` crate says
 * @property {string} bindgen path of its `wasm-bindgen`
 * @property {string} testRunner path of its `wasm-bindgen-test-runner`
 */

/** What is needed of a checkout: the rest (examples, guide) is left out, since an example may have dependencies that only git can fetch. */
const NEEDED = ['Cargo.toml', 'Cargo.lock', 'build.rs', 'src', 'crates', 'tests', 'benches'];
const MEMBERS = ['crates/cli', 'crates/js-sys', 'crates/test', 'crates/web-sys'];

/**
 * Copies what changed since the last run.
 *
 * @param {string} checkout
 * @returns {{ dir: string, version: string }}
 */
export function copyCheckout(checkout) {
  const dir = path.join(workDir, 'checkout');
  const entries = NEEDED.filter((name) => fs.existsSync(path.join(checkout, name)));
  const stamp = path.join(workDir, 'checkout.stamp');
  const hash = contentHash(
    checkout,
    entries.map((name) => path.join(checkout, name)),
  );
  if (read(stamp) !== hash) {
    for (const name of entries) {
      // A Cargo.lock that cargo wrote here stays, and modification times are kept: cargo rebuilds what looks newer.
      fs.rmSync(path.join(dir, name), { recursive: true, force: true });
      fs.cpSync(path.join(checkout, name), path.join(dir, name), { recursive: true, preserveTimestamps: true });
    }
    prune(path.join(dir, 'Cargo.toml'));
    fs.writeFileSync(stamp, hash);
  }
  const version = /^version = "([^"]+)"/m.exec(read(path.join(dir, 'Cargo.toml')))?.[1];
  if (!version) throw new UserError(`${checkout}/Cargo.toml names no version of wasm-bindgen.`);
  return { dir, version };
}

/**
 * Builds upstream's command and test runner for this machine (some minutes the first time).
 *
 * @param {{ dir: string, version: string }} copy
 * @param {string} jobs
 * @param {(line: string) => void} onLine
 * @returns {Promise<Upstream>}
 */
export async function buildTools(copy, jobs, onLine) {
  const targetDir = path.join(workDir, 'cargo-host');
  const bins = ['wasm-bindgen', 'wasm-bindgen-test-runner'];
  await run(
    hostRust().cargo,
    [
      'build',
      `-j${jobs}`,
      '-p',
      'wasm-bindgen-cli',
      '--no-default-features',
      '--target-dir',
      targetDir,
      ...bins.flatMap((bin) => ['--bin', bin]),
    ],
    // Unoptimised, the tools take a minute for the test suite's 44 MB; the lightest optimisation is ten times as fast.
    { cwd: copy.dir, onLine, env: { ...process.env, CARGO_PROFILE_DEV_OPT_LEVEL: '1', CARGO_PROFILE_DEV_DEBUG: '0' } },
  );
  const [bindgen, testRunner] = bins.map((bin) => path.join(targetDir, 'debug', bin));
  return { ...copy, bindgen: /** @type {string} */ (bindgen), testRunner: /** @type {string} */ (testRunner) };
}

/** @param {string} manifest */
function prune(manifest) {
  const text = fs.readFileSync(manifest, 'utf8');
  const pruned = text.replace(/^members = \[[^\]]*\]/m, `members = [${MEMBERS.map((member) => `"${member}"`).join(', ')}]`);
  if (pruned === text)
    throw new UserError(`${manifest} has no \`members = [...]\` any more: copyCheckout in lib/checkout.mjs has to be brought up to date.`);
  const { atime, mtime } = fs.statSync(manifest);
  fs.writeFileSync(manifest, pruned);
  fs.utimesSync(manifest, atime, mtime);
}

/** @param {string} file */
function read(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}
