/** `crates/undo-workloads`, whose turns are measured with rollback and without. */
import { createRequire } from 'node:module';

/** Each with the size of the turns that are measured: about a millisecond, and what a small request is. */
export const WORKLOADS = {
  btree: 100,
  database: 16,
  deflate: 32,
  document: 24,
  format: 100,
  growth: 16,
  image: 32,
  json: 48,
  lz4: 200,
  maps: 80,
  markdown: 16,
  matrix: 24,
  references: 64,
  regexes: 64,
  request: 1,
  sha: 100,
  sort: 200,
  sql: 16,
} as const;

/** Names of them. */
export type Workload = keyof typeof WORKLOADS;

/** In the order of the table. */
export const WORKLOAD_NAMES = Object.keys(WORKLOADS) as readonly Workload[];

/** How much memory the program holds where the end of a turn is measured, in MiB. */
export const HEAPS = [1, 16, 64, 512] as const;

/** The exports of the crate, as every variant has them. */
export type Workloads = Readonly<Record<Workload, (seed: number, size: number) => number>> & {
  hold(mebibytes: number): void;
  touch(kibibytes: number, value: number): void;
  touch_and_abort(kibibytes: number, value: number): void;
  /** In upstream's `-reset` outputs. */
  readonly __wbg_reset_state?: () => void;
};

/** Loads a variant into this process, with the JavaScript functions that its Rust code calls. */
export function loadWorkloads(file: string): Workloads {
  Object.assign(globalThis, { host: { make: (n: number) => ({ n }), number: ({ n }: { n: number }) => n } });
  return createRequire(import.meta.url)(file) as Workloads;
}
