import type { CallSamples } from './measure-calls.ts';
import { ROW_NAMES, ROWS, type RowName } from './rows.ts';
import { median, type Spread, spread } from './statistics.ts';
import { plainOf, upstreamOf, VARIANTS, type Variant } from './variants.ts';

/** What one kind of call costs in one variant. */
export interface CallResult {
  readonly row: RowName;
  readonly variant: string;
  readonly ns: Spread;
  readonly callsPerSecond: number;
  readonly toPlain: Comparison;
  /** Ours only. */
  readonly toUpstream?: Comparison;
}

/** Medians over the rounds of what was found in each of them. */
export interface Comparison {
  readonly ratio: Spread;
  readonly differenceNs: number;
}

/** Compares the variants, round by round. */
export function compareCalls(samples: CallSamples): CallResult[] {
  return ROW_NAMES.flatMap((row) =>
    VARIANTS.map((variant) => {
      const values = samples[row][variant.id] ?? [];
      const against = (id: string): Comparison => compare(values, samples[row][id] ?? []);
      const ns = spread(values);
      return {
        row,
        variant: variant.id,
        ns,
        callsPerSecond: 1e9 / ns.median,
        toPlain: against(plainOf(variant)),
        ...(variant.glue === 'revive' && { toUpstream: against(upstreamOf(variant)) }),
      };
    }),
  );
}

/** How far ours is allowed to be from plain glue: 3 ns for an empty export, a tenth for anything else. */
const EMPTY_NS = 3;
const RATIO = 1.1;

/** Ours where it misses its bounds, in words. */
export function shortcomings(results: readonly CallResult[]): string[] {
  const variants = new Map(VARIANTS.map((variant): [string, Variant] => [variant.id, variant]));
  return results.flatMap(({ row, variant, toPlain, toUpstream }) => {
    if (toUpstream === undefined) return [];
    const { title, panic } = variants.get(variant) as Variant;
    const where = `panic=${panic}, ${title}, ${ROWS[row].title}`;
    const said: string[] = [];
    const tooFar = row === 'empty' ? toPlain.differenceNs > EMPTY_NS : toPlain.ratio.median > RATIO;
    if (tooFar) said.push(`${where}: ×${toPlain.ratio.median.toFixed(2)} of plain glue (${toPlain.differenceNs.toFixed(1)} ns more)`);
    if (toUpstream.ratio.median > 1) said.push(`${where}: ×${toUpstream.ratio.median.toFixed(2)} of upstream's reset`);
    return said;
  });
}

function compare(values: readonly number[], others: readonly number[]): Comparison {
  return {
    ratio: spread(values.map((value, round) => value / (others[round] ?? Number.NaN))),
    differenceNs: median(values.map((value, round) => value - (others[round] ?? Number.NaN))),
  };
}
