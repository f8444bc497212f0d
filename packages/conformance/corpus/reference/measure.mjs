import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { contentHash } from '../../../../scripts/lib/content-hash.mjs';
import { workDir } from '../lib/work-dir.mjs';
import { generate } from './build.mjs';
import { compareAnswers } from './compare.mjs';
import { planCalls } from './plan.mjs';
import { externalModules } from './stubs.mjs';

/**
 * What came of one case.
 *
 * - same: a drop-in; differs: it loads untransformed, and transformed it doesn't or is something else; refused: the transform said no
 * - by design: refused, as it should be; no baseline: upstream's own output can't be had or does not load here, so there is nothing to break
 *
 * @typedef {object} Result
 * @property {import('./cases.mjs').Case} case
 * @property {'same' | 'differs' | 'refused' | 'by design' | 'no baseline'} status
 * @property {import('./compare.mjs').Difference[]} differences
 * @property {string} reason one line, empty for `same`
 * @property {string} dir the case's folder, with `plain` and `ours` in it
 */

const PROBE = fileURLToPath(new URL('./probe/main.mjs', import.meta.url));
const PROBE_SOURCES = fileURLToPath(new URL('./', import.meta.url));
const TIME_LIMIT_MS = 30_000;

/**
 * Generates, probes, transforms, probes again and compares. What upstream's side says is kept for the next run.
 *
 * @param {import('./cases.mjs').Case} each
 * @param {string} wasm the compiled test
 * @param {{ upstream: import('../lib/checkout.mjs').Upstream, transform: import('../lib/transform-step.mjs').TransformStep, node: import('../lib/node-runtime.mjs').NodeRuntime }} using
 * @returns {Promise<Result>}
 */
export async function measure(each, wasm, { upstream, transform, node }) {
  const dir = caseDir(each);
  const [plain, ours] = [path.join(dir, 'plain'), path.join(dir, 'ours')];
  const key = [fileKey(wasm), fileKey(upstream.bindgen), ...each.flags].join(' ');
  const result = (/** @type {Result['status']} */ status, /** @type {string} */ reason) => ({
    case: each,
    status,
    reason,
    differences: [],
    dir,
  });
  try {
    await cached(path.join(dir, 'plain.key'), key, () => generate(upstream, wasm, each.flags, plain));
  } catch (error) {
    // wasm-bindgen has limits of its own: an export named `default` can't be had for the web target, for one.
    return result('no baseline', `wasm-bindgen ${/^ *(error: .*)$/m.exec(String(error))?.[1] ?? error}`);
  }
  // Above the package, so that it stays exactly as upstream's command left it.
  fs.writeFileSync(path.join(dir, 'package.json'), each.target === 'nodejs' ? '{}\n' : '{ "type": "module" }\n');
  fs.rmSync(ours, { recursive: true, force: true });
  fs.cpSync(plain, ours, { recursive: true });

  const outcome = await transform.apply(ours);
  if (outcome.kind === 'wrong') return result('differs', `transform: ${outcome.message}`);
  const refusal = outcome.kind === 'refused' ? `${outcome.code}: ${outcome.message.split('\n')[0]?.replaceAll(ours, 'DIR')}` : undefined;
  const expected = [...each.byDesign, ...promiseIntegration(plain)];
  const found = expected.find((one) => transform.isIdentity || isRefusedAs(outcome, one));
  if (found) return result('by design', found.why);
  const unexpected = `should be refused for ${expected.map(({ why }) => why).join(' or ')}: ${refusal ?? 'was transformed'}`;
  // The probe can load none of these.
  if (each.byDesign.length > 0) return result('differs', unexpected);
  const probes = contentHash(PROBE_SOURCES, [PROBE_SOURCES]);
  const before = await probe(each, plain, node, path.join(dir, `plain-${node.name}`), `${probes} ${key}`);
  const failed = before.find((answer) => answer.error !== undefined);
  if (failed) return result('no baseline', `does not load: ${failed.error?.split('\n')[0]?.replaceAll(`${plain}/`, '')}`);
  if (expected.length > 0) return result('differs', unexpected);
  if (refusal) return result('refused', refusal);

  const after = await probe(each, ours, node, path.join(dir, `ours-${node.name}`), `${probes} ${contentHash(ours, [ours])}`);
  const differences = before.flatMap((answer, i) => compareAnswers(answer, after[i] ?? { error: 'not probed' }, !transform.isIdentity));
  const reason = differences.map(({ kind, detail }) => `${kind}: ${detail}`).join('; ');
  return { ...result(differences.length > 0 ? 'differs' : 'same', reason), differences };
}

