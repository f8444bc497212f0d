import fs from 'node:fs';
import path from 'node:path';
import { step } from '../../../../scripts/lib/progress.mjs';
import { panicOf } from '../lib/flavours.mjs';
import { ranked, table } from '../lib/table.mjs';
import { workDir } from '../lib/work-dir.mjs';
import { compileTests } from './build.mjs';
import { listCases, readTests } from './cases.mjs';
import { measure, notCompiled } from './measure.mjs';
import { newTypeErrors } from './types.mjs';

/** @typedef {import('./measure.mjs').Result} Result */

const STATUSES = /** @type {const} */ (['same', 'differs', 'refused', 'by design', 'no baseline']);

/**
 * Measures the reference corpus and prints what came of it.
 *
 * @param {import('../lib/options.mjs').Options} options
 * @param {import('../lib/checkout.mjs').Upstream} upstream
 * @param {import('../lib/transform-step.mjs').TransformStep} transform
 * @param {import('../lib/node-runtime.mjs').NodeRuntime[]} nodes
 * @returns {Promise<{ ok: boolean, lines: string[] }>} closing lines
 */
export async function runReference(options, upstream, transform, nodes) {
  const tests = readTests(upstream.dir);
  const cases = listCases(tests, options);
  const compiled = await compileAll(options, upstream, tests, cases);
  const lines = [];
  let ok = true;
  for (const node of nodes) {
    const results = await measureAll(cases, compiled, { upstream, transform, node });
    fs.writeFileSync(path.join(workDir, `reference-${node.name}.json`), JSON.stringify(results, undefined, 1));
    print(results, node.name);
    for (const panic of options.panic) {
      const own = results.filter((each) => panicOf(each.case.flavour) === panic);
      const count = (/** @type {Result['status']} */ status) => own.filter((each) => each.status === status).length;
      // All being skipped would prove nothing.
      const isMeasured = count('same') > 0 || options.filter !== undefined;
      ok &&= isMeasured && count('differs') === 0 && count('refused') === 0;
      const skipped = count('by design') + count('no baseline');
      lines.push(
        `reference corpus, panic=${panic}, ${node.name}: ${count('same')} same, ${count('differs')} differ, ${count('refused')} refused; ` +
          `${skipped} skipped: ${count('by design')} refused by design, ${count('no baseline')} without a baseline`,
      );
    }
  }
  return { ok, lines };
}

/**
 * @param {import('../lib/options.mjs').Options} options
 * @param {import('../lib/checkout.mjs').Upstream} upstream
 * @param {import('./cases.mjs').Test[]} tests
 * @param {import('./cases.mjs').Case[]} cases
 * @returns {Promise<{ wasm: Map<string, string>, failed: Map<string, string> }>} keys are `flavour/test`
 */
async function compileAll(options, upstream, tests, cases) {
  const all = { wasm: new Map(), failed: new Map() };
  for (const flavour of new Set(cases.map((each) => each.flavour))) {
    const wanted = tests.filter((test) => cases.some((each) => each.flavour === flavour && each.test === test.name));
    await step(`Reference corpus: compile for ${flavour}`, async (tell) => {
      const { wasm, failed } = await compileTests(upstream, flavour, tests, wanted, options.jobs, tell);
      for (const [name, file] of wasm) all.wasm.set(`${flavour}/${name}`, file);
      for (const [name, why] of failed) all.failed.set(`${flavour}/${name}`, why);
      tell.result(`${wasm.size} of ${wanted.length}`);
    });
  }
  return all;
}

/**
 * @param {import('./cases.mjs').Case[]} cases
 * @param {Awaited<ReturnType<typeof compileAll>>} compiled
 * @param {Parameters<typeof measure>[2]} using
 * @returns {Promise<Result[]>}
 */
async function measureAll(cases, compiled, using) {
  const results = await step(`Reference corpus: transform and load on ${using.node.name}`, async (tell) => {
    /** @type {Result[]} */
    const done = [];
    for (const each of cases) {
      const source = `${each.flavour}/${each.test}`;
      const wasm = compiled.wasm.get(source);
      tell(`${done.length} of ${cases.length}: ${each.id}`);
      done.push(wasm ? await measure(each, wasm, using) : notCompiled(each, compiled.failed.get(source) ?? ''));
    }
    tell.result(`${done.length} outputs`);
    return done;
  });
  if (using.transform.isIdentity) return results;
  return await step('Reference corpus: check the declarations', async () => {
    const declarations = (/** @type {Result} */ each, /** @type {string} */ side) => path.join(each.dir, side, 'reference_test.d.ts');
    const pairs = results
      .filter((each) => each.status === 'same')
      .map((each) => ({ id: each.case.id, plain: declarations(each, 'plain'), ours: declarations(each, 'ours') }));
    const wrong = newTypeErrors(pairs);
    return results.map((each) => {
      const [first] = wrong.get(each.case.id) ?? [];
      return first
        ? {
            ...each,
            status: /** @type {const} */ ('differs'),
            reason: `types: ${first}`,
            differences: [{ kind: /** @type {const} */ ('types'), detail: first }],
          }
        : each;
    });
  });
}

/**
 * @param {Result[]} results
 * @param {string} node
 */
function print(results, node) {
  const row = (/** @type {string} */ title, /** @type {(each: import('./cases.mjs').Case) => boolean} */ belongs) => {
    const own = results.filter((each) => belongs(each.case));
    return [title, own.length, ...STATUSES.map((status) => own.filter((each) => each.status === status).length)];
  };
  const all = results.map((each) => each.case);
  const targets = [...new Set(all.map((each) => each.target))];
  const rows = [
    ['', 'outputs', ...STATUSES],
    row('as upstream keeps them', (each) => each.isUpstream),
    row('every target, on top', (each) => !each.isUpstream),
    ...targets
      .flatMap((target) =>
        [...new Set(all.map((each) => each.flavour))].map((flavour) =>
          row(`${target}, ${flavour}`, (each) => each.target === target && each.flavour === flavour),
        ),
      )
      .filter((cells) => cells[1] !== 0),
  ];
  console.log(`\nReference corpus on ${node}\n\n${table(rows)}\n`);
  const show = (/** @type {string} */ title, /** @type {Result['status']} */ status) => {
    const entries = results
      .filter((each) => each.status === status)
      .flatMap((each) =>
        each.differences.length > 0
          ? each.differences.map(({ kind, detail }) => ({ said: `${kind}: ${detail}`, by: each.case.id }))
          : [{ said: each.reason, by: each.case.id }],
      );
    if (entries.length > 0) console.log(`${title}:\n${ranked(entries)}\n`);
  };
  show('Differ', 'differs');
  show('Refused', 'refused');
  show('Skipped, refused by design', 'by design');
  show("Skipped, without a baseline (upstream's own output can't be had, or does not load on this Node)", 'no baseline');
}
