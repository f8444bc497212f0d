import { table } from '../../lib/table.mjs';

/** @typedef {import('../run.mjs').Row} Row */

/** @param {Row} row */
const accepted = ({ outcomes }) => outcomes[0]?.target !== undefined;
/** @param {Row} row */
const isChanged = ({ listed, folder }) => listed.changed?.[folder.path] !== undefined;

/** Counts, as a table. @param {Row[]} rows */
export function summary(rows) {
  const own = rows.filter((row) => !isChanged(row));
  const count = (/** @type {Row[]} */ some, /** @type {number} */ i, /** @type {string} */ behaves) =>
    some.filter(({ outcomes }) => {
      const outcome = outcomes[i];
      return outcome !== undefined && outcome.target !== undefined && outcome.behaves === behaves;
    }).length;
  const line = (/** @type {string} */ title, /** @type {Row[]} */ some) => [
    ...[title, some.length, some.filter(accepted).length],
    ...[0, 1].flatMap((i) => ['same', 'differs', 'not probed'].map((behaves) => count(some, i, behaves))),
  ];
  return table([
    ['folders', 'all', 'accepted', 'fresh: same', 'differ', 'not probed', 'rollback: same', 'differ', 'not probed'],
    line('as wasm-bindgen 0.2.84 or later wrote them', own),
    line('changed since, older, or not supported', rows.filter(isChanged)),
  ]);
}

/** The counts, and every folder. @param {Row[]} rows */
export function textOf(rows) {
  const lines = rows.map((row) => {
    const { listed, folder, outcomes } = row;
    const [fresh, rollback] = outcomes.map(wordsOf);
    const of = `${listed.package} ${folder.path} (${folder.version}${isChanged(row) ? `; ${listed.changed?.[folder.path]}` : ''})`;
    return `${of}\n  ${fresh === rollback ? fresh : `${fresh}\n  rollback: ${rollback}`}\n`;
  });
  return `${summary(rows)}\n\n${lines.join('')}`;
}

/** @param {import('./measure.mjs').Outcome} outcome */
function wordsOf(outcome) {
  if (outcome.target === undefined) return `refused: ${outcome.said}`;
  return `accepted: ${outcome.target}, ${outcome.behaves}${outcome.why === '' ? '' : `: ${outcome.why}`}`;
}
