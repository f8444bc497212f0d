import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runNode } from './node-process.mjs';
import { workDir } from './work-dir.mjs';

/**
 * What a program does with a package: the main example of its README, in a few lines, and what is known to crash it.
 *
 * @typedef {object} Example
 * @property {RegExp} packages of which packages, by name and version
 * @property {string} folder whose glue it uses
 * @property {(dir: string) => Promise<any>} load what the package exports, from its folder
 * @property {(pkg: any) => unknown} use what is compared
 * @property {(pkg: any) => unknown} [crash] ends in an abort
 *
 * @typedef {{ error?: string, used?: string, crashed?: string, usedAfter?: string }} Said
 */

const DIR = fileURLToPath(new URL('../examples/', import.meta.url));
const PROCESS = fileURLToPath(new URL('./example-process.mjs', import.meta.url));

/** @type {{ file: string, example: Example }[]} */
const EXAMPLES = await Promise.all(
  fs.readdirSync(DIR).map(async (name) => {
    const file = path.join(DIR, name);
    return { file, example: await import(pathToFileURL(file).href) };
  }),
);

/**
 * Runs the example of a folder on the original and on the transformed package.
 *
 * @param {string} spec `name@version`
 * @param {string} folder
 * @param {string} original folder of the package
 * @param {string} ours
 * @returns {Promise<{ said: string, isSame: boolean } | undefined>} undefined where there is none
 */
export async function runExample(spec, folder, original, ours) {
  const found = EXAMPLES.find(({ example }) => example.packages.test(spec) && example.folder === folder);
  if (found === undefined) return undefined;
  const before = await run(found.file, original);
  const after = await run(found.file, ours);
  if (before.error !== undefined) return { said: `the example fails on the original: ${before.error}`, isSame: false };
  if (after.error !== undefined) return { said: `the example fails: ${after.error}`, isSame: false };
  if (before.used !== after.used) return { said: `the example gives ${after.used}, the original ${before.used}`, isSame: false };
  if (found.example.crash === undefined) return { said: 'example: same', isSame: true };
  const isRecovered = after.usedAfter === after.used && /^REVIVE_(?:ABORT|PANIC)$/.test(after.crashed ?? '');
  const wasLost = before.usedAfter === before.used ? 'the original goes on, too' : 'the original is lost';
  if (isRecovered) return { said: `example: same, recovers from a crash (${wasLost})`, isSame: true };
  return { said: `the crash ends in ${after.crashed}, and the example gives ${after.usedAfter} then`, isSame: false };
}

/** @param {string} example @param {string} dir @returns {Promise<Said>} */
async function run(example, dir) {
  const answer = path.join(workDir, `example-${process.pid}.json`);
  fs.rmSync(answer, { force: true });
  const said = await runNode([PROCESS, example, dir, answer]);
  return fs.existsSync(answer) ? JSON.parse(fs.readFileSync(answer, 'utf8')) : { error: `the process ended without an answer: ${said}` };
}
