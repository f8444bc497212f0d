import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/**
 * How one test ended. `died`: the run ended in the middle of it, or never told how it ended.
 *
 * @typedef {{ status: 'ok' | 'failed' | 'ignored' | 'died', why: string }} TestResult
 */

/** A run that makes no progress is stuck. */
const TIME_LIMIT_MS = 180_000;

/** How many tests may take the process down before the rest is given up. */
const MOST_DEATHS = 60;

/**
 * Runs upstream's driver over a generated folder. When the process ends early, the test it was in is noted and the others are run again
 * without it, so that one failure hides no other.
 *
 * @param {object} what
 * @param {string} what.dir
 * @param {string} what.node path of the binary
 * @param {string} what.cwd upstream's folder: tests import their JavaScript relative to it
 * @param {string | undefined} what.filter
 * @param {string[]} [what.preload] CommonJS files to load first
 * @param {(line: string) => void} tell
 * @returns {Promise<{ tests: Map<string, TestResult>, output: string }>}
 */
export async function runTests({ dir, node, cwd, filter, preload = [] }, tell) {
  const driver = fs.readFileSync(path.join(dir, 'run.cjs'), 'utf8');
  const exported = [...driver.matchAll(/^\s*tests\.push\('([^']+)'\)$/gm)].map(([, name = '']) => name);
  // `__wbgt__wasm::closures::works`: prefix, crate, test.
  const named = new Map(exported.map((name) => [name.slice(name.indexOf('::') + 2), name]));
  /** @type {Map<string, TestResult>} */
  const tests = new Map();
  let output = '';
  const runSome = async (/** @type {string[]} */ names) => {
    const script = path.join(dir, 'run-some.cjs');
    const wanted = JSON.stringify(names.map((name) => named.get(name)));
    const some = driver.replace(/^\s*tests\.push\('[^']+'\)$/gm, '').replace(/(const tests = \[)\]/, (_, start) => `${start}...${wanted}]`);
    fs.writeFileSync(script, some);
    const args = ['--expose-gc', '--stack-trace-limit=100', ...preload.flatMap((file) => ['--require', file]), script];
    const run = await runNode(node, args, cwd, dir);
    output += run.output;
    return { ...run, current: readResults(run.output, tests), isComplete: run.output.includes('test result: ') };
  };

  let remaining = [...named.keys()].filter((name) => filter === undefined || name.includes(filter));
  for (let deaths = 0; remaining.length > 0 && deaths < MOST_DEATHS; deaths++) {
    tell(`${tests.size} of ${named.size}`);
    const { end, current, isComplete } = await runSome(remaining);
    if (isComplete) break;
    if (current === undefined) {
      // Nothing had begun: it is the package that does not load, and every test would say so.
      for (const name of remaining) if (!tests.has(name)) tests.set(name, { status: 'died', why: `nothing ran: ${end}` });
      break;
    }
    tests.set(current, { status: 'died', why: end });
    remaining = remaining.filter((name) => !tests.has(name));
  }
  for (const name of remaining) if (!tests.has(name)) tests.set(name, { status: 'died', why: 'not reached' });
  // Reasons are printed when a run completes; one that was cut short by another test's death has none.
  const unexplained = [...tests].filter(([, { status, why }]) => status === 'failed' && why === '').map(([name]) => name);
  for (const name of unexplained) {
    await runSome([name]);
    const alone = tests.get(name);
    tests.set(name, { status: 'failed', why: alone?.status === 'failed' ? alone.why : 'only after other tests; it passes alone' });
  }
  fs.rmSync(path.join(dir, 'run-some.cjs'), { force: true });
  return { tests, output };
}

/**
 * Reads the driver's lines into `tests`.
 *
 * @param {string} output
 * @param {Map<string, TestResult>} tests
 * @returns {string | undefined} the test that had begun and not ended
 */
function readResults(output, tests) {
  let current;
  for (const line of output.split('\n')) {
    const begun = /^Invoking test: (.+)$/.exec(line)?.[1];
    if (begun) current = begun;
    const [, name, status] = /^test (\S+) \.\.\. (ok|FAIL|ignored)/.exec(line) ?? [];
    if (!name) continue;
    tests.set(name, { status: status === 'FAIL' ? 'failed' : status === 'ok' ? 'ok' : 'ignored', why: '' });
    if (name === current) current = undefined;
  }
  for (const [name, result] of tests) if (result.status === 'failed') result.why ||= whyFailed(output, name);
  return current;
}

/**
 * @param {string} output
 * @param {string} name
 */
function whyFailed(output, name) {
  const [, block = ''] = output.split(`---- ${name} output ----\n`);
  const lines = (block.split(/\n(?:---- |failures:)/)[0] ?? '').split('\n').map((line) => line.trim());
  const thrown = lines.indexOf('JS exception that was thrown:');
  const telling = thrown >= 0 ? lines[thrown + 1] : undefined;
  const panic = lines.find((line) => line.startsWith('panicked at'));
  const after = panic ? lines[lines.indexOf(panic) + 1] : undefined;
  return [telling, panic && `${panic} ${after ?? ''}`].filter(Boolean).join(' | ') || lines.filter(Boolean).slice(0, 2).join(' ');
}

/**
 * @param {string} node
 * @param {string[]} args
 * @param {string} cwd
 * @param {string} dir
 * @returns {Promise<{ output: string, end: string }>} `end`: how it ended, in a line
 */
function runNode(node, args, cwd, dir) {
  const env = { ...process.env, NODE_PATH: [cwd, dir].join(path.delimiter) };
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIME_LIMIT_MS, killSignal: 'SIGKILL' });
    let [output, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const thrown = errors.split('\n').findLast((line) => /^\s*(\[?\w*Error\b|Uncaught)/.test(line));
      resolve({
        output: `${output}\n${errors}`,
        end: `${signal ? `ended by ${signal}` : `exit code ${code}`}${thrown ? `, ${thrown.trim()}` : ''}`,
      });
    });
  });
}
