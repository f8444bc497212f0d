import { OBJECTS, type Place, pathOf, type WorkerRequest } from './requests.ts';

/**
 * What became of a request.
 * `served`: a good one, answered. `failed`: poison that failed, as it must. `collateral`: a good one that failed. `withInstance`: a good one that
 * failed, in flight on an instance that failed meanwhile: its object's, or the Worker's own, through which it came. `masked`: poison that was answered as if nothing had happened. `hung`: no answer at all.
 */
export type WorkerVerdict = 'served' | 'failed' | 'collateral' | 'withInstance' | 'masked' | 'hung';

/** The end of a request. */
export interface WorkerAnswer {
  readonly verdict: WorkerVerdict;
  readonly ms: number;
  /** Its status, and the beginning of what it said. */
  readonly text: string;
}

/** One of the objects that count. */
export interface Counter {
  /** How often it has said that it counted. */
  readonly acknowledged: number;
  /** What it says now, in memory; undefined where it gives no answer. */
  readonly memory: number | undefined;
}

/** Asks one Worker, and keeps the books: what its objects have acknowledged is what they should say. */
export class WorkerClient {
  readonly #url: URL;
  readonly #patienceMs: number;
  readonly #acknowledged = new Array<number>(OBJECTS).fill(0);
  /** When each place failed last; infinite while it may. */
  readonly #failedAt = new Map<Place, number>();

  /** @param patienceMs how long a request may be without an answer before it counts as hung */
  constructor(url: URL, patienceMs: number) {
    this.#url = url;
    this.#patienceMs = patienceMs;
  }

  /** Sends a request, and judges its answer. */
  async send(request: WorkerRequest): Promise<WorkerAnswer> {
    const { place, poison } = request;
    const began = performance.now();
    // Those in flight that it costs may hear of it first.
    if (poison !== undefined) this.#failedAt.set(place, Number.POSITIVE_INFINITY);
    // What counts is no request that may be run twice.
    const response = await this.#ask(pathOf(request), place === 'worker' ? 'GET' : 'POST');
    const now = performance.now();
    if (poison !== undefined) this.#failedAt.set(place, now);
    const text = response === undefined ? `no answer in ${this.#patienceMs / 1000} s` : `${response.status} ${response.text}`.trim();
    return { verdict: this.#judge(request, began, response?.status), ms: now - began, text: text.slice(0, 300) };
  }

  #judge({ place, poison }: WorkerRequest, began: number, status: number | undefined): WorkerVerdict {
    if (status === undefined) return 'hung';
    if (poison !== undefined) return status === 200 ? 'masked' : 'failed';
    if (status !== 200) {
      const itsInstances: readonly Place[] = [place, 'worker'];
      return itsInstances.some((one) => (this.#failedAt.get(one) ?? 0) >= began) ? 'withInstance' : 'collateral';
    }
    if (place !== 'worker') this.#acknowledged[place] = (this.#acknowledged[place] ?? 0) + 1;
    return 'served';
  }

  /** Asks all objects what they have counted. */
  counters(): Promise<Counter[]> {
    return Promise.all(
      Array.from({ length: OBJECTS }, async (_, object) => {
        // Before it is asked: what is acknowledged meanwhile may come after the answer.
        const acknowledged = this.#acknowledged[object] ?? 0;
        const response = await this.#ask(`/kept/${object}/`, 'GET');
        return { acknowledged, memory: response?.status === 200 ? (JSON.parse(response.text) as { count: number }).count : undefined };
      }),
    );
  }

  async #ask(path: string, method: string): Promise<{ status: number; text: string } | undefined> {
    try {
      const response = await fetch(new URL(path, this.#url), { method, signal: AbortSignal.timeout(this.#patienceMs) });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      if ((error as Error).name === 'TimeoutError') return undefined;
      return { status: 0, text: `no connection: ${(error as Error).message}` };
    }
  }
}

/** Acknowledged writes that are gone from memory. */
export function lostWrites(counters: readonly Counter[]): number {
  return counters.reduce((sum, { acknowledged, memory = 0 }) => sum + Math.max(0, acknowledged - memory), 0);
}
