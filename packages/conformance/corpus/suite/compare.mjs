/** @typedef {import('./run-tests.mjs').TestResult} TestResult */
/** @typedef {Map<string, TestResult>} Tests */
/** @typedef {{ test: string, why: string }} Verdict */

/**
 * One run of a suite on both sides, by test name.
 *
 * @typedef {object} Compared
 * @property {string[]} same pass untransformed and transformed
 * @property {Verdict[]} differ pass untransformed and not transformed: what the measure is about
 * @property {Verdict[]} refused all that pass untransformed, when the transform said no
 * @property {Verdict[]} afterAbort pass upstream only by running on after an abort, which is what the transform prevents (I3)
 * @property {Verdict[]} failing fail untransformed already
 * @property {string[]} ignored upstream ignores them
 */

/**
 * @param {Tests} before of upstream's output
 * @param {Set<string>} trapping tests during which a trap left upstream's instance
 * @param {Tests | string} after of the transformed output, or why there is none
 * @returns {Compared}
 */
export function compareTests(before, trapping, after) {
  const base = withStatus(before, 'ok');
  const failing = [...withStatus(before, 'failed'), ...withStatus(before, 'died')].map((test) => ({
    test,
    why: before.get(test)?.why ?? '',
  }));
  const ignored = withStatus(before, 'ignored');
  if (typeof after === 'string') {
    return { same: [], differ: [], refused: base.map((test) => ({ test, why: after })), afterAbort: [], failing, ignored };
  }
  const lost = base.filter((test) => after.get(test)?.status !== 'ok').map((test) => ({ test, why: after.get(test)?.why ?? 'not run' }));
  // Seen on both sides: upstream's instance traps and then says itself that the test has passed; the transformed one stops there.
  const isAfterAbort = (/** @type {Verdict} */ { test, why }) => trapping.has(test) && /\bReviveError\b/.test(why);
  return {
    same: base.filter((test) => after.get(test)?.status === 'ok'),
    differ: lost.filter((each) => !isAfterAbort(each)),
    refused: [],
    afterAbort: lost.filter(isAfterAbort),
    failing,
    ignored,
  };
}

/**
 * @param {Tests} tests
 * @param {TestResult['status']} status
 */
export function withStatus(tests, status) {
  return [...tests].filter(([, each]) => each.status === status).map(([name]) => name);
}

/**
 * The tests during which a trap left the instance, from what a run with `note-traps.cjs` printed.
 *
 * @param {string} output
 * @returns {Set<string>}
 */
export function trappingTests(output) {
  const found = new Set();
  let current = '';
  for (const line of output.split('\n')) {
    current = /^Invoking test: (.+)$/.exec(line)?.[1] ?? current;
    if (line.startsWith('##trap')) found.add(current);
  }
  return found;
}
