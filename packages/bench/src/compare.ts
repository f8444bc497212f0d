import type { CallSamples } from './measure-calls.ts';
import { isMeasured, ROW_NAMES, ROWS, type RowName } from './rows.ts';
import { median, type Spread, spread } from './statistics.ts';
import { isOurs, isUntouched, plainOf, untouchedOf, upstreamOf, VARIANTS, type Variant } from './variants.ts';

/** What one kind of call costs in one variant. */
export interface CallResult {
  readonly row: RowName;
  readonly variant: string;
  readonly ns: Spread;
  readonly callsPerSecond: number;
  /** Where plain glue is measured. */
  readonly toPlain?: Comparison;
  /** Ours only. */
  readonly toUpstream?: Comparison;
  /** Of ours with the crates, of a sibling, of a pool and after recoveries: to ours without any of that. */
  readonly toUntouched?: Comparison;
}

/** Medians over the rounds of what was found in each of them. */
export interface Comparison {
  readonly ratio: Spread;
  readonly differenceNs: number;
}

/** Compares the variants, round by round. */
export function compareCalls(samples: CallSamples): CallResult[] {
  return ROW_NAMES.flatMap((row) =>
    VARIANTS.filter((variant) => isMeasured(row, variant)).map((variant) => {
      const values = samples[row][variant.id] ?? [];
      const against = <K extends string>(key: K, id: string): { readonly [P in K]?: Comparison } => {
        const others = samples[row][id] ?? [];
        return others.length > 0 ? ({ [key]: compare(values, others) } as { readonly [P in K]: Comparison }) : {};
      };
      const ns = spread(values);
      return {
        row,
        variant: variant.id,
        ns,
        callsPerSecond: 1e9 / ns.median,
        ...against('toPlain', plainOf(variant)),
        ...(isOurs(variant) && variant.through === 'exports' && against('toUpstream', upstreamOf(variant))),
        ...(isChanged(variant) && against('toUntouched', untouchedOf(variant))),
      };
    }),
  );
}

/** Whether it is ours, and differs from what ours is before anything has failed. */
export function isChanged(variant: Variant): boolean {
  return variant.glue === 'crates' || (isOurs(variant) && !isUntouched(variant));
}

/** How far ours is allowed to be from plain glue: 3 ns for an empty export, a tenth for anything else. */
const EMPTY_NS = 3;
const RATIO = 1.1;

/** How far a module with the crates may be from one without, where it uses nothing of them. */
const CRATES_RATIO = 1.02;
/** How many nanoseconds more a call may take through `instance(key)`, and after 1,000 recoveries. */
const SIBLING_NS = 10;
const RECOVERED_NS = 2;

const OF_THE_CRATES: ReadonlySet<RowName> = new Set(['marked', 'breadcrumb', 'unwinding', 'panic']);

/** Ours where it misses its bounds, in words. */
export function shortcomings(results: readonly CallResult[]): string[] {
  const variants = new Map(VARIANTS.map((variant): [string, Variant] => [variant.id, variant]));
  return results.flatMap(({ row, variant, toPlain, toUpstream, toUntouched }) => {
    const { title, panic, glue, through } = variants.get(variant) as Variant;
    const where = `panic=${panic}, ${title}, ${ROWS[row].title}`;
    const said: string[] = [];
    if (toUpstream !== undefined && toPlain !== undefined) {
      const tooFar = row === 'empty' ? toPlain.differenceNs > EMPTY_NS : toPlain.ratio.median > RATIO;
      if (tooFar) said.push(`${where}: ×${toPlain.ratio.median.toFixed(2)} of plain glue (${toPlain.differenceNs.toFixed(1)} ns more)`);
    }
    if (toUpstream !== undefined && toUpstream.ratio.median > 1) {
      said.push(`${where}: ×${toUpstream.ratio.median.toFixed(2)} of upstream's reset`);
    }
    if (toUntouched !== undefined && glue === 'crates') {
      const isSlower = !OF_THE_CRATES.has(row) && toUntouched.ratio.median > CRATES_RATIO;
      if (isSlower) said.push(`${where}: ×${toUntouched.ratio.median.toFixed(2)} of the same module without the crates`);
    } else if (
      toUntouched !== undefined &&
      through !== 'pool' &&
      toUntouched.differenceNs > (through === 'sibling' ? SIBLING_NS : RECOVERED_NS)
    ) {
      const more = `${toUntouched.differenceNs.toFixed(1)} ns more`;
      said.push(`${where}: ${more} than ${through === 'sibling' ? 'through the exports of the module' : 'before the first recovery'}`);
    }
    return said;
  });
}

function compare(values: readonly number[], others: readonly number[]): Comparison {
  return {
    ratio: spread(values.map((value, round) => value / (others[round] ?? Number.NaN))),
    differenceNs: median(values.map((value, round) => value - (others[round] ?? Number.NaN))),
  };
}
