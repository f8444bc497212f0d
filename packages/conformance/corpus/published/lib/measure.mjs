import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { root } from '../../../../../scripts/lib/paths.mjs';
import { compareAnswers } from '../../reference/compare.mjs';
import { planCalls } from '../../reference/plan.mjs';
import { externalModules } from '../../reference/stubs.mjs';
import { runNode } from './node-process.mjs';
import { workDir } from './work-dir.mjs';

const { transform } = await import(pathToFileURL(path.join(root, 'packages/wasm-revive/dist/transform.js')).href);

export const RECOVERIES = /** @type {const} */ (['fresh', 'rollback']);

/**
 * What came of one folder with one recovery.
 *
 * - accepted: transformed; `behaves` says what its probe found: `same`, `differs`, or `not probed` where the original doesn't load here by itself
 * - refused: the transform said no; `said` is its code and its words
 *
 * @typedef {{ target: string, behaves: 'same' | 'differs' | 'not probed', why: string } | { target: undefined, said: string }} Outcome
 */

const PROBE = fileURLToPath(new URL('../../reference/probe/main.mjs', import.meta.url));

/**
 * Transforms a folder of a copy of its package, and compares what all its exports do before and after.
 *
 * @param {string} original folder of the package
 * @param {string} folder within it
 * @param {typeof RECOVERIES[number]} recovery
 * @returns {Promise<Outcome>}
 */
export async function measure(original, folder, recovery) {
  const copy = path.join(workDir, 'transformed');
  fs.rmSync(copy, { recursive: true, force: true });
  fs.cpSync(original, copy, { recursive: true });
  const dir = path.join(copy, folder);
  const results = transformed(dir, recovery);
  if (typeof results === 'string') return { target: undefined, said: results };
  const found = [];
  for (const result of results) found.push(...(await differences(path.join(original, folder), dir, result)));
  const target = [...new Set(results.map((each) => each.target))].join(', ');
  const known = found.filter((one) => one !== NOT_PROBED);
  if (known.length > 0) return { target, behaves: 'differs', why: known.join('; ') };
  return { target, behaves: found.length > 0 ? 'not probed' : 'same', why: '' };
}

/**
 * @param {string} dir
 * @param {typeof RECOVERIES[number]} recovery
 * @returns {{ name: string, target: string }[] | string} why it was refused
 */
function transformed(dir, recovery) {
  try {
    return transform({ dir, recovery }).modules;
  } catch (error) {
    const { code, message } = /** @type {{ code: string, message: string }} */ (error);
    return `${code}: ${message.replaceAll(`${dir}/`, '').replaceAll(dir, 'the folder')}`;
  }
}

const NOT_PROBED = 'not probed';

/**
 * @param {string} original folder
 * @param {string} ours
 * @param {{ name: string, target: string }} result
 */
async function differences(original, ours, { name, target }) {
  const main = [`${name}.js`, `${name}.mjs`, `${name}.cjs`].find((file) => fs.existsSync(path.join(original, file)));
  const types = path.join(original, `${name}.d.ts`);
  if (main === undefined) return [NOT_PROBED];
  const plan = fs.existsSync(types) ? planCalls(fs.readFileSync(types, 'utf8')) : [];
  const found = [];
  for (const init of target === 'web' ? ['sync', 'async'] : ['sync']) {
    const question = {
      ...{ main, wasm: `${name}_bg.wasm`, bare: true, anyGlobal: false, target, init, stubs: withoutInstalled(externalModules(original)) },
      ...{ native: false, plan },
    };
    const before = await askOnce({ ...question, dir: original });
    if (before.error !== undefined) {
      found.push(NOT_PROBED);
      continue;
    }
    const after = await ask({ ...question, dir: ours });
    let differences = compared(before, after);
    if (differences.length > 0) {
      const sure = withoutChance(before, await ask({ ...question, dir: original }), after);
      differences = compared(sure.before, sure.after);
    }
    found.push(...differences.map(({ kind, detail }) => `${kind}: ${detail}`.slice(0, 300)));
  }
  return found;
}

/**
 * Up to 0.2.107, what a package for Node.js exports are functions without names, and what its wasm file imports is among them.
 *
 * @param {import('../../reference/compare.mjs').Difference} difference
 */
function isNameless({ kind, detail }) {
  return kind === 'shape' && /^__wb(?:g|indgen)_\S*: |: "" → "/.test(detail);
}

/** @param {Answer} before @param {Answer} after */
function compared(before, after) {
  return compareAnswers(before, after, true).filter((one) => !isNameless(one));
}

/** Node's own modules are what they are. @param {Record<string, string[]>} stubs */
function withoutInstalled(stubs) {
  return Object.fromEntries(Object.entries(stubs).filter(([name]) => !/^(?:util|crypto|path|fs|url|module|worker_threads)$/.test(name)));
}

/**
 * What a call gives by chance (a random number, the time) is no difference: results that differ between two runs of the original are left out.
 *
 * @typedef {import('../../reference/probe/main.mjs').Answer} Answer
 * @param {Answer} before
 * @param {Answer} again
 * @param {Answer} after
 */
function withoutChance(before, again, after) {
  const isSure = (/** @type {number} */ i) => before.calls?.[i]?.result === again.calls?.[i]?.result;
  const calls = (/** @type {Answer} */ answer) => ({ ...answer, calls: answer.calls?.map((call, i) => (isSure(i) ? call : { ...call, result: 'chance' })) });
  return { before: calls(before), after: calls(after) };
}

/** @type {Map<string, Answer>} */
const answers = new Map();

/** What an original answers is asked once for both recoveries. @param {object} question @returns {Promise<Answer>} */
async function askOnce(question) {
  const key = JSON.stringify(question);
  const answer = answers.get(key) ?? (await ask(question));
  answers.set(key, answer);
  return answer;
}

/** @param {object} question @returns {Promise<Answer>} */
async function ask(question) {
  const [questionFile, answerFile] = ['question.json', 'answer.json'].map((file) => path.join(workDir, file));
  fs.writeFileSync(questionFile, JSON.stringify(question));
  fs.rmSync(answerFile, { force: true });
  const said = await runNode([PROBE, questionFile, answerFile]);
  if (!fs.existsSync(answerFile)) return { error: `the process ended without an answer: ${said}` };
  return JSON.parse(fs.readFileSync(answerFile, 'utf8'));
}
