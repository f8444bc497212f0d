import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { step } from '../../../../scripts/lib/progress.mjs';
import { ranked, table } from '../lib/table.mjs';
import { workDir } from '../lib/work-dir.mjs';
import { compileSuite, generateSuite, SUITES } from './build.mjs';
import { compareTests, trappingTests, withStatus } from './compare.mjs';
import { runTests } from './run-tests.mjs';

/** @typedef {import('./compare.mjs').Verdict} Verdict */
/** @typedef {import('./compare.mjs').Compared & { name: string }} Compared */

const NOTE_TRAPS = fileURLToPath(new URL('./note-traps.cjs', import.meta.url));

/**
 * Runs upstream's suites on its own output and on the transformed one, and prints what came of it.
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
  /** @type {{ name: string, why: string }[]} */
  const skipped = [];
  for (const suite of SUITES) {
    for (const panic of /** @type {('abort' | 'unwind')[]} */ (options.panic)) {
      const title = `${suite.name}, panic=${panic}`;
      const { wasm, why } = await step(`${title}: compile`, (tell) => compileSuite(upstream, suite, panic, options.jobs, tell));
      if (wasm === undefined) {
        skipped.push({ name: title, why: `does not compile: ${why}` });
        continue;
      }
      const plain = path.join(workDir, 'suite', `${suite.id}-${panic}`, 'plain');
      await step(`${title}: generate bindings`, () => generateSuite(upstream, suite, wasm, plain));
      const cwd = path.join(upstream.dir, suite.dir);
      for (const node of nodes) runs.push(await compare(`${title}, ${node.name}`, plain, { cwd, transform, node, filter: options.filter }));
    }
  }
  fs.writeFileSync(path.join(workDir, 'suite.json'), JSON.stringify(runs, undefined, 1));
  return report(runs, skipped, options.filter !== undefined);
}

/**
 * @param {string} name
 * @param {string} plain
 * @param {{ cwd: string, transform: import('../lib/transform-step.mjs').TransformStep, node: import('../lib/node-runtime.mjs').NodeRuntime, filter: string | undefined }} using
 * @returns {Promise<Compared>}
 */
async function compare(name, plain, { cwd, transform, node, filter }) {
  const run = (/** @type {string} */ title, /** @type {string} */ dir, /** @type {string[]} */ preload) =>
    step(`${name}: ${title}`, async (tell) => {
      const { tests, output } = await runTests({ dir, node: node.path, cwd, filter, preload }, tell);
      fs.writeFileSync(path.join(path.dirname(plain), `${title.replace(/\W+/g, '-')}-${node.name}.log`), output);
      tell.result(`${withStatus(tests, 'ok').length} of ${tests.size} pass`);
      return { tests, output };
    });
  const before = (await run('untransformed', plain, [])).tests;
  const noted = await run('untransformed, noting traps', plain, [NOTE_TRAPS]);
  // (The few tests that compare functions' identities notice that they are looked at.)
  if ([...noted.tests.values()].some(({ why }) => why.startsWith('nothing ran')))
    throw new Error('the baseline does not load with note-traps.cjs preloaded');

  const ours = path.join(path.dirname(plain), 'ours');
  fs.rmSync(ours, { recursive: true, force: true });
  fs.cpSync(plain, ours, { recursive: true });
  const outcome = await step(`${name}: transform`, () => transform.apply(ours));
  const after =
    outcome.kind === 'done'
      ? (await run('transformed', ours, [])).tests
      : `${outcome.kind === 'refused' ? `${outcome.code}: ` : ''}${outcome.message}`;
  return { name, ...compareTests(before, trappingTests(noted.output), after) };
}

/**
 * @param {Compared[]} runs
 * @param {{ name: string, why: string }[]} skipped
 * @param {boolean} isFiltered
 */
function report(runs, skipped, isFiltered) {
  const rows = [
    ['', 'same', 'differ', 'refused', 'run on after an abort', 'fail untransformed', 'ignored'],
    ...runs.map((run) => [
      run.name,
      ...[run.same, run.differ, run.refused, run.afterAbort, run.failing, run.ignored].map(({ length }) => length),
    ]),
  ];
  console.log(`\nTest suites\n\n${table(rows)}\n`);
  const show = (/** @type {string} */ title, /** @type {(run: Compared) => Verdict[]} */ pick) => {
    const entries = runs.flatMap((run) => pick(run).map(({ test, why }) => ({ said: `${run.name}: ${why}`, by: test })));
    if (entries.length > 0) console.log(`${title}:\n${ranked(entries)}\n`);
  };
  show('Differ', (run) => run.differ);
  show('Refused', (run) => run.refused);
  show('By design: pass upstream by running on after an abort', (run) => run.afterAbort);
  show('Skipped, fail untransformed', (run) => run.failing);
  const lines = runs.map(
    ({ name, same, differ, refused, afterAbort, failing, ignored }) =>
      `${name}: ${same.length} same, ${differ.length} differ, ${refused.length} refused, ${afterAbort.length} by design (run on after an abort); ` +
      `${failing.length + ignored.length} skipped: ${failing.length} fail untransformed, ${ignored.length} ignored by upstream`,
  );
  lines.push(...skipped.map(({ name, why }) => `${name}: skipped, ${why}`));
  // All being skipped would prove nothing.
  const isMeasured = isFiltered || runs.some(({ same }) => same.length > 0);
  return { ok: isMeasured && runs.every(({ differ, refused }) => differ.length === 0 && refused.length === 0), lines };
}
