import Table from 'cli-table3';
import { type CallResult, type Comparison, isChanged } from './compare.ts';
import { EVERY, FILLED, type LoadResult } from './measure-load.ts';
import type { Latency, RecoveryResult } from './measure-recovery.ts';
import type { Size } from './measure-size.ts';
import type { TransformResult } from './measure-transform.ts';
import { ROW_NAMES, ROWS } from './rows.ts';
import { CONTROL, isOurs, plainOf, upstreamOf, VARIANTS, type Variant } from './variants.ts';

const NO_STYLE = { head: [], border: [] };
const MIB = 2 ** 20;

/** Nanoseconds a call and calls a second. */
export function callTable(results: readonly CallResult[]): string {
  return callsBy(results, 'ns a call ± half of the\nmiddle 50 %; calls/s', VARIANTS, ({ ns, callsPerSecond }) => {
    const half = (ns.p75 - ns.p25) / 2;
    return `${number(ns.median)} ±${number(half)}\n${rate(callsPerSecond)}`;
  });
}

/** Each variant against plain glue. */
export function plainTable(results: readonly CallResult[]): string {
  const others = VARIANTS.filter((variant) => variant.id !== plainOf(variant));
  return callsBy(results, 'against plain glue of the\nsame panic mode', others, ({ toPlain }) => (toPlain ? comparison(toPlain) : ''));
}

/** Ours against upstream's of the same panic mode, as often recovered. */
export function upstreamTable(results: readonly CallResult[]): string {
  const ours = VARIANTS.filter((variant) => isOurs(variant) && variant.through === 'exports');
  return callsBy(results, "against upstream's\nwith its reset", ours, ({ toUpstream }) => (toUpstream ? comparison(toUpstream) : ''));
}

/** Ours with the crates, through a sibling, of a pool and after recoveries, against ours without any of that. */
export function untouchedTable(results: readonly CallResult[]): string {
  return callsBy(
    results,
    'against wasm-revive without\ncrates, siblings, pools, recoveries',
    VARIANTS.filter(isChanged),
    ({ toUntouched }) => (toUntouched ? comparison(toUntouched) : ''),
  );
}

/** How far plain glue came out from itself, at most over all rows, in percent. */
export function noise(results: readonly CallResult[]): number {
  const controls = results.filter(({ variant }) => variant === CONTROL);
  return 100 * Math.max(...controls.map(({ toPlain }) => Math.abs((toPlain?.ratio.median ?? 1) - 1)));
}

/** What an abort costs. */
export function recoveryTable(results: readonly RecoveryResult[]): string {
  const table = new Table({
    head: [
      'µs: p50 / p90 / p99',
      'next call comes',
      'the failing call',
      'until the next call',
      'the next call',
      'RSS growth',
      'RSS at most',
    ],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
    style: NO_STYLE,
  });
  for (const { variant, arrival, failing, between, first, rssGrowth, peakRss } of results) {
    const micros = (latency: Latency): string => [latency.p50, latency.p90, latency.p99].map((value) => value.toFixed(0)).join(' / ');
    const found = VARIANTS.find(({ id }) => id === variant);
    table.push([
      found ? titleOf(found) : variant,
      arrival.replace(', ', ',\n'),
      micros(failing),
      arrival === 'later' ? micros(between) : '–',
      micros(first),
      `${(rssGrowth / MIB).toFixed(1)} MiB`,
      `${(peakRss / MIB).toFixed(0)} MiB`,
    ]);
  }
  return table.toString();
}

