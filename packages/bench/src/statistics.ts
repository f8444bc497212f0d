/** A median and where the middle half of the values lies. */
export interface Spread {
  readonly median: number;
  readonly p25: number;
  readonly p75: number;
}

/** The value below which a share `q` (0 to 1) of the values lies, interpolated between its neighbours. NaN for no values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at % 1);
}

/** @see quantile */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** What is shown of many measurements of the same thing. */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), p25: quantile(values, 0.25), p75: quantile(values, 0.75) };
}
