import fs from 'node:fs';
import path from 'node:path';
import { contentHash } from '../../../../scripts/lib/content-hash.mjs';
import { run } from '../../../../scripts/lib/processes.mjs';
import { UserError } from '../../../../scripts/lib/user-error.mjs';
import { cargoFor } from '../lib/flavours.mjs';
import { workDir } from '../lib/work-dir.mjs';

/**
 * Compiles upstream's tests/wasm into one `.wasm`.
 *
 * @param {import('../lib/checkout.mjs').Upstream} upstream
 * @param {'abort' | 'unwind'} panic
 * @param {string} jobs
 * @param {(line: string) => void} onLine
 * @returns {Promise<string>} the file
 */
export async function compileSuite(upstream, panic, jobs, onLine) {
  const { cargo, env, args } = cargoFor(panic, jobs);
  const out = await run(cargo, ['test', '--no-run', ...args, '--test', 'wasm', '--message-format=json-render-diagnostics'], {
    cwd: upstream.dir,
    env,
    onLine,
  });
  const found = out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .find((message) => message.reason === 'compiler-artifact' && message.target.name === 'wasm' && message.executable);
  if (!found) throw new UserError('cargo built no test named `wasm`: upstream may have moved its suite.');
  return found.executable;
}

/**
 * Lets upstream's own runner generate bindings and its driver script (`run.cjs`), but not run them: the `node` it finds is a stand-in that
 * only ends. What it leaves can then be run as it is and transformed, from one and the same output.
 *
 * @param {import('../lib/checkout.mjs').Upstream} upstream
 * @param {string} wasm
 * @param {string} dir where the output goes
 */
export async function generateSuite(upstream, wasm, dir) {
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
    cwd: upstream.dir,
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
