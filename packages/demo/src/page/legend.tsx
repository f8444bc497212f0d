import type { WorkerVerdict } from '../workers/worker-client.ts';

const MARKS: readonly (readonly [verdict: WorkerVerdict, shape: string, what: string])[] = [
  ['served', '●', 'served'],
  ['failed', '✖', 'poison, failed as it must'],
  ['collateral', '■', 'good, failed all the same'],
  ['withInstance', '□', 'good, in flight on an instance that failed'],
  ['hung', '○', 'no answer'],
  ['masked', '◆', 'poison, answered as if all was well'],
];

/** What the marks in the lanes mean. */
export function Legend() {
  return (
    <ul class="legend" aria-label="Marks">
      {MARKS.map(([verdict, shape, what]) => (
        <li key={verdict}>
          <span class={`mark ${verdict}`} aria-hidden="true">
            {shape}
          </span>{' '}
          {what}
        </li>
      ))}
      <li>
        <span class="mark bar" aria-hidden="true">
          ▬
        </span>{' '}
        an instance, with its generation
      </li>
    </ul>
  );
}
