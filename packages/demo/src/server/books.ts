import type { Totals } from '../protocol.ts';
import { percentile } from '../table/tally.ts';
import type { WorkerAnswer, WorkerVerdict } from '../workers/worker-client.ts';

/** Latencies are those of so many requests, the last that were served. */
const LATENCIES = 500;

/** Counts what became of one Worker's requests. */
export class Books {
  readonly #counts: Record<WorkerVerdict, number> = { served: 0, failed: 0, collateral: 0, withInstance: 0, masked: 0, hung: 0 };
  readonly #latencies: number[] = [];
  recoveries = 0;

  add({ verdict, ms }: WorkerAnswer): void {
    this.#counts[verdict]++;
    if (verdict !== 'served') return;
    this.#latencies.push(ms);
    if (this.#latencies.length > LATENCIES) this.#latencies.shift();
  }

  totals(): Totals {
    return {
      ...this.#counts,
      recoveries: this.recoveries,
      p50: percentile(this.#latencies, 50) ?? null,
      p99: percentile(this.#latencies, 99) ?? null,
    };
  }
}
