import { expect, test } from 'vitest';
import { compareCalls, shortcomings } from '../src/compare.ts';
import type { CallSamples } from '../src/measure-calls.ts';
import { noise } from '../src/report.ts';
import { isMeasured, ROW_NAMES, type RowName } from '../src/rows.ts';
import { VARIANTS } from '../src/variants.ts';

/** The rows that every variant has. */
const EVERYWHERE = ROW_NAMES.filter((row) => VARIANTS.every((variant) => isMeasured(row, variant)));

/** Two rounds in which the machine ran at half its speed in the second; ours takes `ours` times as long as everything else. */
function samples(ours: number): CallSamples {
  const ofVariant = (id: string): number[] => (/^(?:revive|crates)/.test(id) ? [10 * ours, 20 * ours] : [10, 20]);
  const ofRow = (row: RowName): Record<string, number[]> =>
    Object.fromEntries(VARIANTS.filter((variant) => isMeasured(row, variant)).map(({ id }) => [id, ofVariant(id)]));
  return Object.fromEntries(ROW_NAMES.map((row) => [row, ofRow(row)])) as Record<RowName, Record<string, number[]>>;
}

test('a slow round changes no ratio', () => {
  const results = compareCalls(samples(1.05));
  const ours = results.filter(({ variant, toPlain }) => variant === 'revive-abort' && toPlain !== undefined);
  expect(ours.map(({ toPlain }) => toPlain?.ratio)).toEqual(EVERYWHERE.map(() => ({ median: 1.05, p25: 1.05, p75: 1.05 })));
  expect(noise(results)).toBe(0);
});

test('what misses its bounds is said, once for plain glue and once for upstream', () => {
  expect(shortcomings(compareCalls(samples(0.9)))).toEqual([]);
  const said = shortcomings(compareCalls(samples(1.2)));
  // Panics are caught under panic=unwind only, and not compared with plain glue. An empty export may take 3 ns more, and 15 × 0.2 is that.
  expect(said.filter((line) => line.includes('of plain glue'))).toHaveLength(4 * (EVERYWHERE.length - 1));
  expect(said.filter((line) => line.includes("of upstream's reset"))).toHaveLength(4 * EVERYWHERE.length + 1);
});
