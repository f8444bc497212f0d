/** What `--recovery rollback` costs: turns on published crates with it and without, the end of a turn, an abort, memory, size and time to transform. */
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inspectWasm } from '@wasm-revive/bindgen';
import { transform } from 'wasm-revive/transform';
import { stripped } from './measure-size.ts';
import type { Effort } from './options.ts';
import { artifactDir } from './prepare.ts';
import type { AbortAnswer, EndAnswer, RollbackRequest, TurnsAnswer } from './rollback-worker.ts';
import { median, quantile } from './statistics.ts';
import { startWorker } from './worker-process.ts';
import { HEAPS, WORKLOAD_NAMES, WORKLOADS, type Workload } from './workloads.ts';

/** How many granules a turn writes to, where its end is measured. */
export const GRANULES = 20;

const GLUE = 'wasm_revive_undo_workloads.js';
const PAGE_KIB = 64;

/** All of it. */
export interface RollbackResult {
  readonly turns: readonly TurnsResult[];
  /** Geometric mean of their ratios. */
  readonly mean: number;
  readonly worst: number;
  readonly ends: readonly EndResult[];
  readonly aborts: readonly AbortResult[];
  /** KiB that the memory begins with, without and with the log. */
  readonly memoryKib: readonly [plain: number, rollback: number];
  /** Bytes of the module without names and other custom sections. */
  readonly bytes: readonly [plain: number, rollback: number];
  readonly transform: { readonly mebibytes: number; readonly ms: number };
}

/** A workload's turns. */
export interface TurnsResult {
  readonly workload: Workload;
  readonly rounds: number;
  /** Microseconds a turn without rollback: the fastest fifth ends there, as others run on the machine. */
  readonly us: number;
  /** With rollback, against without: the median of the rounds' ratios. */
  readonly ratio: number;
}

/** The end of a turn, in microseconds. */
export interface EndResult {
  readonly mebibytes: number;
  readonly commit: number;
  readonly rollBack: number;
}

/** A call that aborts, and the next one, in microseconds. */
export interface AbortResult {
  readonly title: string;
  readonly aborts: number;
  readonly failing: readonly [p50: number, p99: number];
  readonly next: readonly [p50: number, p99: number];
}

/** @param scratch a folder to write to. @param tell hears how far it is, from 0 to 1 */
export async function measureRollback(
  scratch: string,
  node: string,
  effort: Effort,
  tell: (done: number) => void,
): Promise<RollbackResult> {
  const dir = artifactDir('undo-workloads', 'abort', 'nodejs');
  const to = (name: string): string => path.join(scratch, 'workloads', name);
  for (const [from, name] of [
    [dir, 'plain'],
    [artifactDir('undo-workloads', 'abort', 'nodejs-reset'), 'reset'],
  ] as const) {
    cpSync(from, to(name), { recursive: true });
  }
  const times = Array.from({ length: effort.transforms > 2 ? 3 : 1 }, () => {
    const began = performance.now();
    transform({ dir, outDir: to('rollback'), recovery: 'rollback' });
    return performance.now() - began;
  });
  const [plain, rollback, reset] = ['plain', 'rollback', 'reset'].map((name) => path.join(to(name), GLUE)) as [string, string, string];
  const ask = async <Answer>(request: RollbackRequest): Promise<Answer> => {
    // Each in a process of its own: what V8 has learnt of one workload is of no use to another.
    const worker = startWorker<RollbackRequest>('rollback-worker.js', node);
    try {
      return await worker.ask<Answer>(request);
    } finally {
      worker.end();
    }
  };
  const turns: TurnsResult[] = [];
  for (const workload of WORKLOAD_NAMES) {
    tell(turns.length / WORKLOAD_NAMES.length);
    const answers: TurnsAnswer[] = [];
    for (let launch = 0; launch < effort.rollbackLaunches; launch++) {
      const { rollbackMs: ms, rollbackWarmUpMs: warmUpMs } = effort;
      answers.push(await ask({ do: 'turns', plain, rollback, workload, size: WORKLOADS[workload], warmUpMs, ms }));
    }
    turns.push(turnsOf(workload, answers));
  }
  const wasm = rollback.replace('.js', '_bg.wasm');
  const ends: EndResult[] = [];
  for (const mebibytes of HEAPS) {
    const { commit, rollBack } = await ask<EndAnswer>({ do: 'end', wasm, granules: GRANULES, mebibytes, turns: effort.rollbackEnds });
    ends.push({ mebibytes, commit: median(commit), rollBack: median(rollBack) });
  }
  const aborts: AbortResult[] = [];
  for (const [title, file] of [
    ['rollback', rollback],
    ["upstream's reset", reset],
  ] as const) {
    const count = effort.rollbackAborts;
    const { failing, next } = await ask<AbortAnswer>({ do: 'abort', file, granules: GRANULES, aborts: count });
    const both = (values: readonly number[]): [number, number] => [quantile(values, 0.5), quantile(values, 0.99)];
    aborts.push({ title, aborts: count, failing: both(failing), next: both(next) });
  }
  tell(1);
  const ratios = turns.map(({ ratio }) => ratio);
  const files = [plain, rollback].map((file) => readFileSync(file.replace('.js', '_bg.wasm')));
  const pages = files.map((bytes) => Number(inspectWasm(bytes).memories[0]?.initial) * PAGE_KIB);
  return {
    turns,
    mean: Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length),
    worst: Math.max(...ratios),
    ends,
    aborts,
    memoryKib: [pages[0] ?? 0, pages[1] ?? 0],
    bytes: [stripped(plain).length, stripped(rollback).length],
    transform: { mebibytes: (files[0]?.length ?? 0) / 2 ** 20, ms: Math.min(...times) },
  };
}

function turnsOf(workload: Workload, answers: readonly TurnsAnswer[]): TurnsResult {
  const ratios = answers.flatMap(({ plain, rollback }) => plain.map((us, nth) => (rollback[nth] ?? Number.NaN) / us));
  const plain = answers.flatMap((given) => given.plain);
  return { workload, rounds: ratios.length, us: quantile(plain, 0.2), ratio: median(ratios) };
}
