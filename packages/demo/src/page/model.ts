import type { PanicMode, WorkerKind } from '@wasm-revive/worker-fixture';
import type { Failure, Settings, StageEvent, WorkerState } from '../protocol.ts';
import type { Place, PoisonKind } from '../workers/requests.ts';
import type { WorkerVerdict } from '../workers/worker-client.ts';

/** For how long the page remembers requests, in milliseconds. */
const KEPT_MS = 60_000;

/** How many failures it lists. */
const FAILURES = 50;

/** An instance, for as long as it serves. */
export interface Bar {
  /** Where it serves; undefined: everywhere. */
  readonly place: Place | undefined;
  readonly generation: number;
  readonly from: number;
  to: number | undefined;
}

/** The end of a request in one Worker. */
export interface End {
  readonly at: number;
  readonly verdict: WorkerVerdict;
  readonly text: string;
}

/** A request, as all Workers got it. */
export interface Trace {
  readonly request: number;
  readonly place: Place;
  readonly poison: PoisonKind | undefined;
  readonly sentAt: number;
  readonly ends: Map<WorkerKind, End>;
}

/** A failure that one of ours has reported. */
export interface ReportedFailure extends Failure {
  readonly kind: WorkerKind;
  readonly place: Place;
  readonly at: number;
}

/** Good requests that ended in a second. */
export interface Second {
  served: number;
  /** Failed, or hung. */
  letDown: number;
}

/** What the page knows. */
export class Model {
  panic: PanicMode | undefined;
  kinds: readonly WorkerKind[] = [];
  settings: Settings = { perSecond: 0, poisonPercent: 0, paused: false };
  /** In the order in which they were sent. */
  traces: Trace[] = [];
  failures: ReportedFailure[] = [];
  lastPoison: Trace | undefined;
  readonly #states = new Map<WorkerKind, WorkerState>();
  readonly #bars = new Map<WorkerKind, Bar[]>();
  readonly #seconds = new Map<WorkerKind, Map<number, Second>>();
  readonly #byRequest = new Map<number, Trace>();

  stateOf(kind: WorkerKind): WorkerState | undefined {
    return this.#states.get(kind);
  }

  barsOf(kind: WorkerKind): readonly Bar[] {
    return this.#bars.get(kind) ?? [];
  }

  /** What became of good requests that ended in a second since 1970. */
  secondOf(kind: WorkerKind, second: number): Second | undefined {
    return this.#seconds.get(kind)?.get(second);
  }

  clear(): void {
    this.kinds = [];
    this.traces = [];
    this.failures = [];
    this.lastPoison = undefined;
    for (const map of [this.#states, this.#bars, this.#seconds, this.#byRequest]) map.clear();
  }

  hear(event: StageEvent): void {
    switch (event.tell) {
      case 'started':
        this.clear();
        this.panic = event.panic;
        this.kinds = event.kinds;
        break;
      case 'settings':
        this.settings = event.settings;
        break;
      case 'sent': {
        const { request, place, poison, at } = event;
        const trace: Trace = { request, place, poison, sentAt: at, ends: new Map() };
        this.traces.push(trace);
        this.#byRequest.set(request, trace);
        if (poison !== undefined) this.lastPoison = trace;
        break;
      }
      case 'settled':
        this.#settle(event);
        break;
      case 'instance': {
        const { kind, place, generation, at } = event;
        const bars = this.#bars.get(kind) ?? [];
        const before = bars.findLast((bar) => bar.place === place);
        if (before !== undefined) before.to ??= at;
        bars.push({ place, generation, from: at, to: undefined });
        this.#bars.set(kind, bars);
        break;
      }
      case 'failure': {
        const { kind, place, at, failure } = event;
        this.failures = [...this.failures, { ...failure, kind, place, at }].slice(-FAILURES);
        break;
      }
      case 'state':
        for (const state of event.workers) this.#states.set(state.kind, state);
        this.#forget(event.at - KEPT_MS);
        break;
    }
  }

  #settle({ request, kind, verdict, at, text = '' }: Extract<StageEvent, { tell: 'settled' }>): void {
    this.#byRequest.get(request)?.ends.set(kind, { at, verdict, text });
    if (verdict === 'failed' || verdict === 'masked') return;
    const isPoison = this.#byRequest.get(request)?.poison !== undefined;
    if (isPoison) return;
    const seconds = this.#seconds.get(kind) ?? new Map<number, Second>();
    const number = Math.floor(at / 1000);
    const second = seconds.get(number) ?? { served: 0, letDown: 0 };
    if (verdict === 'served') second.served++;
    else second.letDown++;
    seconds.set(number, second);
    this.#seconds.set(kind, seconds);
  }

  #forget(before: number): void {
    const kept = this.traces.findIndex(({ sentAt }) => sentAt >= before);
    for (const { request } of this.traces.splice(0, kept === -1 ? this.traces.length : kept)) this.#byRequest.delete(request);
    for (const seconds of this.#seconds.values()) {
      for (const number of seconds.keys()) if (number < before / 1000) seconds.delete(number);
    }
    for (const [kind, bars] of this.#bars)
      this.#bars.set(
        kind,
        bars.filter(({ to }) => to === undefined || to >= before),
      );
  }
}
