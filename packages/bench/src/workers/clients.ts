/** The process from which a Worker is asked: by many at once, and now and then for something that fails. */
import { randomOf } from '../../../../scripts/lib/random.mjs';
import { answer } from '../worker-process.ts';

/** What the clients do. */
export type ClientsRequest =
  | (Traffic & { readonly do: 'load' })
  /** One request after another, each second one after an abort. */
  | { readonly do: 'after aborts'; readonly url: string; readonly aborts: number };

export interface Traffic {
  readonly url: string;
  readonly connections: number;
  readonly objects: number;
  readonly ms: number;
  /** The share of requests that fail, from 0 to 1. */
  readonly poison: number;
  /** Ways to fail, as paths. */
  readonly kinds: readonly string[];
  readonly seed: number;
}

/** What became of it. */
export interface TrafficAnswer {
  /** Requests a second that went well. */
  readonly served: number;
  /** Milliseconds that those took. */
  readonly p50: number;
  readonly p99: number;
  readonly poisoned: number;
  /** Requests that were to go well and got an error, and did not enter an object that failed meanwhile. */
  readonly collateral: number;
  /** The same, of an object that failed meanwhile. */
  readonly ofObject: number;
  /** Requests without an answer in ten seconds. */
  readonly hung: number;
  /** Requests that were to fail and did not. */
  readonly unharmed: number;
  readonly written: number;
  /** Acknowledged writes that are in no object's memory afterwards: of objects that did not fail, and of those that did. */
  readonly lost: readonly [number, number];
  /** Writes that are there and were not acknowledged. */
  readonly unasked: number;
}

/** Milliseconds: of a request without a failure before it, and of the first one after an abort. */
export interface AfterAbortsAnswer {
  readonly without: number[];
  readonly after: number[];
}

const PATIENCE_MS = 10_000;

answer<ClientsRequest>((request) => (request.do === 'load' ? load(request) : afterAborts(request)));

async function load({ url, connections, objects, ms, poison, kinds, seed }: Traffic): Promise<TrafficAnswer> {
  const until = performance.now() + ms;
  const took: number[] = [];
  const found = { poisoned: 0, collateral: 0, ofObject: 0, hung: 0, unharmed: 0, written: 0 };
  const acknowledged = new Array<number>(objects).fill(0);
  /** When each object failed last; infinite while it may. */
  const failedAt = new Array<number>(objects).fill(Number.NEGATIVE_INFINITY);
  const client = async (random: () => number): Promise<void> => {
    while (performance.now() < until) {
      const object = random() < 0.6 ? Math.floor(random() * objects) : undefined;
      const waits = random() < 0.5 ? 'wait-1/' : '';
      const fails = random() < poison ? kinds[Math.floor(random() * kinds.length)] : undefined;
      const steps = `${waits}${fails ?? (object === undefined ? 'wait-0' : 'inc')}`;
      const began = performance.now();
      if (fails !== undefined) {
        found.poisoned++;
        // Those that it costs may hear of it first.
        if (object !== undefined) failedAt[object] = Number.POSITIVE_INFINITY;
      }
      const status = await ask(new URL(object === undefined ? `/task/${steps}` : `/kept/${object}/${steps}`, url));
      if (status === undefined) found.hung++;
      else if (fails !== undefined) {
        if (object !== undefined) failedAt[object] = performance.now();
        if (status === 200) found.unharmed++;
      } else if (status === 200) {
        took.push(performance.now() - began);
        if (object !== undefined) acknowledged[object] = (acknowledged[object] ?? 0) + 1;
      } else if (object !== undefined && (failedAt[object] ?? 0) >= began) found.ofObject++;
      else found.collateral++;
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => client(randomOf(seed + index))));
  const lost: [number, number] = [0, 0];
  let unasked = 0;
  for (const [object, count] of acknowledged.entries()) {
    const response = await fetch(new URL(`/kept/${object}/`, url));
    const there = ((await response.json()) as { count: number }).count;
    lost[(failedAt[object] ?? 0) > 0 ? 1 : 0] += Math.max(0, count - there);
    unasked += Math.max(0, there - count);
    found.written += count;
  }
  took.sort((a, b) => a - b);
  const at = (share: number): number => took[Math.floor((took.length - 1) * share)] ?? Number.NaN;
  return { served: (took.length * 1000) / ms, p50: at(0.5), p99: at(0.99), ...found, lost, unasked };
}

/** Its status; undefined where there is no answer. */
async function ask(url: URL): Promise<number | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? undefined : 0;
  }
}

async function afterAborts({ url, aborts }: { url: string; aborts: number }): Promise<AfterAbortsAnswer> {
  const found: AfterAbortsAnswer = { without: [], after: [] };
  const time = async (): Promise<number> => {
    const began = performance.now();
    await ask(new URL('/', url));
    return performance.now() - began;
  };
  for (let i = 0; i < aborts; i++) {
    await ask(new URL('/', url));
    found.without.push(await time());
    await ask(new URL('/abort', url));
    found.after.push(await time());
  }
  return found;
}
