import fs from 'node:fs';
import path from 'node:path';

/**
 * How many tests passed, failed and were skipped.
 *
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

/** Where the counts of the crates' tests and of the scripts' tests are left, relative to the root folder. */
export const CARGO_RESULTS = '.results/cargo.json';
export const SCRIPTS_RESULTS = '.results/scripts.json';

/** Where a package's tests leave vitest's report, relative to the package. */
export const PACKAGE_RESULTS = '.results/vitest.json';

/**
 * The sum of what `cargo test` prints for each test binary and each crate's documentation.
 *
 * @param {string} output
 * @returns {Counts}
 */
export function cargoCounts(output) {
  const lines = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/gm)];
  return sum(lines.map(([, passed, failed, ignored]) => ({ passed: Number(passed), failed: Number(failed), skipped: Number(ignored) })));
}

/**
 * The counts in a vitest JSON report. A file that could not be loaded has no tests to fail, so it counts as one failure.
 *
 * @param {Record<string, any>} report
 * @returns {Counts}
 */
export function vitestCounts(report) {
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** @param {Counts[]} all */
export function sum(all) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const counts of all) for (const key of Object.keys(total)) total[key] += counts[key];
  return total;
}

/**
 * What came of each task of a turbo run: its tests' counts, or, for a check that has no tests of its own, only whether it failed.
 * A task that ought to have left counts and did not is a failure, so that tests which never ran can't look like success.
 *
 * @param {string} root
 * @param {{ taskId: string, task: string, directory: string, status: 'ok' | 'failed' | 'not run', cached: boolean }[]} tasks
 * @returns {{ name: string, counts: Counts, cached: boolean, note: string }[]}
 */
export function taskResults(root, tasks) {
  return tasks.map(({ taskId, task, directory, status, cached }) => {
    const file = resultsFile(task, directory);
    const found = file ? readCounts(path.join(root, file)) : { passed: 0, failed: 0, skipped: 0 };
    const counts = found ?? { passed: 0, failed: 0, skipped: 0 };
    const well = status === 'ok' && found !== undefined;
    // A run can fail though none of its tests did: an error outside of tests, a crash at the end, a process that was stopped.
    if (!well && counts.failed === 0) counts.failed = 1;
    const note = well ? '' : status === 'not run' ? 'did not finish' : found ? 'failed' : 'left no results';
    return { name: taskId.replace(/^\/\/#/, ''), counts, cached, note };
  });
}

function resultsFile(task, directory) {
  if (task === 'test') return path.join(directory, PACKAGE_RESULTS);
  if (task === 'test:scripts') return SCRIPTS_RESULTS;
  if (task === 'rust:test') return CARGO_RESULTS;
  return undefined;
}

function readCounts(file) {
  if (!fs.existsSync(file)) return undefined;
  const report = JSON.parse(fs.readFileSync(file, 'utf8'));
  return 'testResults' in report ? vitestCounts(report) : report;
}
