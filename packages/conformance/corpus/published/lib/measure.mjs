import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { root } from '../../../../../scripts/lib/paths.mjs';
import { compareAnswers } from '../../reference/compare.mjs';
import { planCalls } from '../../reference/plan.mjs';
import { externalModules } from '../../reference/stubs.mjs';
import { runExample } from './examples.mjs';
import { runNode } from './node-process.mjs';
import { workDir } from './work-dir.mjs';

const { transform } = await import(pathToFileURL(path.join(root, 'packages/wasm-revive/dist/transform.js')).href);

export const RECOVERIES = /** @type {const} */ (['fresh', 'rollback']);

/**
 * What came of one folder with one recovery.
 *
 * - accepted: transformed; `behaves` says what its probe and its example found: `same`, `differs`, or `not probed` where the original doesn't load here by itself
 * - refused: the transform said no; `said` is its code and its words
 *
 * @typedef {{ target: string, behaves: 'same' | 'differs' | 'not probed', why: string } | { target: undefined, said: string }} Outcome
 */

const PROBE = fileURLToPath(new URL('../../reference/probe/main.mjs', import.meta.url));

/**
 * Transforms a folder of a copy of its package, and compares what all its exports do before and after.
 *
 * @param {string} spec `name@version`
 * @param {string} original folder of the package
 * @param {string} folder within it
 * @param {typeof RECOVERIES[number]} recovery
 * @returns {Promise<Outcome>}
 */
export async function measure(spec, original, folder, recovery) {
  const copy = path.join(workDir, `transformed-${process.pid}`);
  fs.rmSync(copy, { recursive: true, force: true });
  fs.cpSync(original, copy, { recursive: true });
  const dir = path.join(copy, folder);
  const results = transformed(dir, recovery);
  if (typeof results === 'string') return { target: undefined, said: results };
  const found = [];
  let probed = 0;
  for (const result of results) {
    const differences = await differencesOf(path.join(original, folder), dir, result, recovery);
    if (differences !== undefined) probed++;
    found.push(...(differences ?? []));
  }
  const target = [...new Set(results.map((each) => each.target))].join(', ');
  const example = await runExample(spec, folder, original, copy);
  const differing = [...found, ...(example === undefined || example.isSame ? [] : [example.said])];
  if (differing.length > 0) return { target, behaves: 'differs', why: differing.join('; ') };
  return { target, behaves: probed === 0 && example === undefined ? 'not probed' : 'same', why: example?.said ?? '' };
}

/**
 * @param {string} dir
 * @param {typeof RECOVERIES[number]} recovery
 * @returns {{ name: string, file: string, target: string }[] | string} why it was refused
 */
function transformed(dir, recovery) {
  try {
    return transform({ dir, recovery }).modules;
  } catch (error) {
    const { code, message } = /** @type {{ code: string, message: string }} */ (error);
    return `${code}: ${message.replaceAll(`${dir}/`, '').replaceAll(dir, 'the folder')}`;
  }
}

/**
 * @param {string} original folder
 * @param {string} ours
 * @param {{ name: string, file: string, target: string }} result
 * @param {typeof RECOVERIES[number]} recovery of a package for the web, each is initialised in another of the two ways
 */
async function differencesOf(original, ours, { name, file, target }, recovery) {
  // A loader of the package's own has the name that wasm-bindgen's main file would have.
  const loader = file.replace('_bg.', '.');
  const main = fs.existsSync(path.join(original, loader)) ? loader : file;
  const types = path.join(original, `${name}.d.ts`);
  if (main.includes('_bg.')) return undefined;
  const plan = fs.existsSync(types) ? planCalls(fs.readFileSync(types, 'utf8')) : [];
  const found = [];
  for (const init of target === 'web' && recovery === 'fresh' ? ['async'] : ['sync']) {
    const question = {
      ...{ main, wasm: `${name}_bg.wasm`, bare: true, anyGlobal: false, target, init, stubs: withoutInstalled(externalModules(original)) },
      ...{ native: false, plan },
    };
    const before = await askOnce({ ...question, dir: original });
    if (before.error !== undefined) return undefined;
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

/** @param {Answer} before @param {Answer} after */
function compared(before, after) {
  const withoutStacks = (/** @type {Answer} */ answer) => ({
    ...answer,
    calls: answer.calls?.map((call) => ({ ...call, result: call.result.replaceAll(/(?:\\n|\n) +at .*/gs, '') })),
  });
  const [wanted, found] = [withoutStacks(before), withoutStacks(after)];
  const calls = found.calls?.map((call, i) => inOrderOf(wanted.calls?.[i]?.result, call));
  return compareAnswers(wanted, { ...found, calls }, true).filter((one) => !isKnown(one));
}

/**
 * What comes out of a `HashMap` has an order by the addresses of things in memory, which is nobody's to rely on: the same in another order is the
 * same.
 *
 * @param {string | undefined} wanted
 * @param {import('../../reference/probe/calls.mjs').Called} call
 */
function inOrderOf(wanted, call) {
  const letters = (/** @type {string} */ text) => [...text].sort().join('');
  return wanted !== undefined && letters(wanted) === letters(call.result) ? { ...call, result: wanted } : call;
}

/**
 * What is known to be otherwise, and does no harm. Up to 0.2.107, what a package for Node.js exports are functions without names, and what its wasm
 * file imports is among them.
 *
 * @param {import('../../reference/compare.mjs').Difference} difference
 */
function isKnown({ kind, detail }) {
  // Glue of before 0.2.84 took its instance from the wasm file itself. A wasm file for bundlers that imported straight from snippets imports from the glue now, which therefore exports more.
  if (kind === 'exports' && /^unexpected __(?:wasm_revive_import_\d+|wbg_set_wasm)$/.test(detail)) return true;
  // Handles of 0.2.84 have their pointer as `ptr`. Now that is an accessor.
  if (kind === 'shape' && /\.prototype\.ptr: absent → "getset configurable"$/.test(detail)) return true;
  // The exports of the instance, as a web package's own init function gives them.
  if (kind === 'calls' && /: resolves a null with memory, .* → resolves \{memory: a Memory /.test(detail)) return true;
  return kind === 'shape' && /^__wb(?:g|indgen)_\S*: |: "" → "/.test(detail);
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
  const calls = (/** @type {Answer} */ answer) => ({
    ...answer,
    calls: answer.calls?.map((call, i) => (isSure(i) ? call : { ...call, result: 'chance' })),
  });
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
  const [questionFile, answerFile] = ['question', 'answer'].map((name) => path.join(workDir, `${name}-${process.pid}.json`));
  fs.writeFileSync(questionFile, JSON.stringify(question));
  fs.rmSync(answerFile, { force: true });
  const said = await runNode([PROBE, questionFile, answerFile]);
  if (!fs.existsSync(answerFile)) return { error: `the process ended without an answer: ${said}` };
  return JSON.parse(fs.readFileSync(answerFile, 'utf8'));
}
