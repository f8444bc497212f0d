import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { step } from '../../../../scripts/lib/progress.mjs';
import { ranked, table } from '../lib/table.mjs';
import { workDir } from '../lib/work-dir.mjs';
import { compileSuite, generateSuite } from './build.mjs';
import { runTests } from './run-tests.mjs';

/** @typedef {import('./run-tests.mjs').TestResult} TestResult */
/** @typedef {Map<string, TestResult>} Tests */

const NOTE_TRAPS = fileURLToPath(new URL('./note-traps.cjs', import.meta.url));

/**
 * Runs upstream's tests/wasm on its own output and on the transformed one, and prints what came of it.
 *
 * @param {import('../lib/options.mjs').Options} options
 * @param {import('../lib/checkout.mjs').Upstream} upstream
 * @param {import('../lib/transform-step.mjs').TransformStep} transform
 * @param {import('../lib/node-runtime.mjs').NodeRuntime[]} nodes
 * @returns {Promise<{ ok: boolean, lines: string[] }>} closing lines
 */
export async function runSuite(options, upstream, transform, nodes) {
  /** @type {Compared[]} */
  const runs = [];
  for (const panic of /** @type {('abort' | 'unwind')[]} */ (options.panic)) {
    const wasm = await step(`tests/wasm: compile for ${panic}`, (tell) => compileSuite(upstream, panic, options.jobs, tell));
    const plain = path.join(workDir, 'suite', panic, 'plain');
    await step(`tests/wasm: generate bindings for ${panic}`, () => generateSuite(upstream, wasm, plain));
    for (const node of nodes) runs.push(await compare(`panic=${panic}, ${node.name}`, plain, { options, upstream, transform, node }));
  }
  fs.writeFileSync(path.join(workDir, 'suite.json'), JSON.stringify(runs, undefined, 1));
  return report(runs);
}

/**
 * One run of the suite on both sides, by test name.
 *
 * @typedef {object} Compared
 * @property {string} name
 * @property {number} baseline how many pass untransformed
 * @property {number} transformed how many of those pass transformed
 * @property {{ test: string, why: string }[]} lost pass untransformed and not transformed: what the measure is about
 * @property {{ test: string, why: string }[]} afterAbort the same, but they pass upstream only by running on after an abort, which is what the transform prevents
 * @property {{ test: string, why: string }[]} failing fail untransformed already
 * @property {string | undefined} refusal why nothing was transformed
 */

/**
 * @param {string} name
 * @param {string} plain
 * @param {{ options: import('../lib/options.mjs').Options, upstream: import('../lib/checkout.mjs').Upstream, transform: import('../lib/transform-step.mjs').TransformStep, node: import('../lib/node-runtime.mjs').NodeRuntime }} using
 * @returns {Promise<Compared>}
 */
async function compare(name, plain, { options, upstream, transform, node }) {
  const run = (/** @type {string} */ title, /** @type {string} */ dir, /** @type {string[]} */ preload) =>
    step(`tests/wasm: ${title}, ${name}`, async (tell) => {
      const { tests, output } = await runTests({ dir, node: node.path, cwd: upstream.dir, filter: options.filter, preload }, tell);
      fs.writeFileSync(path.join(path.dirname(plain), `${title}-${node.name}.log`), output);
      tell.result(`${passed(tests).length} of ${tests.size} pass`);
      return { tests, output };
    });
  const before = await run('untransformed', plain, []);
  const noted = await run('untransformed, noting traps', plain, [NOTE_TRAPS]);
  // (The few tests that compare functions' identities notice that they are looked at.)
  if ([...noted.tests.values()].some(({ why }) => why.startsWith('nothing ran')))
    throw new Error('the baseline does not load with note-traps.cjs preloaded');
  const aborting = abortingTests(noted.output);

  const ours = path.join(path.dirname(plain), 'ours');
  fs.rmSync(ours, { recursive: true, force: true });
  fs.cpSync(plain, ours, { recursive: true });
  const outcome = await step(`tests/wasm: transform, ${name}`, () => transform.apply(ours));
  const refusal =
    outcome.kind === 'done' ? undefined : outcome.kind === 'refused' ? `${outcome.code}: ${outcome.message}` : outcome.message;
  const after = refusal === undefined ? (await run('transformed', ours, [])).tests : new Map();

  const base = passed(before.tests);
  const lost = base.filter((test) => after.get(test)?.status !== 'ok').map((test) => ({ test, why: after.get(test)?.why ?? 'not run' }));
  return {
    name,
    baseline: base.length,
    transformed: base.length - lost.length,
    lost: lost.filter(({ test }) => !aborting.has(test)),
    afterAbort: lost.filter(({ test }) => aborting.has(test)),
    failing: [...before.tests]
      .filter(([, { status }]) => status === 'failed' || status === 'died')
      .map(([test, { why }]) => ({ test, why })),
    refusal,
  };
}

/** @param {Tests} tests */
function passed(tests) {
  return [...tests].filter(([, { status }]) => status === 'ok').map(([name]) => name);
}

/**
 * The tests during which a trap left the instance.
 *
 * @param {string} output
 */
function abortingTests(output) {
  const found = new Set();
  let current = '';
  for (const line of output.split('\n')) {
    current = /^Invoking test: (.+)$/.exec(line)?.[1] ?? current;
    if (line.startsWith('##trap')) found.add(current);
  }
  return found;
}

/** @param {Compared[]} runs */
function report(runs) {
  const rows = [['', 'baseline', 'transformed', 'lost', 'run on after an abort', 'fail untransformed']];
  console.log(
    `\ntests/wasm\n\n${table([...rows, ...runs.map((run) => [run.name, run.baseline, run.transformed, run.lost.length, run.afterAbort.length, run.failing.length])])}\n`,
  );
  const show = (/** @type {string} */ title, /** @type {(run: Compared) => { test: string, why: string }[]} */ pick) => {
    const entries = runs.flatMap((run) => pick(run).map(({ test, why }) => ({ said: `${run.name}: ${why}`, by: test })));
    if (entries.length > 0) console.log(`${title}:\n${ranked(entries)}\n`);
  };
  for (const { name, refusal } of runs) if (refusal !== undefined) console.log(`Not transformed (${name}): ${refusal}\n`);
  show('Lost', (run) => run.lost);
  show('Pass upstream by running on after an abort', (run) => run.afterAbort);
  show('Fail untransformed', (run) => run.failing);
  const lines = runs.map(
    (run) =>
      `tests/wasm, ${run.name}: baseline ${run.baseline} pass, transformed ${run.transformed} pass, ${run.lost.length} lost, ${run.afterAbort.length} run on after an abort`,
  );
  return { ok: runs.every((run) => run.lost.length === 0 && run.refusal === undefined), lines };
}
