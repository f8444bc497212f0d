import type { Effort } from './options.ts';
import type { Packages } from './prepare.ts';
import type { Arrival, RecoveryAnswer, RecoveryRequest } from './recovery-worker.ts';
import { quantile } from './statistics.ts';
import { recovers, resetsByHand, type Variant } from './variants.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

/** What recovering costs one variant. Times in microseconds, memory in bytes. */
export interface RecoveryResult {
  readonly variant: string;
  readonly arrival: Arrival;
  readonly recoveries: number;
  /** The call that aborts. */
  readonly failing: Latency;
  /** Work between the failing call and the next one, in nobody's way but the event loop's. */
  readonly between: Latency;
  /** The first call after it. */
  readonly first: Latency;
  /** How much resident memory grew, garbage collected, in the second half of the recoveries. The first warms V8 up. */
  readonly rssGrowth: number;
  readonly peakRss: number;
}

/** In microseconds. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

interface Run {
  readonly variant: Variant;
  readonly arrival: Arrival;
  readonly worker: WorkerProcess<RecoveryRequest>;
  readonly answers: RecoveryAnswer[];
  /** Half-way and at the end. */
  readonly rss: number[];
}

/** @param tell hears how far it is, from 0 to 1 */
export async function measureRecovery(
  packages: Packages,
  node: string,
  effort: Effort,
  tell: (done: number) => void,
): Promise<RecoveryResult[]> {
  const runs = recovers().flatMap((variant) =>
    (['at once', 'later'] as const).map(
      // For weighing. Between two blocks nothing is collected that V8 doesn't collect by itself: its pauses belong to the times.
      (arrival): Run => ({ variant, arrival, worker: startWorker('recovery-worker.js', node, ['--expose-gc']), answers: [], rss: [] }),
    ),
  );
  try {
    for (let block = 0; block < effort.recoveryBlocks; block++) {
      tell(block / effort.recoveryBlocks);
      for (const { variant, arrival, worker, answers, rss } of runs) {
        answers.push(
          await worker.ask<RecoveryAnswer>({
            do: 'recover',
            file: packages[variant.glue][variant.panic],
            resetByHand: resetsByHand(variant),
            arrival,
            recoveries: effort.recoveriesPerBlock,
          }),
        );
        if (weighedAfter(block, effort)) rss.push(await worker.ask<number>({ do: 'weigh' }));
      }
    }
  } finally {
    for (const { worker } of runs) worker.end();
  }
  tell(1);
  return runs.map(result);
}

function weighedAfter(block: number, { recoveryBlocks }: Effort): boolean {
  return block === recoveryBlocks - 1 || block === Math.floor(recoveryBlocks / 2) - 1;
}

function result({ variant, arrival, answers, rss }: Run): RecoveryResult {
  const latency = (part: 'failing' | 'between' | 'first'): Latency => {
    const values = answers.flatMap((given) => given[part]);
    return { p50: quantile(values, 0.5), p90: quantile(values, 0.9), p99: quantile(values, 0.99) };
  };
  return {
    variant: variant.id,
    arrival,
    recoveries: answers.flatMap(({ first }) => first).length,
    failing: latency('failing'),
    between: latency('between'),
    first: latency('first'),
    rssGrowth: (rss.at(-1) ?? 0) - (rss[0] ?? 0),
    peakRss: Math.max(...answers.map(({ peakRss }) => peakRss)),
  };
}
