import { expect, test } from 'vitest';
import { cargoCounts, sum, taskResults, vitestCounts } from '../lib/results.mjs';
import { checkout } from './checkout.mjs';

const file = (status, ...tests) => ({ status, assertionResults: tests.map((status) => ({ status })) });
const report = (passed, failed, ...testResults) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults,
});
const task = (name, status = 'ok') => ({ taskId: `p#${name}`, task: name, directory: 'packages/p', status, cached: false });

test("cargo's lines are summed over test binaries", () => {
  const output =
    'test a ... ok\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n\ntest result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured\n';
  expect(cargoCounts(output)).toEqual({ passed: 4, failed: 2, skipped: 1 });
});

test('a test file that could not be loaded counts as a failure', () => {
  expect(vitestCounts(report(2, 1, file('failed', 'passed', 'failed'), file('failed'), file('passed', 'passed')))).toEqual({
    passed: 2,
    failed: 2,
    skipped: 0,
  });
});

test('tests that left no results are a failure, whatever the exit code said', () => {
  const [result] = taskResults(checkout({}), [task('test')]);
  expect(result.counts).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('a failed run without a failed test is a failure', () => {
  const folder = checkout({ 'packages/p/.results/vitest.json': report(5, 0, file('passed', 'passed')) });
  expect(taskResults(folder, [task('test', 'failed')])[0].counts).toEqual({ passed: 5, failed: 1, skipped: 0 });
  expect(taskResults(folder, [task('test')])[0].counts).toEqual({ passed: 5, failed: 0, skipped: 0 });
});

test('tests that were stopped on the way are a failure, even when all that is written down passed', () => {
  const folder = checkout({ 'packages/p/.results/vitest.json': report(5, 0, file('passed', 'passed')) });
  const [result] = taskResults(folder, [task('test', 'not run')]);
  expect(result).toMatchObject({ counts: { passed: 5, failed: 1 }, note: 'did not finish' });
});

test('a failed check counts once, one that holds counts nothing', () => {
  const results = taskResults(checkout({}), [task('lint', 'failed'), task('typecheck'), task('check-package', 'not run')]);
  expect(sum(results.map(({ counts }) => counts))).toEqual({ passed: 0, failed: 2, skipped: 0 });
});
