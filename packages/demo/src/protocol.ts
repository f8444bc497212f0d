/** What the page and its server say to each other. Times are milliseconds since 1970. */
import type { CrashReport } from '@wasm-revive/kernel';
import type { PanicMode, WorkerKind } from '@wasm-revive/worker-fixture';
import type { Place, PoisonKind } from './workers/requests.ts';
import type { Counter, WorkerVerdict } from './workers/worker-client.ts';

/** What the person at the page sets. */
export interface Settings {
  /** Requests that each Worker gets in a second, from 0 to {@link MOST_PER_SECOND}. */
  readonly perSecond: number;
  /** How many of a hundred are poison, from 0 to {@link MOST_POISON_PERCENT}. */
  readonly poisonPercent: number;
  /** Whether nothing is sent but what is asked for by a button. */
  readonly paused: boolean;
}

export const MOST_PER_SECOND = 40;
export const MOST_POISON_PERCENT = 20;

/** What a Worker has done since it was started. */
export interface Totals extends Readonly<Record<WorkerVerdict, number>> {
  /** Fresh instances, or turns undone. */
  readonly recoveries: number;
  /** Of good requests that were served lately, in milliseconds; null where there are none. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/** Something that has happened on the stage. */
export type StageEvent =
  /** Everything begins anew. */
  | { readonly tell: 'started'; readonly at: number; readonly panic: PanicMode; readonly kinds: readonly WorkerKind[] }
  | { readonly tell: 'settings'; readonly at: number; readonly settings: Settings }
  /** A request was sent to all Workers. */
  | { readonly tell: 'sent'; readonly at: number; readonly request: number; readonly place: Place; readonly poison?: PoisonKind }
  | {
      readonly tell: 'settled';
      readonly at: number;
      readonly request: number;
      readonly kind: WorkerKind;
      readonly verdict: WorkerVerdict;
      readonly ms: number;
      /** What the caller got, unless it was served. */
      readonly text?: string;
    }
  /** An instance serves from now on. @property place all, where it isn't said */
  | { readonly tell: 'instance'; readonly at: number; readonly kind: WorkerKind; readonly place?: Place; readonly generation: number }
  | { readonly tell: 'failure'; readonly at: number; readonly kind: WorkerKind; readonly place: Place; readonly failure: Failure }
  /** How it stands, now and then. */
  | { readonly tell: 'state'; readonly at: number; readonly workers: readonly WorkerState[] };

/** A failure that wasm-revive has reported. */
export interface Failure {
  readonly id: string;
  readonly message: string;
  readonly report: CrashReport;
}

/** How one Worker stands. */
export interface WorkerState {
  readonly kind: WorkerKind;
  readonly totals: Totals;
  readonly counters: readonly Counter[];
}

/** What the page asks for. */
export type Order =
  /** One request that fails, to every Worker. @property place any object, where it isn't said */
  | { readonly do: 'poison'; readonly kind: PoisonKind; readonly place?: Place }
  | { readonly do: 'set'; readonly settings: Partial<Settings> }
  /** Ends all Workers, and starts them anew. */
  | { readonly do: 'restart' };

/** What a Worker of a kind is called where there is little room. */
export const SHORT_TITLES: Readonly<Record<WorkerKind, string>> = {
  plain: 'Plain',
  upstream: 'Upstream',
  fresh: 'Fresh',
  rollback: 'Rollback',
};

/** What a Worker of a kind is called. */
export const TITLES: Readonly<Record<WorkerKind, string>> = {
  plain: 'Plain wasm-bindgen',
  upstream: 'Upstream’s shim',
  fresh: 'wasm-revive, fresh',
  rollback: 'wasm-revive, rollback',
};
