import type { ErrorRecord } from './ask.ts';
import type { End, Settled } from './messages.ts';
import type { Request } from './requests.ts';
import type { Variant } from './variants.ts';

/** What was heard of a run. */
export interface Heard {
  readonly settled: readonly Settled[];
  /** Errors that no caller got; a Node process ends at the first unless the program handles them all. */
  readonly uncaught: readonly { readonly error: ErrorRecord; readonly after: number }[];
  /** Absent when the process died before its end. */
  readonly end?: End;
  /** Why the process died, if it did. */
  readonly died?: string;
}

/** One row of the table. */
export interface Row {
  readonly host: 'Node.js' | 'workerd';
  readonly variant: Variant;
  readonly served: number;
  readonly failed: number;
  readonly collateral: number;
  /** On workerd: good requests that failed, in flight on an instance that failed meanwhile. */
  readonly withInstance: number;
  readonly masked: number;
  readonly hung: number;
  /** Requests that were sent more than once. */
  readonly resent: number;
  /** Acknowledged writes that are gone, of how many. */
  readonly lostWrites: number;
  readonly acknowledged: number;
  readonly recoveries: number;
  /** Of good requests that were served; milliseconds, undefined when there were none. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly uncaught: number;
  /** How many requests had been settled when an error had no caller for the first time, which ends a process that doesn't handle it. */
  readonly firstUncaught: number | undefined;
  readonly died: string | undefined;
}

/** Sums a run up. When the process died, every request it had not settled failed, and all it had acknowledged is lost. */
export function tally(variant: Variant, requests: readonly Request[], heard: Heard): Row {
  const count = (verdict: Settled['verdict']): number => heard.settled.filter((one) => one.verdict === verdict).length;
  const answered = new Set(heard.settled.map((one) => one.index));
  const unanswered = requests.filter((request) => !answered.has(request.index));
  const latencies = heard.settled.filter((one) => one.verdict === 'served').map((one) => one.ms);
  const acknowledged = Math.max(0, ...heard.settled.map((one) => one.acknowledged));
  const lostOnTheWay = heard.settled.reduce((sum, one) => sum + one.lostWrites, 0);
  return {
    host: 'Node.js',
    variant,
    served: count('served'),
    failed: count('failed') + unanswered.filter((request) => request.poison !== undefined).length,
    collateral: count('collateral') + unanswered.filter((request) => request.poison === undefined).length,
    withInstance: 0,
    masked: count('masked'),
    hung: count('hung'),
    resent: heard.settled.filter((one) => one.attempts > 1).length,
    lostWrites: heard.end === undefined ? acknowledged : lostOnTheWay + heard.end.lostAtEnd,
    acknowledged,
    recoveries: heard.end?.recoveries ?? 0,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
    uncaught: heard.uncaught.length,
    firstUncaught: heard.uncaught[0]?.after,
    died: heard.died,
  };
}

/** The nearest-rank percentile: the smallest value that `percent` of all values don't exceed. Undefined of nothing. */
export function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** Why a row is not good enough for what wasm-revive promises; empty when it is. */
export function shortcomings(row: Row): string[] {
  const told: string[] = [];
  if (row.collateral > 0) told.push(`${row.collateral} good requests failed`);
  if (row.hung > 0) told.push(`${row.hung} requests were never answered`);
  if (row.masked > 0) told.push(`${row.masked} poison requests were answered as if nothing had happened`);
  if (row.uncaught > 0) told.push(`${row.uncaught} errors had no caller`);
  if (row.variant.recovery === 'rollback') {
    if (row.lostWrites > 0) told.push(`${row.lostWrites} acknowledged writes are gone`);
    if (row.withInstance > 0) told.push(`${row.withInstance} good requests failed with their instance`);
  }
  if (row.died !== undefined) told.push(`the process died (${row.died})`);
  return told;
}
