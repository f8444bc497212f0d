import type { WorkerKind } from '@wasm-revive/worker-fixture';
import type { WorkerState } from '../protocol.ts';
import { PLACES, type Place, type WorkerRequest } from '../workers/requests.ts';
import { isOurs, type RunningWorker, startWorker } from '../workers/running-worker.ts';
import { type Counter, WorkerClient } from '../workers/worker-client.ts';
import { Books } from './books.ts';
import type { Story } from './story.ts';

/** A request without an answer for so long hangs. */
const PATIENCE_MS = 3_000;

/** One Worker on the stage. It tells what happens to it. */
export class Actor {
  readonly kind: WorkerKind;
  readonly #story: Story;
  readonly #books = new Books();
  #worker: RunningWorker | undefined;
  #client: WorkerClient | undefined;
  #counters: readonly Counter[] = [];
  #isCounting = false;
  #instances = 0;
  #ended = false;

  constructor(kind: WorkerKind, story: Story) {
    this.kind = kind;
    this.#story = story;
  }

  async start(dir: string): Promise<void> {
    const { kind } = this;
    this.#worker = await startWorker(dir, {
      instance: () => {
        // Of ours there are some in reserve. Which one serves, its reports say.
        if (isOurs(kind) || this.#ended) return;
        if (++this.#instances > 1) this.#books.recoveries++;
        this.#story.tell({ tell: 'instance', at: Date.now(), kind, generation: this.#instances });
      },
      failure: (place, { errorId, message, report }) => {
        if (this.#ended) return;
        const at = Date.now();
        this.#story.tell({ tell: 'failure', at, kind, place, failure: { id: errorId, message, report } });
        if (report.recovery === 'keep') return;
        this.#books.recoveries++;
        if (report.recovery !== 'rollback') this.#tellInstance(place, at, report.generation + 1);
      },
    });
    this.#client = new WorkerClient(this.#worker.url, PATIENCE_MS);
    if (isOurs(kind)) for (const place of PLACES) this.#tellInstance(place, Date.now(), 1);
  }

  #tellInstance(place: Place, at: number, generation: number): void {
    this.#story.tell({ tell: 'instance', at, kind: this.kind, place, generation });
  }

  /** Sends a request, and tells what comes of it. */
  send(request: number, what: WorkerRequest): void {
    void this.#client?.send(what).then((answer) => {
      if (this.#ended) return;
      this.#books.add(answer);
      const { verdict, ms, text } = answer;
      const said = verdict === 'served' ? {} : { text };
      this.#story.tell({ tell: 'settled', at: Date.now(), request, kind: this.kind, verdict, ms, ...said });
    });
  }

  /** Asks the objects what they have counted, unless they are being asked. */
  count(): void {
    if (this.#isCounting) return;
    this.#isCounting = true;
    void this.#client?.counters().then((counters) => {
      this.#counters = counters;
      this.#isCounting = false;
    });
  }

  state(): WorkerState {
    return { kind: this.kind, totals: this.#books.totals(), counters: this.#counters };
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#worker?.end();
  }
}
