import { type Failure, type Instance, inMicrotask, type Recovery, type ReviveError } from '@wasm-revive/kernel';
import type { Clock } from '../clock.js';
import type { Events } from '../events.js';
import { Breaker, type BreakerOptions } from './breaker.js';
import { RecoverySchedule } from './recovery-schedule.js';
import { crashLoopError } from './restarter.js';

/**
 * An instance that nobody has called and that was lost within this time, in milliseconds, has not started. Programs that timers and frames
 * drive are called by nobody.
 */
export const STARTED_AFTER = 10_000;

/** How often in a row the program may reset the module from within: from a listener, or while an instance starts. Each may cause the next. */
const MOST_RESETS_WITHIN = 5;

/** What the supervisor needs to know of the instance that serves, when it fails. */
export interface Ending {
  /** Whether its start function is running. */
  readonly isStarting: boolean;
  /** Whether a call that was counted (see `Supervisor.called`) has entered it, and fails with it. */
  readonly isCalled: boolean;
}

/** An event that says what has become of the supervision. */
export type News = { readonly [E in 'opened' | 'probing' | 'closed' | 'retired']: readonly [name: E, event: Events[E]] }[
  | 'opened'
  | 'probing'
  | 'closed'
  | 'retired'];

/** What is said of instances that fail too often. */
export interface Said {
  what(): string;
  /** What to do where nothing is tried any more. */
  readonly advice: string;
  /** Tells the program. */
  tell(news: News): void;
}

/** Decides whether an instance that is gone is followed by another, and when. */
export class Supervisor {
  readonly #said: Said;
  readonly #clock: Clock;
  readonly #breaker: Breaker;
  readonly #schedule: RecoverySchedule;
  /** What nobody has been told yet. */
  readonly #untold: (() => News)[] = [];
  /** The instance that served last, and since when. */
  #serving: Instance | undefined;
  #servesSince = 0;
  /** How often the program has called it, but from listeners, from its start function, or within another call. Until it has served, all are known. */
  #calls = 0;
  /** Whether a call of it has ended, and the instance was well. */
  #hasServed = false;
  /** How often the program has reset the module from within, since it called an instance. */
  #resetsWithin = 0;
  #lastError: ReviveError | undefined;
  /** Why there can never be another instance. */
  #lastWord: ReviveError | undefined;
  /** When the last instance was lost; undefined where there is none to make up for. */
  #lostAt: number | undefined;
  /** Whether the next instance makes up for one that was lost, so that it is counted: not after a reset. */
  #isRestart = false;

