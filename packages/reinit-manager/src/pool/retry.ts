import { type Instance, isInstance, isReviveError, markHandled, ReviveError, whenSettled } from '@wasm-revive/kernel';
import type { Option } from '../options.js';
import type { CallSite } from './calls.js';
import { isConsumed, pointerOf } from './handles.js';

/** Which calls are run again after their instance was lost. */
export interface RetryOptions {
  /**
   * What may run twice without harm, by the names in reports: functions (`render`), static members (`Session.open`) and constructors (`new Session`).
   * Not methods, whose object is lost with the instance.
   */
  readonly idempotent: readonly string[];
  /** How often such a call is run again at most, where others have cost it its instance. Once at most where it has, or may have, done so itself. Default 1. */
  readonly attempts?: number;
}

/** What may be given for each. */
export const RETRY_OPTIONS: Readonly<Record<keyof RetryOptions, Option>> = {
  idempotent: ['an array of names', (value) => (value as unknown[]).every((name) => typeof name === 'string')],
  attempts: ['a whole number from 0', (value) => Number.isInteger(value) && Number(value) >= 0],
};

/** Refuses names of calls that can't be run again. @throws TypeError */
export function checkNames(names: readonly string[], sites: readonly CallSite[]): void {
  for (const name of names) {
    const own = sites.filter((site) => site.name === name);
    if (own.some(({ kind }) => kind !== 'method')) continue;
    const likely = near(
      name,
      sites.filter(({ kind }) => kind !== 'method').map((site) => site.name),
    );
    const why =
      own.length > 0
        ? 'is a method: its object is lost with the instance. Name functions, static members and constructors.'
        : `the module does not export.${likely === '' ? '' : ` Did you mean ${likely}?`}`;
    throw new TypeError(`wasm-revive: retry.idempotent has "${name}", which ${why}`);
  }
}

/** Those names that somebody may have meant by another, the likeliest first: they have more than half of their pairs of letters in common. */
function near(wanted: string, names: readonly string[]): string {
  const pairsOf = (name: string): string[] => {
    const letters = name.toLowerCase().replace(/^new |[^a-z0-9]/g, '');
    return Array.from(letters, (_, n) => letters.slice(n, n + 2));
  };
  const sought = pairsOf(wanted);
  const scoreOf = (name: string): number => {
    const pairs = pairsOf(name);
    return pairs.filter((pair) => sought.includes(pair)).length / (sought.length + pairs.length);
  };
  return [...new Set(names)]
    .filter((name) => scoreOf(name) > 0.25)
    .sort((one, other) => scoreOf(other) - scoreOf(one))
    .map((name) => `"${name}"`)
    .join(' or ');
}

/** One way into an instance. */
export interface Entered {
  readonly instance: Instance | undefined;
  run(): unknown;
}

/** A call that may be run again. */
export interface Repeatable {
  readonly attempts: number;
  /** Those of its user. */
  readonly args: readonly unknown[];
  /** Chooses an instance. Throws what a call gets where none can be had. */
  enter(): Entered;
  /** Before it is run again. */
  again(attempt: number, error: ReviveError): void;
}

/** What came of one way into an instance. */
interface Outcome {
  readonly instance: Instance | undefined;
  readonly result: unknown;
}

/** Makes a call, and makes it again where its instance is lost. */
export function callRepeatably(call: Repeatable): unknown {
  // A handle is of one instance.
  if (call.args.some((arg) => typeof pointerOf(arg) === 'number')) return call.enter().run();
  const attempts = new Attempts(call);
  const outcome = attempts.make();
  return isInstance(outcome.result, Promise) ? attempts.follow(outcome) : outcome.result;
}

/** The attempts at one call. */
class Attempts {
  readonly #call: Repeatable;
  /** How often it was run again. */
  #repeats = 0;
  /** How often it has failed by itself, or may have. */
  #own = 0;
  /** What the last attempt was lost through. */
  #error: ReviveError | undefined;

  constructor(call: Repeatable) {
    this.#call = call;
  }

  /** Runs it, until it has neither failed nor may be run again. */
  make(): Outcome {
    for (;;) {
      const { instance, run } = this.#enter();
      try {
        return { instance, result: run() };
      } catch (error) {
        this.#lost(error, instance, true);
      }
    }
  }

  /** A promise of what the last attempt gives. */
  follow({ instance, result }: Outcome): Promise<unknown> {
    const promise = new Promise<unknown>((resolve, reject) => {
      whenSettled(this.#settled(instance, result), resolve, (error) => {
        // As with the promises of Rust: what was reported needs nobody to handle it.
        if (isReviveError(error)) markHandled(promise);
        reject(error);
      });
    });
    return promise;
  }

  async #settled(first: Instance | undefined, result: unknown): Promise<unknown> {
    for (let outcome: Outcome = { instance: first, result }; ; outcome = await this.#makeWhenReady()) {
      const { instance } = outcome;
      try {
        return await outcome.result;
      } catch (reason) {
        // Another's failure may pass through here, as the reason of a promise that the module was only given.
        if (!isOf(instance?.error, reason)) throw reason;
        this.#lost(reason, instance, instance?.error === reason || instance?.mayBeAnyCall === true);
      }
    }
  }

  /** The same as {@link make}, which waits for an instance that is being made asynchronously. */
  async #makeWhenReady(): Promise<Outcome> {
    try {
      return this.make();
    } catch (error) {
      const ready = isReviveError(error) ? (error.cause as { readonly ready?: unknown } | undefined)?.ready : undefined;
      if (!isInstance(ready, Promise)) throw error;
      try {
        await ready;
      } catch {
        throw error;
      }
      return this.make();
    }
  }

  #enter(): Entered {
    const lost = this.#error;
    try {
      return this.#call.enter();
    } catch (refusal) {
      throw lost === undefined ? refusal : notAgain(lost, refusal);
    }
  }

  /** An attempt has failed. Throws what the caller gets, where it is not run again. @param isOwn whether it may have failed by itself */
  #lost(error: unknown, instance: Instance | undefined, isOwn: boolean): void {
    if (!isReviveError(error) || !isLossOf(instance, error)) throw error;
    if (this.#call.args.some(isConsumed)) throw error;
    if (error.code === 'REVIVE_INSTANCE_LOST') Object.assign(error, { retryable: true });
    if (isOwn) this.#own++;
    if (this.#own > 1 || this.#repeats >= this.#call.attempts) throw error;
    this.#error = error;
    this.#call.again(++this.#repeats, error);
  }
}

/** Whether an error says that this instance was lost, of which its caller has to know. A panic that was caught is none. */
function isLossOf(instance: Instance | undefined, error: ReviveError): boolean {
  if (error.code !== 'REVIVE_ABORT' && error.code !== 'REVIVE_INSTANCE_LOST') return false;
  return instance !== undefined && !instance.isWell();
}

/** Whether a promise was rejected with what an instance was lost through. */
function isOf(loss: ReviveError | undefined, reason: unknown): boolean {
  return loss !== undefined && isReviveError(reason) && (reason === loss || reason.cause === loss);
}

/** What the caller gets where no instance could be had for another attempt: what has happened to the call, and why that stays so. */
function notAgain(lost: ReviveError, refusal: unknown): ReviveError {
  const why = isReviveError(refusal) ? ` It was not run again: ${refusal.message}` : '';
  return new ReviveError(lost.code, `${lost.message}${why}`, { cause: refusal, report: lost.report, retryable: lost.retryable });
}
