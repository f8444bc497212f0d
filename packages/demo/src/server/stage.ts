import type { PanicMode, WorkerKind } from '@wasm-revive/worker-fixture';
import type { Order, Settings } from '../protocol.ts';
import { PLACES, type Place, type PoisonKind, RequestMaker, type WorkerRequest } from '../workers/requests.ts';
import { kindsToShow, WorkerFiles } from '../workers/running-worker.ts';
import { Actor } from './actor.ts';
import { Story } from './story.ts';

/** How often requests that are due are sent, in milliseconds. */
const BEAT_MS = 50;

/** How often all objects are asked what they have counted. */
const STATE_MS = 500;

/** Options of a {@link Stage}. */
export interface StageOptions {
  readonly panic: PanicMode;
  readonly seed: number;
  readonly settings: Settings;
}

/** One Worker of each kind, all of which get the same requests. */
export class Stage {
  readonly story = new Story();
  readonly #panic: PanicMode;
  readonly #files = new WorkerFiles();
  readonly #maker: RequestMaker;
  readonly #timers: NodeJS.Timeout[] = [];
  #settings: Settings;
  #actors: readonly Actor[] = [];
  #requests = 0;
  /** Requests that are due; less than one of them is left over each time. */
  #due = 0;
  /** What is being started or ended, one after the other. */
  #changing: Promise<void> = Promise.resolve();

  constructor({ panic, seed, settings }: StageOptions) {
    this.#panic = panic;
    this.#settings = settings;
    this.#maker = new RequestMaker(seed);
  }

  /** Starts the Workers, and the traffic. */
  async start(): Promise<void> {
    await this.#restart();
    this.#timers.push(setInterval(() => this.#beat(), BEAT_MS));
    this.#timers.push(setInterval(() => this.#tellState(), STATE_MS));
  }

  /** The kinds of Workers that are there. */
  get kinds(): readonly WorkerKind[] {
    return kindsToShow(this.#panic);
  }

  async order(order: Order): Promise<void> {
    switch (order.do) {
      case 'poison':
        return this.poison(order.kind, order.place);
      case 'set':
        this.#settings = { ...this.#settings, ...order.settings };
        return this.#tellSettings();
      case 'restart':
        return this.#restart();
    }
  }

  /** Sends poison to every Worker. @param place any object, where it isn't said */
  poison(kind: PoisonKind, place?: Place): void {
    this.#send(this.#maker.poison(kind, place));
  }

  /** Ends everything. */
  async end(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#changing;
    await this.#endActors();
    this.#files.remove();
  }

  #restart(): Promise<void> {
    this.#changing = this.#changing.then(async () => {
      await this.#endActors();
      const actors = this.kinds.map((kind) => new Actor(kind, this.story));
      this.story.tell({ tell: 'started', at: Date.now(), panic: this.#panic, kinds: this.kinds });
      this.#tellSettings();
      await Promise.all(actors.map((actor) => actor.start(this.#files.folder(actor.kind, this.#panic))));
      this.#actors = actors;
      // Each object is there from the beginning, in every Worker.
      for (const place of PLACES) this.#send({ place, waitMs: 0 });
      this.#tellState();
    });
    return this.#changing;
  }

  async #endActors(): Promise<void> {
    const actors = this.#actors;
    this.#actors = [];
    await Promise.all(actors.map((actor) => actor.end()));
  }

  #beat(): void {
    const { paused, perSecond, poisonPercent } = this.#settings;
    if (paused || this.#actors.length === 0) return;
    this.#due += (perSecond * BEAT_MS) / 1000;
    for (; this.#due >= 1; this.#due--) this.#send(this.#maker.next(poisonPercent / 100));
  }

  #send(request: WorkerRequest): void {
    const number = this.#requests++;
    const { place, poison } = request;
    this.story.tell({ tell: 'sent', at: Date.now(), request: number, place, ...(poison !== undefined && { poison }) });
    for (const actor of this.#actors) actor.send(number, request);
  }

  #tellState(): void {
    if (this.#actors.length === 0) return;
    for (const actor of this.#actors) actor.count();
    this.story.tell({ tell: 'state', at: Date.now(), workers: this.#actors.map((actor) => actor.state()) });
  }

  #tellSettings(): void {
    this.story.tell({ tell: 'settings', at: Date.now(), settings: this.#settings });
  }
}
