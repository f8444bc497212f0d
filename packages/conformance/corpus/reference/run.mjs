import fs from 'node:fs';
import path from 'node:path';
import { step } from '../../../../scripts/lib/progress.mjs';
import { ranked, table } from '../lib/table.mjs';
import { workDir } from '../lib/work-dir.mjs';
import { compileTests } from './build.mjs';
import { listCases, readTests } from './cases.mjs';
import { measure } from './measure.mjs';
import { newTypeErrors } from './types.mjs';

/** @typedef {import('./measure.mjs').Result} Result */

const STATUSES = /** @type {const} */ (['same', 'broken', 'refused', 'by design', 'no baseline']);

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
    const results = await measureAll(cases, compiled.wasm, { upstream, transform, node });
    fs.writeFileSync(path.join(workDir, `reference-${node.name}.json`), JSON.stringify(results, undefined, 1));
    print(results, cases, compiled.failed, node.name);
    const count = (/** @type {Result['status']} */ status) => results.filter((each) => each.status === status).length;
    const good = count('broken') === 0 && count('refused') === 0;
    ok &&= good;
    lines.push(
      `reference corpus on ${node.name}: ${count('same')} same, ${count('broken')} broken, ${count('refused')} refused; ` +
        `${count('by design')} refused by design, ${count('no baseline')} without a baseline, ${compiled.failed.size} sources do not compile in a panic mode`,
    );
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
 * @param {Map<string, string>} wasm
 * @param {Parameters<typeof measure>[2]} using
 * @returns {Promise<Result[]>}
 */
async function measureAll(cases, wasm, using) {
  const results = await step(`Reference corpus: transform and load on ${using.node.name}`, async (tell) => {
    /** @type {Result[]} */
    const done = [];
    for (const each of cases) {
      const file = wasm.get(`${each.flavour}/${each.test}`);
      if (!file) continue;
      tell(`${done.length} of ${cases.length}: ${each.id}`);
      done.push(await measure(each, file, using));
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
            status: /** @type {const} */ ('broken'),
            reason: `types: ${first}`,
            differences: [{ kind: /** @type {const} */ ('types'), detail: first }],
          }
        : each;
    });
  });
}

/**
 * @param {Result[]} results
 * @param {import('./cases.mjs').Case[]} cases
 * @param {Map<string, string>} failed
 * @param {string} node
 */
function print(results, cases, failed, node) {
  const row = (/** @type {string} */ title, /** @type {(each: import('./cases.mjs').Case) => boolean} */ belongs) => {
    const own = results.filter((each) => belongs(each.case));
    return [title, own.length, ...STATUSES.map((status) => own.filter((each) => each.status === status).length)];
  };
  const targets = [...new Set(cases.map((each) => each.target))];
  const rows = [
    ['', 'outputs', ...STATUSES],
    row('as upstream keeps them', (each) => each.isUpstream),
    row('every target, on top', (each) => !each.isUpstream),
    ...targets
      .flatMap((target) =>
        [...new Set(cases.map((each) => each.flavour))].map((flavour) =>
          row(`${target}, ${flavour}`, (each) => each.target === target && each.flavour === flavour),
        ),
      )
      .filter((cells) => cells[1] !== 0),
  ];
  console.log(`\nReference corpus on ${node}\n\n${table(rows)}\n`);
  const show = (/** @type {string} */ title, /** @type {{ said: string, by: string }[]} */ entries) =>
    entries.length > 0 && console.log(`${title}:\n${ranked(entries)}\n`);
  const of = (/** @type {Result['status']} */ status) => results.filter((each) => each.status === status);
  show(
    'Broken',
    of('broken').flatMap((each) =>
      each.differences.length > 0
        ? each.differences.map(({ kind, detail }) => ({ said: `${kind}: ${detail}`, by: each.case.id }))
        : [{ said: each.reason, by: each.case.id }],
    ),
  );
  show(
    'Refused',
    of('refused').map((each) => ({ said: each.reason, by: each.case.id })),
  );
  show(
    'Refused by design',
    of('by design').map((each) => ({ said: each.reason, by: each.case.id })),
  );
  show(
    "Without a baseline (upstream's own output does not load on this Node)",
    of('no baseline').map((each) => ({ said: each.reason, by: each.case.id })),
  );
  show(
    'Do not compile',
    [...failed].map(([by, said]) => ({ said, by })),
  );
}
