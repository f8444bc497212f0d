import type { WorkerKind } from '@wasm-revive/worker-fixture';
import type { WorkerState } from '../protocol.ts';
import { lostWrites } from '../workers/worker-client.ts';
import { Head } from './head.tsx';
import type { Model } from './model.ts';

/** A line of the table: what is counted, how it is shown, and whether it should be zero. */
const LINES: readonly (readonly [what: string, show: (state: WorkerState) => number | string, shouldBeZero: boolean])[] = [
  ['Good requests served', ({ totals }) => totals.served, false],
  ['Poison that failed, as it must', ({ totals }) => totals.failed, false],
  ['Good requests that failed', ({ totals }) => totals.collateral, true],
  ['Good ones in flight on an instance that failed', ({ totals }) => totals.withInstance, true],
  ['Requests without an answer', ({ totals }) => totals.hung, true],
  ['Poison answered as if all was well', ({ totals }) => totals.masked, true],
  ['Acknowledged counts gone from memory', ({ counters }) => lostWrites(counters), true],
  ['Fresh instances, or turns undone', ({ totals }) => totals.recoveries, false],
  ['Half of the good answers within', ({ totals }) => milliseconds(totals.p50), false],
  ['99 % of them within', ({ totals }) => milliseconds(totals.p99), false],
];

/** What each Worker has done since it was started. */
export function Figures({ model }: { readonly model: Model }) {
  return (
    <section aria-labelledby="figures-title">
      <h2 id="figures-title">So far</h2>
      <table id="figures">
        <Head model={model}>
          <td />
        </Head>
        <tbody>
          {LINES.map(([what, show, shouldBeZero]) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              {model.kinds.map((kind: WorkerKind) => {
                const state = model.stateOf(kind);
                const value = state === undefined ? '–' : show(state);
                return (
                  <td key={kind} class={shouldBeZero && typeof value === 'number' ? (value === 0 ? 'good' : 'bad') : ''}>
                    {value}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function milliseconds(value: number | null): string {
  return value === null ? '–' : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
