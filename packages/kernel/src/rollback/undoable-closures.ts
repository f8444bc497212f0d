import type { ClosureState } from '../contract/contract.js';
import type { Closure } from '../instance/own-closures.js';
import type { Turns } from '../instance/turns.js';
import { assign, define, hasOwn } from '../program/intrinsics.js';
import type { Undo } from './undo.js';

/** See `Registrations.isCalled`. */
export type IsCalled = (closure: Closure, target: unknown, event: unknown) => void;

/** So many states of closures are kept at most from one turn to the next. */
const MOST_KEPT = 64;

/**
 * The closures of an instance whose turns can be undone: calls of them are turns, one that was made in a turn which was undone is stale, and what
 * glue keeps of one (its addresses, how many use it) goes back with the turn.
 *
 * A call takes the addresses out and counts up, and puts everything back when it ends. So the state of a closure that is called is taken once,
 * and holds until something else changes it: it is let go of, or older glue's `original` is read.
 */
export class UndoableClosures {
  readonly #undo: Pick<Undo, 'changes' | 'turn'>;
  readonly #turns: Turns;
  /** What puts back the states that have been taken. */
  #kept: (() => void)[] = [];
  /** Which states those are: counted up when they are forgotten. */
  #epoch = 0;
  #isOutdated = false;

  constructor(undo: Pick<Undo, 'changes' | 'turn'>, turns: Turns) {
    this.#undo = undo;
    this.#turns = turns;
  }

  /** The turn has ended well. */
  commit(): void {
    if (this.#isOutdated || this.#kept.length > MOST_KEPT) this.forget();
  }

  /** What has been taken holds no more. */
  forget(): void {
    this.#isOutdated = false;
    this.#kept = [];
    this.#epoch++;
  }

  /** The turn never was. What it has changed for good has been put back. */
  rollBack(): void {
    for (const putBack of this.#kept) putBack();
    if (this.#isOutdated) this.forget();
  }

  /**
   * A closure that the turn makes. Called after the turn was undone, it is stale.
   * @param stale what such a call gives
   * @param isCalled hears of each other call: on what, and with what first argument
   */
  closure(closure: Closure, given: ClosureState | undefined, stale: () => unknown, isCalled: IsCalled): Closure {
    const { turn } = this.#undo;
    // Older glue has put its state on the closure.
    const state = given ?? (closure as { original?: ClosureState }).original;
    const closures = this;
    const turns = this.#turns;
    const { state: running } = turns;
    let keptIn = -1;
    const keep = (): void => {
      keptIn = closures.#epoch;
      if (state === undefined) return;
      const putBack = snapshot(state);
      // In a turn that has let go of closures, this is not what they were before it.
      if (closures.#isOutdated) {
        closures.#undo.changes(putBack);
        return;
      }
      closures.#kept.push(putBack);
      // Else nobody might be told that the turn ends.
      if (closures.#kept.length > MOST_KEPT) running.hasChanged = true;
    };
    const changes = (): void => {
      if (state === undefined) return;
      closures.#isOutdated = true;
      closures.#undo.changes(snapshot(state));
    };
    const called = turns.areHeard ? turns.closure(closure) : closure;
    const wrapped = assign(function (this: unknown, ...args: unknown[]): unknown {
      if (turn.isUndone) return stale();
      if (keptIn !== closures.#epoch) keep();
      isCalled(wrapped, this, args[0]);
      if (running.isCalled || turns.areHeard) return called.apply(this, args);
      running.isCalled = true;
      try {
        const result: unknown = called.apply(this, args);
        if (running.hasChanged) turns.returns(result, 'a closure');
        return result;
      } finally {
        running.isCalled = false;
        turns.left();
      }
    }, closure) as Closure & { _wbg_cb_unref?: () => void };
    const { _wbg_cb_unref: unref } = wrapped;
    if (unref !== undefined) {
      wrapped._wbg_cb_unref = () => {
        changes();
        unref();
      };
    }
    if (hasOwn(closure, 'original')) {
      const get = (): unknown => {
        changes();
        return state;
      };
      define(wrapped, 'original', { get, configurable: true });
    }
    return wrapped;
  }
}

/** Gives what puts a state back as it is now. */
function snapshot(state: ClosureState): () => void {
  const before = { ...state };
  return () => void assign(state, before);
}
