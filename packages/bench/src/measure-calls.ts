/**
 * Measures what calls cost. No benchmark library measures several processes in turn, so this does it itself.
 *
 * What the variants differ by is less than what a busy machine varies by. Hence: each variant in a process of its own (in one
 * process they would share V8's feedback), all of them alive at once, measured round-robin in rounds of a few milliseconds;
 * compared are the values of the same round, and shown are medians over all rounds. Several launches, because where code and heap
 * come to lie is decided once a process.
 */
import type { CallRequest } from './call-worker.ts';
import type { Effort } from './options.ts';
import type { Packages } from './prepare.ts';
import { isMeasured, ROW_NAMES, type RowName } from './rows.ts';
import { resetsByHand, VARIANTS } from './variants.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

/** Nanoseconds a call, one value a round; the same index is the same round in every variant. */
export type CallSamples = Record<RowName, Record<string, readonly number[]>>;

type Worker = WorkerProcess<CallRequest>;

/** @param tell hears how far it is, from 0 to 1 */
export async function measureCalls(packages: Packages, node: string, effort: Effort, tell: (done: number) => void): Promise<CallSamples> {
  const samples = Object.fromEntries(ROW_NAMES.map((row) => [row, noRounds()])) as Record<RowName, Record<string, number[]>>;
  for (let launch = 0; launch < effort.launches; launch++) {
    for (const [index, row] of ROW_NAMES.entries()) {
      tell((launch + index / ROW_NAMES.length) / effort.launches);
      for (const [id, ns] of await measureRow(row, packages, node, effort)) samples[row][id]?.push(ns);
    }
  }
  tell(1);
  return samples;
}

/** What was measured, in the order in which it was: as many values of each variant as there are rounds. */
async function measureRow(row: RowName, packages: Packages, node: string, effort: Effort): Promise<(readonly [id: string, ns: number])[]> {
  const workers: (readonly [id: string, worker: Worker])[] = [];
  try {
    // One after the other: warming up together would be slower, and compile in the background of each other.
    for (const variant of VARIANTS.filter((variant) => isMeasured(row, variant))) {
      const worker: Worker = startWorker('call-worker.js', node);
      workers.push([variant.id, worker]);
      await worker.ask({
        do: 'prepare',
        file: packages[variant.glue][variant.panic],
        row,
        recoveries: variant.recoveries,
        through: variant.through,
        resetByHand: resetsByHand(variant),
        warmUpMs: effort.warmUpMs,
        roundMs: effort.roundMs,
      });
    }
    const measured: (readonly [id: string, ns: number])[] = [];
    for (let round = 0; round < effort.rounds; round++) {
      for (const [id, worker] of shuffled(workers)) measured.push([id, await worker.ask<number>({ do: 'measure' })]);
    }
    return measured;
  } finally {
    for (const [, worker] of workers) worker.end();
  }
}

function noRounds(): Record<string, number[]> {
  return Object.fromEntries(VARIANTS.map(({ id }) => [id, []]));
}

/** So that none is always measured after the same other one. */
function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
