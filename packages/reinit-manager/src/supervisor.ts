import type { Failure, Instance, Recovery, ReviveError } from '@wasm-revive/kernel';
import { RecoverySchedule } from './recovery-schedule.js';
import { RestartCounter, type RestartIntensity } from './restart-intensity.js';
import { crashLoopError } from './restarter.js';

/**
 * An instance that nobody has called and that was lost within this time, in milliseconds, has not started. Programs that timers and frames
 * drive are called by nobody.
 */
const STARTED_AFTER = 10_000;

/** How often in a row the program may reset the module from within: from a listener, or while an instance starts. Each may cause the next. */
const MOST_RESETS_WITHIN = 5;

/** What the supervisor needs to know of an instance that ends. */
export interface Ending {
  readonly instance: Instance;
  /** Whether it serves, so that it is counted: not one that has been replaced, and was still in a turn. */
  readonly isServing: boolean;
  /** Whether its start function is running. */
  readonly isStarting: boolean;
}

/** What is said of instances that fail too often. */
export interface Said {
  what(): string;
  /** What to do where nothing is tried any more. */
  readonly advice: string;
}

/** Decides whether an instance that is gone is followed by another, and when. */
export class Supervisor {
  readonly #said: Said;
  readonly #restarts: RestartCounter;
  readonly #schedule: RecoverySchedule;
  /** Whether the program has called the present instance, from outside of listeners and of its start function. */
  #wasCalled = false;
  /** How often the program has reset the module from within, since it called an instance. */
  #resetsWithin = 0;
  #lastError: ReviveError | undefined;
  /** When the last instance was lost; undefined where there is none to make up for. */
  #lostAt: number | undefined;
  /** Whether the next instance makes up for one that was lost, so that it is counted: not after a reset. */
  #isRestart = false;
  /** Whether it has been said that the module is retired, since an instance served. */
  #saidRetired = false;

  /** @param recover makes an instance where one is still needed, and says whether it was */
  constructor(said: Said, intensity: RestartIntensity, recover: () => boolean) {
    this.#said = said;
    this.#restarts = new RestartCounter(intensity);
    this.#schedule = new RecoverySchedule(recover);
  }

  /** What the last instance was lost through. */
  get lastError(): ReviveError | undefined {
    return this.#lastError;
  }

  /** Whether instances are refused for now. */
  get isRefusing(): boolean {
    return this.#restarts.waitMs(Date.now()) > 0;
  }

  /** Sets the limit of restarts anew. */
  configure(intensity: RestartIntensity): void {
    this.#restarts.configure(intensity);
  }

  /** An instance is about to serve, whom nobody has called yet. */
  serves(): void {
    this.#wasCalled = false;
  }

  /** The program has called it. */
  called(): void {
    this.#wasCalled = true;
    this.#resetsWithin = 0;
    this.#restarts.started();
  }

  /** The program resets the module. @throws ReviveError `REVIVE_CRASH_LOOP` where resets cause each other without end */
  reset(isWithin: boolean): void {
    if (!isWithin) this.#resetsWithin = 0;
    else if (++this.#resetsWithin > MOST_RESETS_WITHIN) throw this.#crashLoop(Number.POSITIVE_INFINITY);
  }

  /** Forgets all failures, also the one that the next instance would make up for. */
  forgive(): void {
    this.#isRestart = false;
    this.#restarts.forgive();
  }

  /** Forgets that there has been an instance: nobody needs one, until somebody calls. */
  forget(): void {
    this.forgive();
    this.#lostAt = undefined;
    this.#lastError = undefined;
    this.#saidRetired = false;
  }

  /** The last word on what is done after a failure: see `Owner.decide`. */
  decide(ending: Ending, asked: Recovery, { kind }: Failure, quiescent: boolean): Recovery {
    // Half started it would be if it were kept, whatever a panic left intact.
    const decided = asked === 'keep' && kind === 'unwound' && ending.isStarting && quiescent ? 'fresh' : asked;
    if (decided === 'keep') return decided;
    if (ending.isServing) this.ends(ending);
    if (decided === 'retire') this.#restarts.giveUp();
    return this.isRefusing ? 'retire' : decided;
  }

  /** The instance that serves ends, whatever the reason. */
  ends({ instance, isStarting }: Pick<Ending, 'instance' | 'isStarting'>): void {
    const hasStarted = this.#wasCalled || (!isStarting && instance.uptimeMs >= STARTED_AFTER);
    if (hasStarted) this.#restarts.started();
    else this.#restarts.startFailed();
  }

  /** An instance was lost, so that another has to make up for it. */
  lost(error: ReviveError): void {
    this.#lostAt = performance.now();
    this.#isRestart = true;
    this.#lastError = error;
  }

  /** A start function failed: that is why there is no instance. */
  startFailed(error: ReviveError): void {
    this.#lastError = error;
  }

  /** Has one made off the failing call's path. */
  schedule(): void {
    this.#schedule.schedule(this.#restarts.pauseMs(Date.now()));
  }

  /**
   * Asks for leave to make another instance.
   * @param sayRetired called where it is refused, once until an instance serves
   * @throws ReviveError `REVIVE_CRASH_LOOP`
   */
  admit(sayRetired: (error: ReviveError) => void): void {
    const wait = this.#restarts.waitMs(Date.now());
    if (wait === 0) return;
    const error = this.#crashLoop(wait);
    this.#sayRetired(error, sayRetired);
    // A listener may have reset the module, or raised the limit.
    if (this.isRefusing) throw error;
  }

  /** There can never be another instance. @param sayRetired as in {@link admit} */
  end(error: ReviveError, sayRetired: (error: ReviveError) => void): void {
    this.#restarts.giveUp();
    this.#sayRetired(error, sayRetired);
  }

  #sayRetired(error: ReviveError, say: (error: ReviveError) => void): void {
    const isNew = !this.#saidRetired;
    this.#saidRetired = true;
    if (isNew) say(error);
  }

  /** One was made, and is about to be started: counts it, where it makes up for one that was lost. */
  restarts(): void {
    if (this.#isRestart) this.#restarts.restarted(Date.now());
  }

  /** It serves. Gives when the module began to be without one. @param madeSince when this one began to be made */
  recovered(madeSince: number): number {
    const since = this.#lostAt ?? madeSince;
    this.#lostAt = undefined;
    this.#isRestart = false;
    this.#saidRetired = false;
    return since;
  }

  #crashLoop(waitMs: number): ReviveError {
    return crashLoopError(this.#said.what(), waitMs, this.#lastError, this.#said.advice);
  }
}
