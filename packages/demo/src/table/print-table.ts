import type { TableOptions } from '../options.ts';
import { OBJECTS } from '../workers/requests.ts';
import type { Outcome } from './ask.ts';
import { colour } from './colour.ts';
import { driveWorkers } from './drive-workers.ts';
import type { Message, Sample, Settled } from './messages.ts';
import { ARTIFACTS, preparePackages } from './prepare.ts';
import { showProgress } from './progress.ts';
import { notes, resultTable, sampleTable, verdict, workerTable } from './report.ts';
import { makeRequests, type Request } from './requests.ts';
import { runWorker } from './run-worker.ts';
import { type Heard, type Row, tally } from './tally.ts';
import { packageDir, policyOf, VARIANTS, type Variant } from './variants.ts';

/** Said where upstream's shim is missing. */
const WITHOUT_UPSTREAM = 'Upstream’s shim is not beside them: the set-up could not get it from crates.io.';

/** Sends the same requests to every variant, in Node.js and on workerd, and prints what came of them. Gives the exit code. */
export async function printTable(options: TableOptions): Promise<number> {
  const { seed, count } = options;
  console.log(colour('bold', 'wasm-revive: one Rust service, four ways to survive it\n'));
  await preparePackages();
  const requests = makeRequests(seed, count);
  const poison = requests.filter((request) => request.poison !== undefined).length;
  console.log(`\nIn Node.js: ${count} requests (${count - poison} good, ${poison} poison), up to 24 in flight, seed ${seed}\n`);
  const expected = await askExpected(options);
  const rows: Row[] = [];
  for (const variant of VARIANTS) rows.push(await driveVariant(variant, requests, expected, options));
  console.log(`\n${resultTable(rows)}\n${notes(rows).join('\n')}\n`);
  const onWorkerd = Math.ceil(count / 3);
  console.log(`On workerd: a Worker with ${OBJECTS} Durable Objects, ${onWorkerd} requests, up to 24 in flight, seed ${seed}\n`);
  const workers = await driveWorkers(seed, onWorkerd);
  console.log(`\n${workerTable(workers)}\n`);
  if (!workers.some(({ variant }) => variant.recovery === 'upstream')) console.log(`${WITHOUT_UPSTREAM}\n`);
  console.log(colour('bold', 'What a caller is told'));
  for (const panic of ['abort', 'unwind'] as const) {
    const columns = await Promise.all(
      VARIANTS.filter((variant) => variant.panic === panic).map(async (variant) => ({ variant, samples: await takeSamples(variant) })),
    );
    console.log(sampleTable(panic, columns));
  }
  const { kept, text } = verdict([...rows, ...workers]);
  console.log(`\n${text}`);
  return kept ? 0 : 1;
}

async function askExpected({ seed, count }: TableOptions): Promise<readonly (Outcome | null)[]> {
  const dir = packageDir(ARTIFACTS, { recovery: 'none', panic: 'abort' });
  let expected: readonly (Outcome | null)[] | undefined;
  const died = await runWorker({ do: 'expect', dir, seed, count }, (message) => {
    if (message.tell === 'expected') expected = message.expected;
  });
  if (expected === undefined) throw new Error(`The right answers could not be computed: ${died ?? 'nothing was said'}`);
  return expected;
}

async function driveVariant(
  variant: Variant,
  requests: readonly Request[],
  expected: readonly (Outcome | null)[],
  options: TableOptions,
): Promise<Row> {
  const title = `panic=${variant.panic.padEnd(6)}  ${policyOf(variant).title.padEnd(21)}`;
  const progress = showProgress(title, requests.length);
  const settled: Settled[] = [];
  const uncaught: Heard['uncaught'][number][] = [];
  let end: Heard['end'];
  let trouble = 0;
  const hear = (message: Message): void => {
    if (message.tell === 'settled') {
      settled.push(message.settled);
      if (message.settled.verdict === 'collateral') trouble++;
      progress.advance(settled.length, trouble);
    } else if (message.tell === 'uncaught') uncaught.push(message);
    else if (message.tell === 'end') end = message.end;
  };
  const { seed, count } = options;
  const died = await runWorker(
    { do: 'drive', variant, dir: packageDir(ARTIFACTS, variant), seed, count, expected, uncaught: options.uncaught },
    hear,
  );
  const row = tally(variant, requests, { settled, uncaught, ...(end && { end }), ...(died !== undefined && { died }) });
  progress.end(`${row.served} served, ${row.failed} failed as they must, ${row.collateral} collateral, ${row.hung} hung`);
  return row;
}

async function takeSamples(variant: Variant): Promise<readonly Sample[]> {
  let samples: readonly Sample[] = [];
  const died = await runWorker({ do: 'sample', variant, dir: packageDir(ARTIFACTS, variant) }, (message) => {
    if (message.tell === 'samples') samples = message.samples;
  });
  if (died !== undefined) throw new Error(`${policyOf(variant).title} died while it was asked for samples: ${died}`);
  return samples;
}
