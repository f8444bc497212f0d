/** What rollback costs, as tables. */
import Table from 'cli-table3';
import { GRANULES, type RollbackResult } from './measure-rollback.ts';

const NO_STYLE = { head: [], border: [] };

/** What is wanted of the ratios, by engine. */
const WANTED =
  'Wanted: a mean of ×1.10 and at worst ×1.30 on V8 of Node.js 24 and later (×1.18 and ×1.60 of 20), ×1.12 and ×1.50 on others; a request ×1.25; a commit 0.5 µs; code ×1.35.';

/** All of it. */
export function describeRollback(result: RollbackResult): string {
  const { mean, worst, memoryKib, bytes, transform } = result;
  return [
    `Turns on published crates, with rollback (and a commit each) and without: geometric mean ×${mean.toFixed(2)}, worst ×${worst.toFixed(2)}`,
    turnsTable(result),
    WANTED,
    `The end of a turn that has written to ${GRANULES} granules, by how much memory the program holds`,
    endsTable(result),
    `A call that writes to ${GRANULES} granules and aborts, and the first call after it`,
    abortsTable(result),
    [
      `Memory at the beginning: ${memoryKib[0]} → ${memoryKib[1]} KiB.`,
      `Module without custom sections: ${bytes[0]} → ${bytes[1]} bytes, ×${(bytes[1] / bytes[0]).toFixed(2)}.`,
      `Transform of ${transform.mebibytes.toFixed(1)} MiB with names: ${transform.ms.toFixed(0)} ms, for 10 MiB as many as ${((transform.ms * 10) / transform.mebibytes).toFixed(0)}.`,
    ].join('\n'),
  ].join('\n\n');
}

function turnsTable({ turns }: RollbackResult): string {
  const table = new Table({
    head: ['workload', 'µs a turn without', 'with rollback', 'rounds'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: NO_STYLE,
  });
  for (const { workload, us, ratio, rounds } of turns) table.push([workload, us.toFixed(1), `×${ratio.toFixed(2)}`, String(rounds)]);
  return table.toString();
}

function endsTable({ ends }: RollbackResult): string {
  const table = new Table({
    head: ['MiB', 'commit, µs', 'rollback, µs'],
    colAligns: ['right', 'right', 'right'],
    style: NO_STYLE,
  });
  for (const { mebibytes, commit, rollBack } of ends) table.push([String(mebibytes), commit.toFixed(2), rollBack.toFixed(2)]);
  return table.toString();
}

function abortsTable({ aborts }: RollbackResult): string {
  const table = new Table({
    head: ['µs: p50 / p99', 'the failing call', 'the next call', 'aborts'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: NO_STYLE,
  });
  const both = (values: readonly [number, number]): string => values.map((value) => value.toFixed(0)).join(' / ');
  for (const { title, failing, next, aborts: count } of aborts) table.push([title, both(failing), both(next), String(count)]);
  return table.toString();
}
