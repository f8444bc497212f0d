import { OBJECTS } from '../workers/requests.ts';
import type { Counter } from '../workers/worker-client.ts';
import { Head } from './head.tsx';
import type { Model } from './model.ts';

/** What the Durable Objects have in memory, beside what they should have. */
export function Counters({ model }: { readonly model: Model }) {
  return (
    <section aria-labelledby="counters-title">
      <h2 id="counters-title">Eight Durable Objects count in memory</h2>
      <p>
        What each says it has counted, of what it has acknowledged; asked twice a second. Where it is more, an answer is on its way, or
        lost.
      </p>
      <table id="counters">
        <Head model={model}>
          <th scope="col">Object</th>
        </Head>
        <tbody>
          {Array.from({ length: OBJECTS }, (_, object) => (
            <tr key={object}>
              <th scope="row">{object}</th>
              {model.kinds.map((kind) => (
                <Cell key={kind} counter={model.stateOf(kind)?.counters[object]} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Cell({ counter }: { readonly counter: Counter | undefined }) {
  if (counter === undefined) return <td>–</td>;
  const { memory, acknowledged } = counter;
  if (memory === undefined) return <td class="bad">out of reach</td>;
  const isRight = memory >= acknowledged;
  return (
    <td class={isRight ? 'good' : 'bad'}>
      {memory === acknowledged ? memory : `${memory} of ${acknowledged}`}
      <meter min="0" max={Math.max(1, acknowledged)} value={Math.min(memory, acknowledged)} aria-hidden="true" />
    </td>
  );
}
