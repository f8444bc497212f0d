import type { Thenable, TurnState } from '../contract/contract.js';
import { isReviveError } from '../errors.js';
import { inMicrotask, isPlainPromise } from '../program/intrinsics.js';
import { lookAt, tagOf } from '../program/thrown.js';
import { markHandled } from './in-flight.js';
import type { Closure, OwnClosures } from './own-closures.js';

/**
 * Who entered: the program; a call of the program's, which runs the executor before it returns (`first-poll`, see `Callbacks.pollFirst`); a promise,
 * which passes on what its reaction throws; or the event loop, with nobody to be thrown to. `task` is a poll of one future, which hears of it where
 * that is undone; `executor` polls several, which don't.
 */
export type EnteredBy = 'caller' | 'first-poll' | 'reaction' | 'executor' | 'task' | 'microtask' | 'finalizer';

/** What is known of the turn that begins, where it can be undone. */
export interface Undoing {
  readonly turn: TurnState;
  /** Has something called, with the error, at the end of the turn, should that be undone. */
  whenUndone(run: (error: unknown) => void): void;
  /** What the turn was undone for has been run once more. */
  ranAgain(): void;
  /** A task is about to be dropped that has failed with this. Gives what is to be called when it was. */
  drops(error: unknown): () => void;
}

/** Runs what enters, within something of somebody else's. */
export type Around = <R>(run: () => R) => R;

/** What a microtask is to run, unless that was run before. */
interface Queued {
  readonly run: () => unknown;
  isRun: boolean;
}

/** Who enters for somebody who gets the error or is told, or for nobody: a turn of theirs can be as if it had never been. */
const UNDOABLE: readonly EnteredBy[] = ['caller', 'first-poll', 'finalizer', 'task'];

/** Who runs tasks, or tells them of what they wait for, and not within a call of the program's. */
const POLLING: readonly EnteredBy[] = ['reaction', 'executor', 'task', 'microtask'];

/** How many panics in one turn of the executor are followed by another look at its queue: a limit only for what nobody has thought of. */
const POLL_ATTEMPTS = 10_000;

/** What an instance gives to the event loop to call, and how a failure in it ends: told, and thrown only where somebody catches. */
export class Callbacks {
  /** Who entered last. */
  entered: EnteredBy = 'caller';
  readonly #own: OwnClosures;
  readonly #isTold: (error: unknown) => boolean;
  readonly #begins: (who: EnteredBy) => void;
  readonly #undoing: Undoing | undefined;
  readonly #around: Around;
  /** Whether a timer has entered that comes only once. */
  #isOnce = false;
  /** Whether the executor is run once more, should the turn be undone that is running. */
  #runsAgain = false;
  /** The executor that was queued last. */
  #queued: Closure | undefined;
  /** What a task has failed with, while Rust is told of that: what it queues then drops the task. */
  #failedWith: { readonly error: unknown } | undefined;
  /** The microtask that was queued for it in the turn that is running. */
  #ofTurn: Queued | undefined;

  /**
   * @param isTold whether a failure has been told otherwise, though it isn't a `ReviveError`
   * @param begins called before Rust is entered, and before that is known of who has entered
   * @param undoing undefined where turns can't be undone
   * @param around within which tasks are polled
   */
  constructor(
    own: OwnClosures,
    isTold: (error: unknown) => boolean,
    begins: (who: EnteredBy) => void,
    undoing: Undoing | undefined,
    around: Around = (run) => run(),
  ) {
    this.#own = own;
    this.#isTold = isTold;
    this.#begins = begins;
    this.#undoing = undoing;
    this.#around = around;
  }

  /** Whether what has entered comes only once, and nobody is told where its turn is undone: whoever waits for it would wait for ever. */
  get isSpent(): boolean {
    return this.#isOnce || (!UNDOABLE.includes(this.entered) && !this.isRepeatable);
  }

  /** Whether the executor has entered, and may be run once more: nothing that its tasks have done by now would be done twice. It is, where its turn is undone. */
  get isRepeatable(): boolean {
    return this.entered === 'executor' && this.#runsAgain && this.#undoing?.turn.hasReached === false;
  }

  /** For timers that come only once. */
  once(run: () => unknown): unknown {
    const before = this.#isOnce;
    this.#isOnce = true;
    try {
      return run();
    } finally {
      this.#isOnce = before;
    }
  }

  /** Whether a task is being polled. What leaves that by throwing has torn its future. */
  get isPolling(): boolean {
    return this.entered === 'executor' || this.entered === 'first-poll' || this.entered === 'task';
  }

  /** For `Host.finalizer` and `Host.registry`. */
  finalizer(callback: (held: unknown) => unknown): (held: unknown) => void {
    return (held) => void this.#unattended('finalizer', () => callback(held));
  }