  /** @param recover makes an instance where one is still needed, and says whether it was */
  constructor(said: Said, options: BreakerOptions, clock: Clock, recover: () => boolean) {
    this.#said = said;
    this.#clock = clock;
    this.#breaker = new Breaker(options, clock, () => this.#note());
    this.#schedule = new RecoverySchedule(() => {
      // Also where no instance is made, for the module admits no calls.
      this.tellNews();
      return recover();
    }, clock);
  }

  /** What the last instance was lost through. */
  get lastError(): ReviveError | undefined {
    return this.#lastError;
  }

  /** Milliseconds until instances are made again; Infinity where none is any more; 0 where they are now. */
  get retryAfter(): number {
    return this.#breaker.retryAfter;
  }

  /** Whether instances are refused for now. */
  get isRefusing(): boolean {
    return this.retryAfter > 0;
  }

  /** Sets the limits anew. */
  configure(options: BreakerOptions): void {
    this.#breaker.configure(options);
  }

  /** An instance is about to serve, whom nobody has called yet. */
  serves(instance: Instance): void {
    this.#serving = instance;
    this.#servesSince = this.#clock.now();
    this.#calls = 0;
    this.#hasServed = false;
  }

  /** The program calls the instance that serves. What JavaScript calls that Rust has called is part of the call around it. */
  called(instance: Instance): void {
    if (!instance.scope.isQuiescent()) return;
    this.#resetsWithin = 0;
    this.#schedule.called();
    if (this.#calls++ > 0) return;
    inMicrotask(() => {
      this.hasServed(instance);
      this.tellNews();
    });
  }

  /**
   * Whether the instance has served a call, or for long, so that calls that follow need not be noticed. Nothing waits for the end of a call: it is
   * over when the next one comes, or in a microtask.
   */
  hasServed(instance: Instance): boolean {
    if (instance !== this.#serving || this.#hasServed) return true;
    if (!instance.isWell()) return false;
    // Of more calls than there are promises to settle, one at least has ended.
    const hasEnded = instance.scope.isQuiescent() && this.#calls > instance.callsInFlightFromOutside;
    if (!hasEnded && !this.#isOld) return false;
    this.#hasServed = true;
    this.#breaker.succeeded();
    return true;
  }

  get #isOld(): boolean {
    return this.#clock.now() - this.#servesSince >= STARTED_AFTER;
  }

  /** The program resets the module. @throws ReviveError `REVIVE_CRASH_LOOP` where resets cause each other without end */
  reset(isWithin: boolean): void {
    if (!isWithin) this.#resetsWithin = 0;
    else if (++this.#resetsWithin > MOST_RESETS_WITHIN) throw this.#crashLoop(Number.POSITIVE_INFINITY);
  }

  /** Forgets all failures, also the one that the next instance would make up for. */
  forgive(): void {
    this.#isRestart = false;
    this.#lastWord = undefined;
    this.#breaker.forgive();
  }

  /** Forgets that there has been an instance: nobody needs one, until somebody calls. */
  forget(): void {
    this.forgive();
    this.#lostAt = undefined;
    this.#lastError = undefined;
  }

  /** The last word on what is done after a failure of the instance that serves: see `Owner.decide`. */
  decide(ending: Ending, asked: Recovery, { kind }: Failure, quiescent: boolean): Recovery {
    // Half started it would be if it were kept, whatever a panic left intact.
    const decided = asked === 'keep' && kind === 'unwound' && ending.isStarting && quiescent ? 'fresh' : asked;
    if (decided === 'keep') return decided;
    if (decided === 'retire') this.#breaker.giveUp();
    // Nobody may have called since some of the calls in flight have settled.
    const ended = this.#calls - (ending.isCalled ? 1 : 0);
    if (ended > (this.#serving?.callsInFlightFromOutside ?? 0)) this.#hasServed = true;
    this.ends(ending.isStarting, true);
    return this.isRefusing ? 'retire' : decided;
  }

  /** The instance that serves ends. @param isLost through a failure: else only one that was of no use is counted */
  ends(isStarting: boolean, isLost: boolean): void {
    const wasQuiet = !isStarting && this.#isOld;
    const isUnused = this.#calls === 0 && !wasQuiet;
    if (this.#hasServed || wasQuiet) this.#breaker.succeeded();
    if (isLost || isUnused) this.#breaker.failed(isUnused);
  }

  /** An instance was lost, so that another has to make up for it. */
  lost(error: ReviveError): void {
    this.#lostAt = this.#clock.now();
    this.#isRestart = true;
    this.#lastError = error;
  }

  /** A start function failed: that is why there is no instance. */
  startFailed(error: ReviveError): void {
    this.#lastError = error;
  }

  /** The same, of one that was started ahead of need. */
  failedAhead(): void {
    this.#breaker.failed(true);
  }

  /** Has one made off the failing call's path. */
  schedule(): void {
    this.#schedule.schedule(this.#breaker.pauseMs);
  }

  /**
   * Asks for leave to make another instance.
   * @throws ReviveError `REVIVE_CRASH_LOOP`
   */
  admit(): void {
    // What makes up for no loss is no restart: after a reset, or where Rust has asked for it.
    const wait = this.#isRestart || this.#breaker.state !== 'closed' ? this.#breaker.admit() : 0;
    this.tellNews();
    // A listener may have reset the module, or raised the limit.
    if (wait > 0 && this.isRefusing) throw this.#crashLoop(this.retryAfter);
  }

  /** There can never be another instance. */
  end(error: ReviveError): void {
    this.#lastWord = error;
    this.#breaker.giveUp();
    this.tellNews();
  }

  /** One was made, and is about to be started: counts it, where it makes up for one that was lost. */
  restarts(): void {
    if (this.#isRestart) this.#breaker.restarted();
  }

  /** It serves. Gives when the module began to be without one. @param madeSince when this one began to be made */
  recovered(madeSince: number): number {
    const since = this.#lostAt ?? madeSince;
    this.#lostAt = undefined;
    this.#isRestart = false;
    return since;
  }

  /** Tells what has become of the supervision. Says whether there was anything to tell: listeners may have done anything. */
  tellNews(): boolean {
    if (this.#untold.length === 0) return false;
    // One by one: what a listener causes comes behind what it has not been told yet.
    for (let event = this.#untold.shift(); event !== undefined; event = this.#untold.shift()) this.#said.tell(event());
    return true;
  }

  /** Tells it later: not while a failure is being decided, of which nobody has been told yet. */
  #note(): void {
    const { state, retryAfter, attempt } = this.#breaker;
    this.#untold.push(() => {
      if (state === 'closed') return ['closed', {}];
      if (state === 'half-open') return ['probing', { attempt }];
      const error = this.#crashLoop(retryAfter);
      return Number.isFinite(retryAfter) ? ['opened', { error, retryAfter, attempt }] : ['retired', error];
    });
  }

  #crashLoop(waitMs: number): ReviveError {
    return this.#lastWord ?? crashLoopError(this.#said.what(), waitMs, this.#lastError, this.#said.advice);
  }
}
