import Table from 'cli-table3';
import type { Outcome } from './ask.ts';
import { colour } from './colour.ts';
import type { Sample } from './messages.ts';
import { POISONS, type PoisonName } from './poison.ts';
import { type Row, shortcomings } from './tally.ts';
import { isOurs, type PanicMode, policyOf, type Variant } from './variants.ts';

const NO_STYLE = { head: [], border: [] };

/** One line of the table: what is counted, and how it is shown for a run. */
const LINES: readonly (readonly [what: string, show: (row: Row) => string])[] = [
  ['served: good, answered rightly', (row) => String(row.served)],
  ['failed: poison, as it must', (row) => String(row.failed)],
  ['collateral: good, failed or answered wrongly', (row) => bad(row.collateral)],
  ['hung: never answered', (row) => bad(row.hung)],
  ['uncaught: errors without a caller', (row) => bad(row.uncaught)],
  ['state lost: acknowledged writes that are gone', (row) => (row.acknowledged === 0 ? '–' : `${row.lostWrites} of ${row.acknowledged}`)],
  ['recoveries: fresh instances, or turns undone', (row) => String(row.recoveries)],
  ['sent again, because told that they were lost', (row) => String(row.resent)],
  ['p50 of the served, ms', (row) => milliseconds(row.p50)],
  ['p99 of the served, ms', (row) => milliseconds(row.p99)],
];

/** The same for workerd, where each Durable Object has its state, and a program has no place to hear of errors without a caller. */
const WORKER_LINES: typeof LINES = [
  ...LINES.slice(0, 3),
  ['with its instance: good, in flight on one that failed', (row) => bad(row.withInstance)],
  ...LINES.filter(([what]) => /^(hung|state lost|recoveries|p\d\d)/.test(what)),
];

/** The table of all runs in Node.js, a column each. */
export function resultTable(rows: readonly Row[]): string {
  return tableOf(rows, LINES);
}

/** The table of all runs on workerd, a column each. */
export function workerTable(rows: readonly Row[]): string {
  return tableOf(rows, WORKER_LINES);
}

function tableOf(rows: readonly Row[], lines: typeof LINES): string {
  const heads = rows.map(({ variant }) => `panic=${variant.panic}\n${policyOf(variant).title.replace(' ', '\n')}`);
  const table = new Table({
    head: ['', ...heads].map(headline),
    colAligns: ['left', ...rows.map((): 'right' => 'right')],
    style: NO_STYLE,
  });
  for (const [what, show] of lines) table.push([what, ...rows.map(show)]);
  return table.toString();
}

/** What the table can't show. */
export function notes(rows: readonly Row[]): string[] {
  return rows.flatMap(({ variant, masked, firstUncaught, died, resent }) => {
    const where = `${policyOf(variant).title}, panic=${variant.panic}`;
    const told: string[] = [];
    if (died !== undefined) told.push(`${where}: the process died of "${died}"; all that it had not answered failed.`);
    else if (firstUncaught !== undefined) {
      told.push(
        `${where}: only a handler for uncaught errors kept the process alive; without one it ends when ${firstUncaught} of the requests are answered.`,
      );
    }
    if (masked > 0) told.push(`${where}: ${masked} poison requests were answered as if nothing had happened.`);
    if (resent > 0)
      told.push(`${where}: ${resent} requests in flight on a lost instance were told so at once; the program sent them again.`);
    return told.map((note) => colour('yellow', `! ${note}`));
  });
}

/** The errors that callers get, side by side. */
export function sampleTable(
  panic: PanicMode,
  columns: readonly { readonly variant: Variant; readonly samples: readonly Sample[] }[],
): string {
  const table = new Table({
    head: [`panic=${panic}`, ...columns.map(({ variant }) => policyOf(variant).title)].map(headline),
    colWidths: [22, 28, 28, 40, 40],
    wordWrap: true,
    style: NO_STYLE,
  });
  for (const [index, { poison }] of (columns[0]?.samples ?? []).entries()) {
    const samples = columns.map(({ samples }) => samples[index]);
    const why = POISONS[poison as PoisonName].why;
    table.push([`${poison} ${colour('gray', `(${why})`)}`, ...samples.map((sample) => (sample ? told(sample.error) : ''))]);
    table.push([colour('gray', 'the next request gets'), ...samples.map((sample) => (sample ? told(sample.next) : ''))]);
  }
  return table.toString();
}

/** The last line: whether wasm-revive kept its promise. */
export function verdict(rows: readonly Row[]): { readonly kept: boolean; readonly text: string } {
  const broken = rows
    .filter((row) => isOurs(row.variant))
    .flatMap((row) =>
      shortcomings(row).map((what) => `  ${policyOf(row.variant).title} in ${row.host}, panic=${row.variant.panic}: ${what}`),
    );
  if (broken.length === 0) {
    const inFlight = rows.filter((row) => isOurs(row.variant)).reduce((sum, row) => sum + row.withInstance, 0);
    const costs = inFlight > 0 ? `, but ${inFlight} on workerd, in flight on an instance that failed, without rollback` : '';
    const text = `✓ wasm-revive: no good request failed${costs}; none hung, no error without a caller; with rollback, nothing was lost.`;
    return { kept: true, text: colour('green', text) };
  }
  return { kept: false, text: colour('red', `✗ wasm-revive did not keep its promise:\n${broken.join('\n')}`) };
}

function headline(text: string): string {
  // Line by line: a colour that spans lines would colour the border too.
  return text
    .split('\n')
    .map((line) => colour('bold', line))
    .join('\n');
}

function bad(count: number): string {
  return count === 0 ? colour('green', '0') : colour('red', String(count));
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(value < 10 ? 2 : 0);
}

function told(outcome: Outcome): string {
  if ('answer' in outcome) return colour('green', `the right answer, ${outcome.answer}`);
  const { name, code, message, location } = outcome.error;
  const title = colour('red', code === undefined ? name : `${name} ${code}`);
  return `${title}: ${message.split('\n', 1)[0] ?? ''}${location === undefined ? '' : ` (.panic: ${location})`}`;
}
