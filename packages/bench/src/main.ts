import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform, tmpdir } from 'node:os';
import path from 'node:path';
import { type CallResult, compareCalls, shortcomings } from './compare.ts';
import { measureCalls } from './measure-calls.ts';
import { type LoadResult, measureLoad } from './measure-load.ts';
import { measureRecovery, type RecoveryResult } from './measure-recovery.ts';
import { measureRollback, type RollbackResult } from './measure-rollback.ts';
import { measureSizes, type Size } from './measure-size.ts';
import { measureTransform, type TransformResult } from './measure-transform.ts';
import { type Effort, type Options, parseOptions, type Section } from './options.ts';
import { prepare } from './prepare.ts';
import {
  callTable,
  loadTable,
  noise,
  plainTable,
  recoveryRatios,
  recoveryTable,
  sizeTable,
  transformLine,
  untouchedTable,
  upstreamTable,
} from './report.ts';
import { describeRollback } from './report-rollback.ts';
import { ROW_NAMES } from './rows.ts';
import { measureWorkers } from './workers/measure.ts';
import { describeWorkers } from './workers/report.ts';

interface Results {
  readonly machine: Machine;
  readonly calls: readonly CallResult[];
  /** See {@link noise}. */
  readonly noisePercent: number;
  readonly shortcomings: readonly string[];
  readonly recovery: readonly RecoveryResult[];
  readonly load: readonly LoadResult[];
  readonly transform: TransformResult;
  readonly sizes: readonly Size[];
  readonly rollback: RollbackResult;
}

interface Machine {
  readonly node: string;
  readonly v8: string;
  readonly processor: string;
  readonly cores: number;
  /** Processes that wanted a core, on average, in the minute before the start and in the one before the end. */
  readonly load: readonly [number, number];
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (typeof options === 'string') {
    console.error(options);
    return 2;
  }
  if (options.only !== undefined) {
    const { results, text } = await SECTIONS[options.only](options);
    console.log(options.json ? JSON.stringify(results, null, 2) : `${machineLine(results.machine)}\n\n${text}`);
    return 0;
  }
  const results = await measureAll(options);
  console.log(options.json ? JSON.stringify(results, null, 2) : describe(results, options));
  return 0;
}

const SECTIONS: Record<Section, (options: Options) => Promise<{ readonly results: { readonly machine: Machine }; readonly text: string }>> =
  {
    async rollback(options) {
      const [machine, rollback] = await measureAlone(options, 'rollback', measureRollback);
      return { results: { machine, rollback }, text: describeRollback(rollback) };
    },
    async workers(options) {
      const [machine, workers] = await measureAlone(options, 'workers', measureWorkers);
      return { results: { machine, workers }, text: describeWorkers(workers) };
    },
  };

async function measureAlone<R>(
  { node, effort }: Options,
  what: Section,
  measure: (scratch: string, node: string, effort: Effort, tell: (done: number) => void) => Promise<R>,
): Promise<[Machine, R]> {
  const loadBefore = loadavg()[0] ?? 0;
  const scratch = mkdtempSync(path.join(tmpdir(), 'wasm-revive-bench-'));
  try {
    const result = await measure(scratch, node, effort, progress(what));
    return [describeMachine(node, [loadBefore, loadavg()[0] ?? 0]), result];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function measureAll({ node, effort }: Options): Promise<Results> {
  const loadBefore = loadavg()[0] ?? 0;
  const { packages, scratch, remove } = prepare();
  try {
    const samples = await measureCalls(packages, node, effort, progress('calls'));
    const recovery = await measureRecovery(packages, node, effort, progress('recovery'));
    const load = await measureLoad(packages, node, effort, progress('load'));
    const transform = await measureTransform(scratch, node, effort);
    const rollback = await measureRollback(scratch, node, effort, progress('rollback'));
    const calls = compareCalls(samples);
    return {
      machine: describeMachine(node, [loadBefore, loadavg()[0] ?? 0]),
      calls,
      noisePercent: noise(calls),
      shortcomings: shortcomings(calls),
      recovery,
      load,
      transform,
      sizes: measureSizes(packages),
      rollback,
    };
  } finally {
    remove();
  }
}

function describe(results: Results, { effort }: Options): string {
  const { machine, calls, noisePercent, shortcomings, recovery, load, transform, sizes, rollback } = results;
  const [recovered] = recovery;
  return [
    machineLine(machine),
    `${effort.launches} launches × ${effort.rounds} rounds of ${effort.roundMs} ms, the variants in turn; medians over all rounds.`,
    callTable(calls),
    `Medians of the ratios and differences of each round. Noise: plain glue came out within ${noisePercent.toFixed(1)} % of itself.`,
    plainTable(calls),
    upstreamTable(calls),
    untouchedTable(calls),
    shortcomings.length === 0
      ? "wasm-revive is within 3 ns of plain glue on an empty export, within 10 % elsewhere, nowhere slower than upstream's guards, with its crates within 2 % of itself without, through a sibling within 10 ns, and after 1,000 recoveries within 2 ns."
      : `Where wasm-revive is further than 3 ns (empty export) or 10 % (elsewhere) from plain glue, slower than upstream's guards, with its crates more than 2 % slower than without, through a sibling more than 10 ns slower, or after 1,000 recoveries more than 2 ns:\n${shortcomings.map((line) => `  ${line}`).join('\n')}`,
    `The first call after an abort, ${recovered?.recoveries ?? 0} recoveries each`,
    recoveryTable(recovery),
    recoveryRatios(recovery),
    "Under panic=abort upstream notices no abort: there the program resets, when it catches the trap, within the failing call's time. wasm-revive recovers in a microtask, or in the next call if that comes sooner.",
    `A string round trip, again and again, while a share of the calls aborts; medians of ${effort.loadRounds} processes of ${effort.loadMs} ms. Memory: ${effort.filledAborts} aborts in a row, and ${effort.idleSiblings} siblings.`,
    loadTable(load),
    transformLine(transform),
    sizeTable(sizes),
    describeRollback(rollback),
  ].join('\n\n');
}

function machineLine({ node, v8, processor, cores, load }: Machine): string {
  return `Node.js ${node} (V8 ${v8}) on ${processor}, ${cores} cores, load ${load.map((value) => value.toFixed(1)).join(' to ')}`;
}

function describeMachine(node: string, load: readonly [number, number]): Machine {
  const versions = execFileSync(node, ['-p', 'JSON.stringify(process.versions)'], { encoding: 'utf8' });
  const { node: version, v8 } = JSON.parse(versions) as { node: string; v8: string };
  const processor = cpus()[0]?.model ?? `${platform()} ${arch()}`;
  return { node: version, v8, processor, cores: availableParallelism(), load };
}

/** Shows how far it is, on a terminal; elsewhere says that it begins. */
function progress(what: string): (done: number) => void {
  const { stderr } = process;
  if (!stderr.isTTY) {
    stderr.write(`measuring ${what}${what === 'calls' ? ` (${ROW_NAMES.length} kinds)` : ''}\n`);
    return () => {};
  }
  return (done) => stderr.write(done < 1 ? `\r\x1b[2Kmeasuring ${what}: ${Math.round(done * 100)} %` : '\r\x1b[2K');
}

process.exitCode = await main();
