import fs from 'node:fs';
import path from 'node:path';
import { contentHash } from '../../../../scripts/lib/content-hash.mjs';
import { run } from '../../../../scripts/lib/processes.mjs';
import { UserError } from '../../../../scripts/lib/user-error.mjs';
import { cargoFor } from '../lib/flavours.mjs';
import { workDir } from '../lib/work-dir.mjs';

/**
 * A test binary of upstream's, as its own CI runs it on Node.
 *
 * @typedef {{ name: string, id: string, dir: string, args: string[], unbuilt?: 'abort' | 'unwind' }} Suite `dir`: the crate's folder in the
 *   checkout; `args`: for cargo; `unbuilt`: the panic mode in which upstream does not build it, so that it need not compile
 */

/** @type {Suite[]} */
export const SUITES = [
  { name: 'tests/wasm', id: 'wasm', dir: '.', args: ['-p', 'wasm-bindgen', '--test', 'wasm'] },
  {
    name: 'js-sys',
    id: 'js-sys',
    dir: 'crates/js-sys',
    args: ['-p', 'js-sys', '--features', 'unsafe-eval', '--test', 'wasm'],
    unbuilt: 'unwind',
  },
];

/**
 * Compiles a suite into one `.wasm`.
 *
 * @param {import('../lib/checkout.mjs').Upstream} upstream
 * @param {Suite} suite
 * @param {'abort' | 'unwind'} panic
 * @param {string} jobs
 * @param {(line: string) => void} onLine
 * @returns {Promise<{ wasm: string, why?: undefined } | { wasm?: undefined, why: string }>} the file, or why it does not compile
 */
export async function compileSuite(upstream, suite, panic, jobs, onLine) {
  const { cargo, env, args } = cargoFor(panic, jobs);
  const command = ['test', '--no-run', ...args, ...suite.args, '--message-format=json-render-diagnostics'];
  const tell = (/** @type {string} */ line) => line.startsWith('{') || onLine(line);
  let out;
  try {
    out = await run(cargo, command, { cwd: upstream.dir, env, onLine: tell });
  } catch (error) {
    const why = /^ *(error\[E\d+\]: .*)$/m.exec(String(error))?.[1];
    if (panic !== suite.unbuilt || why === undefined) throw error;
    return { why };
  }
  const found = out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .find((message) => message.reason === 'compiler-artifact' && message.target.name === 'wasm' && message.executable);
  if (!found) throw new UserError('cargo built no test named `wasm`: upstream may have moved its suites.');
  return { wasm: found.executable };
}

/**
 * Lets upstream's own runner generate bindings and its driver script (`run.cjs`), but not run them: the `node` it finds is a stand-in that
 * only ends. What it leaves can then be run as it is and transformed, from one and the same output.
 *
 * @param {import('../lib/checkout.mjs').Upstream} upstream
 * @param {Suite} suite
 * @param {string} wasm
 * @param {string} dir where the output goes
 */
export async function generateSuite(upstream, suite, wasm, dir) {
  const stamp = `${dir}.key`;
  const key = contentHash(workDir, [wasm, upstream.testRunner]);
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === key) return;
  fs.rmSync(stamp, { force: true });
  fs.rmSync(dir, { recursive: true, force: true });
  const scratch = `${dir}-scratch`;
  fs.rmSync(scratch, { recursive: true, force: true });
  const standIn = path.join(scratch, 'bin');
  fs.mkdirSync(standIn, { recursive: true });
  fs.writeFileSync(path.join(standIn, 'node'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const said = await run(upstream.testRunner, [wasm, '--nocapture'], {
    cwd: path.join(upstream.dir, suite.dir),
    env: {
      ...process.env,
      PATH: `${standIn}${path.delimiter}${process.env.PATH}`,
      TMPDIR: scratch,
      WASM_BINDGEN_KEEP_TEST_BUILD: '1',
      // As in upstream's justfile.
      WASM_BINDGEN_TEST_ONLY_NODE: '1',
      WASM_BINDGEN_SPLIT_LINKED_MODULES: '1',
    },
  });
  const made = /build output folder: (.+)$/m.exec(said)?.[1];
  if (!made || !fs.existsSync(path.join(made, 'run.cjs')))
    throw new UserError(`wasm-bindgen-test-runner left no run.cjs. It said:\n${said}`);
  fs.renameSync(made, dir);
  fs.rmSync(scratch, { recursive: true, force: true });
  fs.writeFileSync(stamp, key);
}
