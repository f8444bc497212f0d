import { expect, test } from 'vitest';
import { compareTests, trappingTests } from '../suite/compare.mjs';

/** @typedef {import('../suite/run-tests.mjs').TestResult} TestResult */

const ok = { status: /** @type {const} */ ('ok'), why: '' };
const before = new Map(
  /** @type {[string, TestResult][]} */ ([
    ['fine', ok],
    ['panics', ok],
    ['ignored', { status: 'ignored', why: '' }],
    ['fails', { status: 'failed', why: 'no' }],
  ]),
);
const aborted = {
  status: /** @type {const} */ ('died'),
  why: 'exit code 1, ReviveError: Rust aborted: the process was aborted (unreachable)',
};

const trapping = trappingTests('Invoking test: fine\ntest fine ... ok\nInvoking test: panics\n##trap unreachable\ntest panics ... ok\n');

test('the same', () => {
  const compared = compareTests(before, trapping, before);
  expect(compared).toEqual({
    same: ['fine', 'panics'],
    differ: [],
    refused: [],
    afterAbort: [],
    failing: [{ test: 'fails', why: 'no' }],
    ignored: ['ignored'],
  });
});

test('running on after an abort is by design only where a trap was seen untransformed and the instance was lost transformed', () => {
  const after = new Map(before).set('fine', aborted).set('panics', aborted);
  const { differ, afterAbort } = compareTests(before, trapping, after);
  expect({ differ, afterAbort }).toEqual({
    differ: [{ test: 'fine', why: aborted.why }],
    afterAbort: [{ test: 'panics', why: aborted.why }],
  });
  const otherwise = compareTests(before, trapping, new Map(before).set('panics', { status: 'failed', why: 'AssertionError: 1 == 2' }));
  expect(otherwise.differ).toEqual([{ test: 'panics', why: 'AssertionError: 1 == 2' }]);
});

test('a test that was not reached differs', () => {
  const { differ } = compareTests(before, trapping, new Map([...before].filter(([name]) => name !== 'fine')));
  expect(differ).toEqual([{ test: 'fine', why: 'not run' }]);
});

test('a refusal refuses every test that passes', () => {
  const { same, refused } = compareTests(before, trapping, 'REVIVE_UNKNOWN_GLUE: no');
  expect(same).toEqual([]);
  expect(refused.map((each) => each.test)).toEqual(['fine', 'panics']);
});
