import { type Instance, inMicrotask, ReviveError } from '@wasm-revive/kernel';
import type { Clock } from '../clock.js';

/** How long calls in flight may take by default on an instance that is replaced, in milliseconds: as long as Kubernetes gives a pod to end. */
export const DRAIN_MS = 30_000;

/** After so many milliseconds a timer that was to come at once won't come: those of a Worker's requests go with them. */
const TIMER_IS_GONE = 100;

/** Whether an instance owes no promise, and no frame of it is on the stack. */
function isIdle({ callsInFlight, scope }: Instance): boolean {
  return callsInFlight === 0 && scope.isQuiescent();
}

/** Calls as soon as an instance is idle, or was lost. Not at once: in a microtask at the earliest. */
export function whenIdle(instance: Instance, run: () => void): void {
  // Note: by callbacks. A promise that one request of a Worker awaits, and another one settles, may never come back.
  instance.promises.whenEmpty(() =>
    inMicrotask(() => {
      if (isIdle(instance)) run();
      else if (instance.callsInFlight > 0) whenIdle(instance, run);
      // A host that runs microtasks below frames of Rust.
      else inNextTurn(() => whenIdle(instance, run));
    }),
  );
}

/**
 * An instance that is on its way out. New calls don't go to it any more; the calls in flight, and what they have given to the event loop, still
 * enter it. It ends when all of them have settled, or when their time is over.
 */
export class Drain {
  readonly instance: Instance;
  /** Resolves when the instance has ended. */
  readonly done: Promise<void>;
  readonly #reason: string;
  readonly #ended: (callsLost: number) => void;
  #resolve = (): void => {};
  readonly #clock: Clock;
  /** Stops the timer that ends it. */
  #stop: (() => void) | undefined;
  /** When its calls have to have settled, by the clock. */
  #due = Number.POSITIVE_INFINITY;
  /** Since when it waits for nothing but the next turn of the event loop. */
  #idleSince = Number.POSITIVE_INFINITY;
  /** How long its calls had when the time was set, in milliseconds. */
  #had = 0;
  /** Whether the program awaits it. */
  #isAwaited = false;
  #isOver = false;

  /**
   * @param reason why it goes, as a sentence
   * @param ended called when it has ended, with how many calls in flight that has cost
   */
  constructor(instance: Instance, reason: string, clock: Clock, ended: (callsLost: number) => void) {
    this.instance = instance;
    this.#reason = reason;
    this.#clock = clock;
    this.#ended = ended;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /**
   * Calls in flight have this long from now, in milliseconds, if they don't have less already.
   * @param isAwaited whether the program awaits the end, so that in Node.js the timer keeps the process
   */
  limit(ms: number, isAwaited: boolean): void {
    const now = this.#clock.now();
    if (now + ms < this.#due) {
      this.#due = now + ms;
      this.#had = Math.ceil(ms);
    } else if (this.#isAwaited || !isAwaited) return;
    this.#isAwaited ||= isAwaited;
    if (this.#due === Number.POSITIVE_INFINITY) return;
    this.#stop?.();
    const end = (): void => this.end(`${this.#reason} This call had ${this.#had} ms to finish.`);
    if (this.#due <= now) inMicrotask(end);
    else this.#stop = this.#clock.later(end, this.#due - now, this.#isAwaited);
  }

  /** The instance serves nobody any more, and no frame of it is on the stack. */
  begin(): void {
    if (isIdle(this.instance) && !this.instance.promises.haveBeen) this.end();
    else this.#wait();
  }

  /**
   * What comes right after a call in flight has settled may still use its handles, and may begin another call by one of them. That may have
   * been just before the instance was replaced.
   */
  #wait(): void {
    whenIdle(this.instance, () => {
      this.#idleSince = this.#clock.now();
      inNextTurn(() => {
        if (this.#isOver) return;
        if (isIdle(this.instance)) this.end();
        else this.#wait();
      });
    });
  }

  /** Ends the instance where it has settled everything, and either another one is to go as well, or the timer that was to do that is gone. */
  look(isCrowded: boolean): void {
    if (isIdle(this.instance) && (isCrowded || this.#clock.now() - this.#idleSince >= TIMER_IS_GONE)) this.end();
  }

  /** Ends the instance, unless it has ended by itself: a failure costs only what is in flight on it. No frame of it may be on the stack. */
  end(reason: string = this.#reason): void {
    const { instance } = this;
    const { callsInFlight } = instance;
    instance.retire(new ReviveError('REVIVE_INSTANCE_LOST', reason));
    this.over(callsInFlight);
  }

  /** The instance has ended. @param callsLost not given where it was not on its way out yet */
  over(callsLost?: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stop?.();
    if (callsLost !== undefined) this.#ended(callsLost);
    this.#resolve();
  }
}

/** In another turn of the event loop. Keeps a Node.js process for that long, for somebody may await what comes of it. */
function inNextTurn(run: () => void): void {
  try {
    setTimeout(run, 0);
  } catch {
    // Workers have no timers outside of requests.
    inMicrotask(run);
  }
}
