import fs from 'node:fs';
import path from 'node:path';
import { run } from '../../../../scripts/lib/processes.mjs';
import { cargoFor } from '../lib/flavours.mjs';
import { workDir } from '../lib/work-dir.mjs';

/** @typedef {import('../lib/flavours.mjs').FlavourName} FlavourName */

/**
 * Compiles tests as members of one cargo workspace, as upstream does. The workspace always holds all of them, so that asking for a few
 * changes nothing for the others.
 *
 * @param {import('../lib/checkout.mjs').Upstream} upstream
 * @param {FlavourName} flavour
 * @param {import('./cases.mjs').Test[]} all
 * @param {import('./cases.mjs').Test[]} tests which to compile
 * @param {string} jobs
 * @param {(line: string) => void} onLine
 * @returns {Promise<{ wasm: Map<string, string>, failed: Map<string, string> }>} per test name its `.wasm`, or why it does not compile
 */
export async function compileTests(upstream, flavour, all, tests, jobs, onLine) {
  const dir = path.join(workDir, 'reference', `workspace-${flavour}`);
  writeWorkspace(dir, upstream.dir, all);
  const { cargo, env, args, outputDir } = cargoFor(flavour, jobs);
  /** @type {Map<string, string>} */
  const failed = new Map();
  const wasm = new Map(tests.map((test) => [test.name, path.join(outputDir, `${crateName(test.name)}.wasm`)]));
  for (const file of wasm.values()) fs.rmSync(file, { force: true });
  try {
    // All in one call; what does not compile (a closure that isn't UnwindSafe, say) must not take the others along.
    await run(cargo, ['build', ...args, ...tests.flatMap((test) => ['-p', crateName(test.name)]), '--keep-going'], {
      cwd: dir,
      env,
      onLine,
    });
  } catch (error) {
    for (const [name, file] of wasm) {
      if (fs.existsSync(file)) continue;
      wasm.delete(name);
      failed.set(name, await whyNot(cargo, ['build', ...args, '-p', crateName(name)], dir, env, error));
    }
    if (wasm.size === 0) throw error;
  }
  return { wasm, failed };
}

/**
 * @param {string} dir
 * @param {string} checkout
 * @param {import('./cases.mjs').Test[]} tests
 */
function writeWorkspace(dir, checkout, tests) {
  for (const test of tests) {
    const member = path.join(dir, crateName(test.name));
    fs.mkdirSync(path.join(member, 'src'), { recursive: true });
    const dependencies = [
      `wasm-bindgen = { path = '${checkout}' }`,
      `wasm-bindgen-futures = { path = '${checkout}/crates/futures' }`,
      ...test.dependencies,
    ];
    writeIfNew(
      path.join(member, 'Cargo.toml'),
      `[package]\nname = "${crateName(test.name)}"\nversion = "1.0.0"\nedition = "2021"\n\n[dependencies]\n${dependencies.join('\n')}\n\n[lib]\ncrate-type = ["cdylib"]\n`,
    );
    writeIfNew(path.join(member, 'src/lib.rs'), fs.readFileSync(test.file, 'utf8'));
  }
  const members = tests.map((test) => `"${crateName(test.name)}"`).join(', ');
  writeIfNew(path.join(dir, 'Cargo.toml'), `[workspace]\nresolver = "2"\nmembers = [${members}]\n\n[profile.dev]\ncodegen-units = 1\n`);
}

/**
 * Runs upstream's command over a compiled test, into a new folder.
 *
 * @param {import('../lib/checkout.mjs').Upstream} upstream
 * @param {string} wasm
 * @param {string[]} flags
 * @param {string} outDir
 */
export async function generate(upstream, wasm, flags, outDir) {
  fs.rmSync(outDir, { recursive: true, force: true });
  fs.mkdirSync(outDir, { recursive: true });
  await run(upstream.bindgen, ['--out-dir', outDir, wasm, ...flags, '--out-name', 'reference_test']);
}

/**
 * @param {string} cargo
 * @param {string[]} args
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} env
 * @param {unknown} first what the build of everything said, for when this one succeeds on its own
 */
async function whyNot(cargo, args, cwd, env, first) {
  try {
    await run(cargo, args, { cwd, env });
  } catch (error) {
    return /^ *(error(\[\w+\])?: .*)$/m.exec(String(error))?.[1] ?? String(error);
  }
  return String(first);
}

/** @param {string} test */
function crateName(test) {
  return `${test.replaceAll('-', '_')}_reftest`;
}

/**
 * Writes only what differs: cargo rebuilds what looks newer.
 *
 * @param {string} file
 * @param {string} text
 */
function writeIfNew(file, text) {
  if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text) fs.writeFileSync(file, text);
}
