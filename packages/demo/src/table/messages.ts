import type { ErrorRecord, Outcome } from './ask.ts';
import type { Variant } from './variants.ts';

/**
 * What became of a request.
 * `served`: answered rightly. `failed`: poison that failed, as it must. `collateral`: a good request that failed or was answered
 * wrongly. `masked`: poison that was answered as if nothing had happened. `hung`: no answer at all.
 */
export type Verdict = 'served' | 'failed' | 'collateral' | 'masked' | 'hung';

/** What a worker process is asked to do. */
export type Job =
  | { readonly do: 'expect'; readonly dir: string; readonly seed: number; readonly count: number }
  | {
      readonly do: 'drive';
      readonly variant: Variant;
      readonly dir: string;
      readonly seed: number;
      readonly count: number;
      readonly expected: readonly (Outcome | null)[];
      readonly uncaught: 'log' | 'die';
    }
  | { readonly do: 'sample'; readonly variant: Variant; readonly dir: string };

/** What it tells, one JSON line each on its standard output. */
export type Message =
  | { readonly tell: 'expected'; readonly expected: readonly (Outcome | null)[] }
  | { readonly tell: 'settled'; readonly settled: Settled }
  | { readonly tell: 'uncaught'; readonly error: ErrorRecord; readonly after: number }
  | { readonly tell: 'end'; readonly end: End }
  | { readonly tell: 'samples'; readonly samples: readonly Sample[] };

/** One request's end. */
export interface Settled {
  readonly index: number;
  readonly verdict: Verdict;
  /** From arrival to answer, in milliseconds, sending again included. */
  readonly ms: number;
  /** How often it was sent. */
  readonly attempts: number;
  /** Acknowledged writes that it showed to be gone. */
  readonly lostWrites: number;
  /** Writes acknowledged since the run began. */
  readonly acknowledged: number;
  readonly error?: ErrorRecord;
}

/** The end of a run. */
export interface End {
  readonly recoveries: number;
  /** Writes that turned out to be gone when everything was asked for at the end. */
  readonly lostAtEnd: number;
}

/** One poison, given to an otherwise idle service: what its caller gets, and what the next caller gets. */
export interface Sample {
  readonly poison: string;
  readonly error: Outcome;
  readonly next: Outcome;
}