/**
 * @param {import('../lib/transform-step.mjs').TransformOutcome} outcome
 * @param {import('./cases.mjs').Refusal} expected
 */
function isRefusedAs(outcome, { code, says }) {
  return outcome.kind === 'refused' && outcome.code === code && (says?.test(outcome.message) ?? true);
}

/**
 * A case whose source does not compile.
 *
 * @param {import('./cases.mjs').Case} each
 * @param {string} why
 * @returns {Result}
 */
export function notCompiled(each, why) {
  return { case: each, status: 'no baseline', reason: `does not compile: ${why}`, differences: [], dir: caseDir(each) };
}

/** @param {import('./cases.mjs').Case} each */
function caseDir(each) {
  return path.join(workDir, 'reference', 'cases', each.id);
}

/**
 * JavaScript promise integration suspends frames of an instance, which the transform has to refuse. Only upstream's output tells.
 *
 * @param {string} dir
 * @returns {import('./cases.mjs').Refusal[]}
 */
function promiseIntegration(dir) {
  const glue = fs.readdirSync(dir).filter((name) => name.endsWith('.js'));
  const uses = glue.some((name) => /\bWebAssembly\.(?:promising|Suspending)\b/.test(fs.readFileSync(path.join(dir, name), 'utf8')));
  return uses ? [{ why: 'promise integration', code: 'REVIVE_UNKNOWN_GLUE', says: /JavaScript promise integration/ }] : [];
}

/**
 * @param {import('./cases.mjs').Case} each
 * @param {string} dir
 * @param {import('../lib/node-runtime.mjs').NodeRuntime} node
 * @param {string} file where question and answer go
 * @param {string} key what the answer depends on
 * @returns {Promise<import('./probe/main.mjs').Answer[]>}
 */
async function probe(each, dir, node, file, key) {
  const answers = [];
  // The web target is initialised in one of two ways.
  for (const init of each.target === 'web' ? /** @type {const} */ (['sync', 'async']) : /** @type {const} */ (['sync'])) {
    const [questionFile, answerFile] = [`${file}-${init}.question.json`, `${file}-${init}.answer.json`];
    await cached(`${file}-${init}.key`, key, async () => {
      fs.writeFileSync(questionFile, JSON.stringify(question(each, dir, node, init)));
      fs.rmSync(answerFile, { force: true });
      const said = await runNode(node.path, [PROBE, questionFile, answerFile]);
      const silent = { error: `the process ended without an answer: ${said}` };
      if (!fs.existsSync(answerFile)) fs.writeFileSync(answerFile, JSON.stringify(silent));
    });
    answers.push(JSON.parse(fs.readFileSync(answerFile, 'utf8')));
  }
  return answers;
}

/**
 * Both sides are asked the same: stubs and calls come from upstream's output.
 *
 * @param {import('./cases.mjs').Case} each
 * @param {string} dir
 * @param {import('../lib/node-runtime.mjs').NodeRuntime} node
 * @param {'sync' | 'async'} init
 * @returns {import('./probe/main.mjs').Question}
 */
function question(each, dir, node, init) {
  const plain = path.join(path.dirname(dir), 'plain');
  const plan = planCalls(fs.readFileSync(path.join(plain, 'reference_test.d.ts'), 'utf8'));
  const native = each.target === 'module' && node.hasImportSource;
  return {
    ...{ dir, main: 'reference_test.js', wasm: 'reference_test_bg.wasm', bare: false, anyGlobal: true },
    ...{ target: each.target, init, stubs: externalModules(plain), native, plan },
  };
}

/**
 * @param {string} node
 * @param {string[]} args
 * @returns {Promise<string>} the end of what it printed, or how it ended
 */
function runNode(node, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIME_LIMIT_MS, killSignal: 'SIGKILL' });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said = `${said}${text}`.slice(-2000)));
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve(signal ? `ended by ${signal}` : `exit code ${code}: ${said.trim().split('\n').at(-1) ?? ''}`),
    );
  });
}

/**
 * Changes when the file is made anew; cheaper than reading megabytes for every case.
 *
 * @param {string} file
 */
function fileKey(file) {
  const { size, mtimeMs } = fs.statSync(file);
  return `${path.basename(file)}:${size}:${mtimeMs}`;
}

/**
 * Does the work unless it was done with the same key.
 *
 * @param {string} file
 * @param {string} key
 * @param {() => Promise<void>} work
 */
async function cached(file, key, work) {
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === key) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.rmSync(file, { force: true });
  await work();
  fs.writeFileSync(file, key);
}
