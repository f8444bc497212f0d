import Table from 'cli-table3';
import type { TrafficAnswer } from './clients.ts';
import { CONNECTIONS, OBJECTS, POISON, type WorkerResult } from './measure.ts';

const NO_STYLE = { head: [], border: [] };

/** All of it. */
export function describeWorkers(results: readonly WorkerResult[]): string {
  const lines = [
    `A Worker on workerd, ${CONNECTIONS} connections from another process, ${OBJECTS} Durable Objects, ${POISON * 100} % of the requests fail (abort, out of memory, stack overflow, panic; half of them after they have waited)`,
    failuresTable(results),
    'Lost: acknowledged writes that the memory of objects has not any more, of objects that did not fail and of those that did. Others of the object: requests in flight on an object that failed.',
    timesTable(results),
  ];
  if (!results.some(({ kind }) => kind === 'upstream')) {
    lines.push(
      'Not beside them: worker-build’s own shim. It is left out by --quick, and where the set-up could not get it from crates.io.',
    );
  }
  return lines.join('\n\n');
}

function failuresTable(results: readonly WorkerResult[]): string {
  const table = new Table({
    head: ['', 'poisoned', 'collateral', 'others of the object', 'hung', 'written', 'lost', 'not asked for'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: NO_STYLE,
  });
  for (const { kind, panic, poisoned } of results) {
    const { poisoned: asked, collateral, ofObject, hung, written, lost, unasked } = poisoned;
    table.push([`${kind}, ${panic}`, ...[asked, collateral, ofObject, hung, written].map(String), lost.join(' + '), String(unasked)]);
  }
  return table.toString();
}

function timesTable(results: readonly WorkerResult[]): string {
  const table = new Table({
    head: [
      '',
      'req/s, none fails',
      'p50 / p99, ms',
      'req/s, 1 % fail',
      'p50 / p99, ms',
      'RSS, MiB',
      'a request, ms',
      'first after an abort',
    ],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: NO_STYLE,
  });
  const both = ({ p50, p99 }: TrafficAnswer): string => `${p50.toFixed(1)} / ${p99.toFixed(1)}`;
  for (const { kind, panic, peaceful, poisoned, rssMib, request, firstAfterAbort } of results) {
    table.push([
      `${kind}, ${panic}`,
      peaceful.served.toFixed(0),
      both(peaceful),
      poisoned.served.toFixed(0),
      both(poisoned),
      rssMib.map((mebibytes) => mebibytes.toFixed(0)).join(' → '),
      request.toFixed(2),
      `+${(firstAfterAbort - request).toFixed(2)} ms`,
    ]);
  }
  return table.toString();
}