/** Ours against upstream's: what an abort costs the call that fails, the next one, and both with what is done in between. */
export function recoveryRatios(results: readonly RecoveryResult[]): string {
  const table = new Table({
    head: ["against upstream's reset", 'next call comes', 'the failing call', 'the next call, p50', 'the next call, p99', 'all of it'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right'],
    style: NO_STYLE,
  });
  for (const ours of results) {
    const variant = VARIANTS.find(({ id }) => id === ours.variant);
    const asTheirs = ours.arrival === 'later' ? 'later' : 'at once';
    const theirs = variant && results.find(({ variant: id, arrival }) => id === upstreamOf(variant) && arrival === asTheirs);
    if (variant === undefined || !isOurs(variant) || theirs === undefined) continue;
    const ratio = (of: (result: RecoveryResult) => number): string => `×${(of(ours) / of(theirs)).toFixed(2)}`;
    table.push([
      titleOf(variant),
      ours.arrival.replace(', ', ',\n'),
      ratio(({ failing }) => failing.p50),
      ratio(({ first }) => first.p50),
      ratio(({ first }) => first.p99),
      ratio(({ failing, between, first }) => failing.p50 + between.p50 + first.p50),
    ]);
  }
  return table.toString();
}

/** Calls served while some fail, and what memory that takes. */
export function loadTable(results: readonly LoadResult[]): string {
  const table = new Table({
    head: [
      'thousand calls/s, with failing',
      ...EVERY.map((every) => `${100 / every} %`),
      `RSS growth, ${FILLED} MiB each\n(in such instances)`,
      'RSS of an\nidle sibling',
    ],
    colAligns: ['left', ...EVERY.map((): 'right' => 'right'), 'right', 'right'],
    style: NO_STYLE,
  });
  for (const { variant, served, filledRss, siblingRss } of results) {
    const found = VARIANTS.find(({ id }) => id === variant);
    const theirs = found !== undefined && isOurs(found) ? results.find(({ variant: id }) => id === upstreamOf(found)) : undefined;
    table.push([
      found ? titleOf(found) : variant,
      ...served.map((value, index) => {
        const ratio = theirs === undefined ? '' : `\n×${(value / (theirs.served[index] ?? Number.NaN)).toFixed(2)}`;
        return `${(value / 1000).toFixed(0)}${ratio}`;
      }),
      `${(filledRss / MIB).toFixed(0)} MiB\n(${(filledRss / MIB / FILLED).toFixed(1)})`,
      siblingRss === undefined ? '' : `${(siblingRss / 1024).toFixed(0)} KiB`,
    ]);
  }
  return table.toString();
}

/** Bytes to load. */
export function sizeTable(sizes: readonly Size[]): string {
  const table = new Table({ head: ['what is loaded', 'bytes', 'gzip'], colAligns: ['left', 'right', 'right'], style: NO_STYLE });
  for (const { what, bytes, gzip } of sizes) table.push([what, String(bytes), String(gzip)]);
  return table.toString();
}

/** One line on the transform. */
export function transformLine({ module, wasmBytes, glueBytes, cliMs, cliBestMs, warmMs }: TransformResult): string {
  return `Transform of ${(wasmBytes / MIB).toFixed(2)} MiB of Wasm with ${(glueBytes / 1024).toFixed(0)} KiB of glue (${module}): ${cliMs.toFixed(0)} ms as a command (${cliBestMs.toFixed(0)} at best), ${warmMs.toFixed(0)} ms within a running process.`;
}

function callsBy(results: readonly CallResult[], what: string, variants: readonly Variant[], show: (result: CallResult) => string): string {
  const rows = ROW_NAMES.filter((row) =>
    results.some((entry) => entry.row === row && variants.some(({ id }) => id === entry.variant) && show(entry)),
  );
  const table = new Table({
    head: [what, ...rows.map((row) => ROWS[row].title.replace(/, | a (?=\w)/, (found) => `${found.trimEnd()}\n`))],
    colAligns: ['left', ...rows.map((): 'right' => 'right')],
    style: NO_STYLE,
  });
  for (const variant of variants) {
    const cells = rows.map((row) => {
      const result = results.find((entry) => entry.row === row && entry.variant === variant.id);
      return result ? show(result) : '';
    });
    table.push([titleOf(variant), ...cells]);
  }
  return table.toString();
}

function titleOf({ title, panic }: Variant): string {
  return `panic=${panic}\n${title}`;
}

function comparison({ ratio, differenceNs }: Comparison): string {
  return `×${ratio.median.toFixed(2)}\n${differenceNs < 0 ? '−' : '+'}${number(Math.abs(differenceNs))} ns`;
}

function number(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

function rate(callsPerSecond: number): string {
  return `${(callsPerSecond / 1e6).toFixed(callsPerSecond < 1e7 ? 2 : 1)} M/s`;
}
