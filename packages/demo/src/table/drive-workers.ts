import { setImmediate as nextTick } from 'node:timers/promises';
import type { WorkerKind } from '@wasm-revive/worker-fixture';
import { RequestMaker, type WorkerRequest } from '../workers/requests.ts';
import { isOurs, kindsToShow, startWorker, WorkerFiles } from '../workers/running-worker.ts';
import { lostWrites, type WorkerAnswer, WorkerClient, type WorkerVerdict } from '../workers/worker-client.ts';
import { showProgress } from './progress.ts';
import { percentile, type Row } from './tally.ts';
import { type PanicMode, policyOf, type Recovery } from './variants.ts';
import { Window } from './window.ts';

/** Requests in flight at once, at most. */
const WINDOW = 24;

/** A request that has no answer after this long gives its place to another. It may still be answered. */
const WINDOW_PATIENCE_MS = 1_000;

/** A request that has no answer after this long hangs. */
const PATIENCE_MS = 5_000;

/** How many of the requests are poison, as in Node.js. */
const POISON_SHARE = 0.1;

const RECOVERIES: Readonly<Record<WorkerKind, Recovery>> = { plain: 'none', upstream: 'upstream', fresh: 'revive', rollback: 'rollback' };

/** Sends the same requests to a Worker of each kind that is there, in both panic modes, one after the other. */
export async function driveWorkers(seed: number, count: number): Promise<Row[]> {
  const files = new WorkerFiles();
  try {
    const rows: Row[] = [];
    for (const panic of ['abort', 'unwind'] as const) {
      for (const kind of kindsToShow(panic)) rows.push(await driveWorker(files.folder(kind, panic), kind, panic, seed, count));
    }
    return rows;
  } finally {
    files.remove();
  }
}

async function driveWorker(dir: string, kind: WorkerKind, panic: PanicMode, seed: number, count: number): Promise<Row> {
  const variant = { recovery: RECOVERIES[kind], panic };
  const progress = showProgress(`panic=${panic.padEnd(6)}  ${policyOf(variant).title.padEnd(21)}`, count);
  let recoveries = 0;
  let instances = 0;
  const worker = await startWorker(dir, {
    instance: () => instances++,
    failure: (_, { report }) => {
      if (report.recovery !== 'keep') recoveries++;
    },
  });
  try {
    const client = new WorkerClient(worker.url, PATIENCE_MS);
    const answers: WorkerAnswer[] = [];
    const made = new RequestMaker(seed);
    let trouble = 0;
    await sendAll(
      client,
      Array.from({ length: count }, () => made.next(POISON_SHARE)),
      (answer) => {
        answers.push(answer);
        if (answer.verdict === 'collateral') trouble++;
        progress.advance(answers.length, trouble);
      },
    );
    const counters = await client.counters();
    const of = (verdict: WorkerVerdict): number => answers.filter((answer) => answer.verdict === verdict).length;
    const latencies = answers.filter(({ verdict }) => verdict === 'served').map(({ ms }) => ms);
    progress.end(`${of('served')} served, ${of('failed')} failed as they must, ${of('collateral')} collateral, ${of('hung')} hung`);
    return {
      host: 'workerd',
      variant,
      served: of('served'),
      failed: of('failed'),
      collateral: of('collateral'),
      withInstance: of('withInstance'),
      masked: of('masked'),
      hung: of('hung'),
      resent: 0,
      lostWrites: lostWrites(counters),
      acknowledged: counters.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
      // Upstream's recovery doesn't tell when it makes an instance.
      recoveries: isOurs(kind) ? recoveries : instances - 1,
      p50: percentile(latencies, 50),
      p99: percentile(latencies, 99),
      uncaught: 0,
      firstUncaught: undefined,
      died: undefined,
    };
  } finally {
    await worker.end();
  }
}

/** Sends all, each as soon as there is a place. */
async function sendAll(client: WorkerClient, requests: readonly WorkerRequest[], settled: (answer: WorkerAnswer) => void): Promise<void> {
  const window = new Window(WINDOW);
  const pending: Promise<void>[] = [];
  for (const request of requests) {
    await window.enter();
    let left = false;
    const leave = (): void => {
      if (!left) window.leave();
      left = true;
    };
    const patience = setTimeout(leave, WINDOW_PATIENCE_MS);
    pending.push(
      client.send(request).then((answer) => {
        clearTimeout(patience);
        leave();
        settled(answer);
      }),
    );
    // Requests arrive one by one: the event loop turns in between.
    await nextTick();
  }
  await Promise.all(pending);
}
