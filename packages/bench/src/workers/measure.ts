import { readdirSync, readFileSync } from 'node:fs';
import { buildWorker, canBuild, type WorkerKind, workerOptions } from '@wasm-revive/worker-fixture';
import { Miniflare } from 'miniflare';
import type { Effort } from '../options.ts';
import { median } from '../statistics.ts';
import type { PanicMode } from '../variants.ts';
import { startWorker } from '../worker-process.ts';
import type { AfterAbortsAnswer, ClientsRequest, TrafficAnswer } from './clients.ts';

/** How one kind of Worker does under load, with and without requests that fail. */
export interface WorkerResult {
  readonly kind: WorkerKind;
  readonly panic: PanicMode;
  readonly peaceful: TrafficAnswer;
  readonly poisoned: TrafficAnswer;
  /** Resident memory of workerd in mebibytes: before the load that fails, at most, after it. Not a number where the system doesn't tell. */
  readonly rssMib: readonly [number, number, number];
  /** Medians in milliseconds: a request, and the first one after an abort. */
  readonly request: number;
  readonly firstAfterAbort: number;
}

/** How much of what. */
export const CONNECTIONS = 64;
export const OBJECTS = 32;
export const POISON = 0.01;

const KINDS = ['abort', 'memory', 'stack', 'panic'];
const SEED = 20_260_426;

/** Upstream's are there where its shim is. @param tell hears how far it is, from 0 to 1 */
export async function measureWorkers(scratch: string, node: string, effort: Effort, tell: (done: number) => void): Promise<WorkerResult[]> {
  const kinds = ['upstream', 'fresh', 'rollback'] as const;
  const all = (['abort', 'unwind'] as const).flatMap((panic) =>
    kinds.filter((kind) => kind !== 'upstream' || (effort.workersUpstream && canBuild(kind, panic))).map((kind) => ({ kind, panic })),
  );
  const results: WorkerResult[] = [];
  for (const { kind, panic } of all) {
    tell(results.length / all.length);
    results.push({ kind, panic, ...(await measure(buildWorker(scratch, kind, panic), node, effort)) });
  }
  tell(1);
  return results;
}

async function measure(dir: string, node: string, effort: Effort): Promise<Omit<WorkerResult, 'kind' | 'panic'>> {
  const before = childrenOf(process.pid);
  const miniflare = new Miniflare({
    ...workerOptions(dir),
    // One line for each failure; nobody reads them here.
    handleRuntimeStdio: (...streams) => {
      for (const stream of streams) stream.resume();
    },
  });
  const clients = startWorker<ClientsRequest>('workers/clients.js', node);
  try {
    const url = (await miniflare.ready).href;
    const workerd = childrenOf(process.pid).find((pid) => !before.includes(pid));
    const traffic = { do: 'load', url, connections: CONNECTIONS, objects: OBJECTS, kinds: KINDS, seed: SEED } as const;
    const peaceful = await clients.ask<TrafficAnswer>({ ...traffic, ms: effort.workersMs / 3, poison: 0 });
    const start = rssOf(workerd);
    let peak = start;
    const watching = setInterval(() => {
      peak = Math.max(peak, rssOf(workerd));
    }, 250);
    const poisoned = await clients.ask<TrafficAnswer>({ ...traffic, ms: effort.workersMs, poison: POISON });
    clearInterval(watching);
    const { without, after } = await clients.ask<AfterAbortsAnswer>({ do: 'after aborts', url, aborts: effort.workersAborts });
    return {
      peaceful,
      // Writes of the first load are still there.
      poisoned: { ...poisoned, unasked: poisoned.unasked - peaceful.written },
      rssMib: [start, peak, rssOf(workerd)],
      request: median(without),
      firstAfterAbort: median(after),
    };
  } finally {
    clients.end();
    await miniflare.dispose();
  }
}

/** Processes that a process has started. None where the system doesn't tell: Linux does. */
function childrenOf(pid: number): readonly number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    return tasks.flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

function rssOf(pid: number | undefined): number {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kib) / 1024;
  } catch {
    return Number.NaN;
  }
}
