import type { WorkerKind } from '@wasm-revive/worker-fixture';
import { useEffect, useState } from 'preact/hooks';
import { Controls } from './controls.tsx';
import { Counters } from './counters.tsx';
import { Figures } from './figures.tsx';
import { Lanes } from './lanes.tsx';
import { Legend } from './legend.tsx';
import type { Live } from './live.ts';
import { Rates } from './rates.tsx';
import { Reports } from './reports.tsx';

/** How often numbers on the page are brought up to date, in milliseconds. */
const REFRESH_MS = 250;

/** The page. */
export function App({ live }: { readonly live: Live }) {
  const [, setBeat] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setBeat((beat) => beat + 1), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const { model } = live;
  return (
    <>
      <header>
        <h1>One Rust Worker, four ways to survive it</h1>
        <p>
          The same requests go to the same Worker on workerd, {model.panic === undefined ? '…' : `built with panic=${model.panic}`}: as
          plain wasm-bindgen output, with upstream’s shim, and with wasm-revive. Make one fail, and see what that costs the others.
        </p>
        <Connection live={live} />
      </header>
      <main>
        <Controls live={live} />
        <section aria-labelledby="lanes-title">
          <h2 id="lanes-title">Instances and requests</h2>
          <Legend />
          <div class="lanes">
            {model.kinds.map((kind: WorkerKind) => (
              <Lanes key={kind} model={model} kind={kind} />
            ))}
          </div>
        </section>
        <div class="tables">
          <Figures model={model} />
          <Counters model={model} />
        </div>
        <Rates model={model} />
        <Reports model={model} />
      </main>
      <footer>
        <p>
          All of this runs on your machine, and nothing of it is simulated: <code>npm run demo -- --once</code> prints figures of one run.
        </p>
      </footer>
    </>
  );
}

function Connection({ live }: { readonly live: Live }) {
  const text = live.isConnected
    ? live.model.kinds.every((kind) => live.model.stateOf(kind) === undefined)
      ? 'The Workers are starting.'
      : ''
    : 'No server: start it again by npm run demo, and this page goes on.';
  return (
    <p role="status" class="connection">
      {text}
    </p>
  );
}