  /** See `Host.microtask`. */
  microtask(callback: unknown, entersAgain: boolean, undone: unknown): unknown {
    if (!this.#own.has(callback)) return callback;
    const failedWith = this.#failedWith;
    if (this.#own.has(undone)) return (): unknown => this.#poll(callback, undone, failedWith);
    if (!this.#own.isExecutor(callback)) return (): unknown => this.#unattended('microtask', callback);
    this.#queued = callback;
    const queued: Queued = { run: entersAgain ? () => this.#runTasks(callback) : callback, isRun: false };
    this.#ofTurn = queued;
    return (): unknown => (queued.isRun ? undefined : this.#runExecutor(queued.run));
  }

  /**
   * Runs the executor in the turn that has queued it, in place of the microtask. Where it was queued before, or is queued once more by what it runs,
   * the microtask of that runs it. What the tasks throw is told, and thrown where nobody was told.
   */
  pollFirst(): void {
    const queued = this.#ofTurn;
    this.#ofTurn = undefined;
    if (queued === undefined || queued.isRun) return;
    queued.isRun = true;
    try {
      this.#enter('first-poll', queued.run);
    } catch (error) {
      if (isReviveError(error) || this.#isTold(error)) return;
      // As from the microtask.
      inMicrotask(() => {
        throw error;
      });
    }
  }

  /**
   * Runs the executor. Where that is undone, its microtask is spent, and the state before it waits for that: it is run once more, at once, and out of
   * what was around it the first time. What fails then costs the instance.
   */
  #runExecutor(run: () => unknown): unknown {
    const undoing = this.#undoing;
    if (undoing === undefined) return this.#unattended('executor', run);
    let isUndone = false;
    let isOver = false;
    try {
      return this.#unattended('executor', () => {
        undoing.turn.hasReached = false;
        this.#runsAgain = true;
        undoing.whenUndone(() => {
          isUndone = true;
          // On a full stack, nobody could say before that the turn has ended.
          if (isOver) this.#runAgain(run);
        });
        return run();
      });
    } finally {
      this.#runsAgain = false;
      isOver = true;
      if (isUndone) this.#runAgain(run);
    }
  }

  #runAgain(run: () => unknown): void {
    try {
      this.#unattended('executor', run);
    } finally {
      this.#undoing?.ranAgain();
    }
  }

  /** Nothing of a turn is on the stack any more. */
  turnEnded(): void {
    this.#ofTurn = undefined;
  }

  /**
   * Polls a task. Where that is undone its event is spent all the same, so that Rust is told, before the next task is polled: the task has failed.
   * @param drops with what the task has failed that is dropped here, where it isn't polled any more
   */
  #poll(poll: Closure, undone: Closure, drops: { readonly error: unknown } | undefined): unknown {
    let isUndone = false;
    let dropped: (() => void) | undefined;
    const run = (): unknown => {
      // Here, where its own turn begins: what is around it may have turns, too.
      this.#undoing?.whenUndone((error) => {
        isUndone = true;
        this.#failedWith = { error };
        try {
          this.#unattended('microtask', () => undone(error));
        } finally {
          this.#failedWith = undefined;
        }
      });
      if (drops !== undefined) dropped = this.#undoing?.drops(drops.error);
      return poll();
    };
    try {
      const result = this.#unattended('task', run);
      if (!isUndone) dropped?.();
      return result;
    } catch (error) {
      // What an import threw is reported, and the task has failed with it.
      if (isUndone) return undefined;
      throw error;
    }
  }

  /**
   * Runs the executor. A panic of one task unwinds out of its queue, too, and leaves the tasks behind it there: they are run by entering again,
   * unless the executor has been queued meanwhile. Each entry takes at least the task that panics off the queue, so there is an end.
   */
  #runTasks(executor: Closure): unknown {
    for (let attempt = 0; attempt < POLL_ATTEMPTS; attempt++) {
      this.#queued = undefined;
      if (attempt > 0) {
        // A turn of its own.
        this.#runsAgain = false;
        this.#begins('executor');
      }
      try {
        return executor();
      } catch (error) {
        if (!isReviveError(error, 'REVIVE_PANIC') || this.#isTold(error) || this.#queued === executor) throw error;
      }
    }
    return undefined;
  }

  /** See `Host.react`. @param awaits called where Rust is to hear of it; what that gives, as soon as Rust does, and says whether it was ever to */
  react(target: Thenable, method: 'then' | 'catch' | 'finally', callbacks: unknown[], awaits?: () => () => boolean): unknown {
    let derived: unknown;
    let spent: (() => boolean) | undefined;
    const guard = (callback: unknown): unknown => {
      if (!this.#own.has(callback)) return callback;
      spent ??= awaits?.();
      return (...args: unknown[]): unknown => {
        // A turn that was undone has asked for nothing, be it by a closure that was there before it.
        if (spent?.() === false) return undefined;
        try {
          return this.#enter('reaction', () => callback(...args));
        } catch (error) {
          if (isReviveError(error)) markHandled(derived);
          throw error;
        }
      };
    };
    // What is no promise does anything with them, and a function of the program's is called in any case.
    const isQuiet = (): boolean => lookAt(() => isPlainPromise(target), false) && callbacks.every((callback) => this.#own.has(callback));
    if (this.#undoing !== undefined && !(isPromise(target) && isQuiet())) {
      this.#undoing.turn.hasReached = true;
    }
    // Another object with a method of that name may do anything with what it is given: ask for it by identity, for one.
    derived = target[method](...(isPromise(target) ? callbacks.map(guard) : callbacks));
    return derived;
  }

  /** The program is told of a failure: what it calls meanwhile, it calls itself, and not the event loop that may have entered. */
  tells(tell: () => void): void {
    this.#as('caller', tell);
  }

  #unattended(who: EnteredBy, run: () => unknown): unknown {
    try {
      return this.#enter(who, run);
    } catch (error) {
      // What has been told needs no catcher.
      if (isReviveError(error) || this.#isTold(error)) return undefined;
      throw error;
    }
  }

  #enter<R>(who: EnteredBy, run: () => R): R {
    return POLLING.includes(who) ? this.#around(() => this.#begin(who, run)) : this.#begin(who, run);
  }

  #begin<R>(who: EnteredBy, run: () => R): R {
    this.#begins(who);
    return this.#as(who, run);
  }

  /** Runs what is entered by somebody. */
  #as<R>(who: EnteredBy, run: () => R): R {
    const before = this.entered;
    this.entered = who;
    try {
      return run();
    } finally {
      this.entered = before;
    }
  }
}

/** Also a promise of another realm. */
function isPromise(value: unknown): boolean {
  try {
    return value instanceof Promise || tagOf(value) === '[object Promise]';
  } catch {
    return false;
  }
}
