import type { LoadRequest } from './load-worker.ts';
import type { Effort } from './options.ts';
import type { Packages } from './prepare.ts';
import { median } from './statistics.ts';
import { recovers, resetsByHand, type Variant } from './variants.ts';
import { startWorker } from './worker-process.ts';

/** Calls for each that fails: none, 0.1 %, 1 %, 10 %. */
export const EVERY: readonly number[] = [Number.POSITIVE_INFINITY, 1_000, 100, 10];

/** What each instance fills before it is aborted, in mebibytes. */
export const FILLED = 32;

/** How one variant does under load. */
export interface LoadResult {
  readonly variant: string;
  /** Calls a second that went well, one value for each of {@link EVERY}. */
  readonly served: readonly number[];
  /** By how much resident memory grew at most while instances of {@link FILLED} mebibytes were aborted, in bytes. */
  readonly filledRss: number;
  /** Resident memory of each idle sibling, in bytes; ours only. */
  readonly siblingRss?: number;
}

/** @param tell hears how far it is, from 0 to 1 */
export async function measureLoad(packages: Packages, node: string, effort: Effort, tell: (done: number) => void): Promise<LoadResult[]> {
  const variants = recovers();
  const served = new Map<string, number[]>();
  const rounds = effort.loadRounds;
  for (let round = 0; round < rounds; round++) {
    // The variants in turn, and every one in a process of its own.
    for (const [index, every] of EVERY.entries()) {
      tell((round + index / EVERY.length) / (rounds + 1));
      for (const variant of variants) {
        const key = `${variant.id} ${index}`;
        const found = await ask(variant, { do: 'serve', every, ms: effort.loadMs });
        served.set(key, [...(served.get(key) ?? []), found]);
      }
    }
  }
  const results: LoadResult[] = [];
  for (const variant of variants) {
    tell((rounds + results.length / variants.length) / (rounds + 1));
    results.push({
      variant: variant.id,
      served: EVERY.map((_, index) => median(served.get(`${variant.id} ${index}`) ?? [])),
      filledRss: await ask(variant, { do: 'fill', mebibytes: FILLED, aborts: effort.filledAborts }),
      ...(variant.glue === 'revive' && { siblingRss: await ask(variant, { do: 'idle', siblings: effort.idleSiblings }) }),
    });
  }
  tell(1);
  return results;

  async function ask(variant: Variant, what: DistributiveOmit<LoadRequest, 'file' | 'resetByHand'>): Promise<number> {
    const worker = startWorker<LoadRequest>('load-worker.js', node, ['--expose-gc']);
    try {
      return await worker.ask<number>({ ...what, file: packages[variant.glue][variant.panic], resetByHand: resetsByHand(variant) });
    } finally {
      worker.end();
    }
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
