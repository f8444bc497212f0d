/**
 * Undoing a turn. Memory, globals and the table of JavaScript's values go back by what the transform has added to the module (the undo log, see
 * `crates/transform/src/undo_log.rs`); what JavaScript knows of the instance goes back by what is noted here while the turn runs: handles and
 * closures that it has made, used up or changed.
 */
import { type CheckpointPolicy, Checkpoints, type GivenUp, type PastTurn } from './checkpoints.js';
import type { ClosureState } from './contract.js';
import { type Image, putImage, takeImage } from './image.js';
import { assign, define, hasOwn } from './intrinsics.js';
import type { Closure } from './own-closures.js';
import { UNDO_EXPORTS } from './undo-exports.js';

/**
 * How many turns in a row may be undone, none of them having ended well. A state in which nothing goes well any more is given up then: for an older
 * one, where there is one, or a fresh instance.
 */
const MOST_IN_A_ROW = 100;

/**
 * What a turn has damaged without a trap, by the number that the undo log gives for it (`canaries.rs`); 0 is nothing. What the log itself may be
 * damaged by is undone by nothing.
 */
const DAMAGE: Readonly<Record<number, string>> = {
  1: 'the stack pointer is above where it rests, so that the stack may have been put over data',
  2: "the last bytes of Rust's stack were written to: by a null pointer, or by a stack that was used to its end",
  3: 'what lies around the undo log was written to, past the end of the memory that the program has',
};

const NO_DAMAGE = 0;
const DAMAGED_LOG = 3;

/** A turn, as whatever came to be in it knows it. */
export interface Turn {
  readonly isUndone: boolean;
}

/** What undoes the turns of one instance. */
export class Undo {
  #commit: () => number = () => NO_DAMAGE;
  #check: () => number = () => NO_DAMAGE;
  #rollBack: () => void = () => {};
  #note: (address: number, length: number) => void = () => {};
  /** The turn, once something of it has been noted. */
  #turn: PastTurn | undefined;
  /** Whether there is a state to go back to: it has been started. */
  #hasCommitted = false;
  #undoneInARow = 0;
  #exports: WebAssembly.Exports | undefined;
  #checkpoints: Checkpoints | undefined;
  /** Whether turns are not to end: what runs now never was. */
  #isHeld = false;
  /** How many functions the event loop has been given that it calls once, and has not called yet. */
  #awaited = 0;
  readonly #damaged: (found: Error) => never;

  /** @param damaged a turn that seemed to have ended well has damaged memory, so that it has failed: throws what its caller gets */
  constructor(damaged: (found: Error) => never) {
    this.#damaged = damaged;
  }

  /** The instance is there. */
  bind(exports: WebAssembly.Exports): void {
    this.#exports = exports;
    this.#commit = exports[UNDO_EXPORTS.commit] as () => number;
    this.#check = exports[UNDO_EXPORTS.check] as () => number;
    this.#rollBack = exports[UNDO_EXPORTS.rollBack] as () => void;
    this.#note = exports[UNDO_EXPORTS.note] as (address: number, length: number) => void;
  }

  /** The instance is lost: nothing here may hold its memory. */
  release(): void {
    this.#commit = this.#check = () => NO_DAMAGE;
    this.#rollBack = this.#note = () => {};
    this.#hasCommitted = false;
    this.#turn = this.#exports = this.#checkpoints = undefined;
  }

  /** Keeps older states from now on; undefined: none. @param isIdle whether the host has nothing else of the instance's that it calls once */
  keep(policy: CheckpointPolicy | undefined, isIdle: () => boolean): void {
    this.#checkpoints = policy && new Checkpoints(policy, () => this.#awaited === 0 && isIdle());
  }

  /** The event loop is given something that it calls once. Gives what is to be called when it does. */
  awaits(): () => void {
    this.#awaited++;
    let isAwaited = true;
    return () => {
      if (isAwaited) this.#awaited--;
      isAwaited = false;
    };
  }

  /** Whether the turn that fails may be undone. */
  get canUndo(): boolean {
    return this.#hasCommitted && (!this.#isGivenUp || this.#checkpoints?.wouldGiveUp !== undefined);
  }

  /** Whether to undo the turn is of no use any more. */
  get #isGivenUp(): boolean {
    return this.#undoneInARow >= MOST_IN_A_ROW || this.#check() === DAMAGED_LOG;
  }

  /** What is given up besides where the turn that fails is undone: turns before it, where the instance goes back to an older state. */
  get wouldGiveUp(): GivenUp | undefined {
    return this.#isGivenUp ? this.#checkpoints?.wouldGiveUp : undefined;
  }

  /** The turn that is running. */
  get turn(): Turn {
    return this.#noted();
  }

  #noted(): PastTurn {
    this.#turn ??= { isUndone: false, changes: [], given: [] };
    return this.#turn;
  }

  /** Something has changed that goes back with the turn. */
  changes(putBack: () => void): void {
    this.#noted().changes.push(putBack);
  }

  /** The host was given something that is of no use without the turn. */
  gives(takeBack: () => void): void {
    this.#noted().given.push(takeBack);
  }

  /** JavaScript is about to write into the memory. */
  note(address: number, length: number): void {
    this.#note(address, length);
  }

  /** Whether the event loop has been given something that it calls once, and has not called yet. */
  get isAwaited(): boolean {
    return this.#awaited > 0;
  }

  /** A copy of the state; undefined where there can be none. No turn is running. */
  takeImage(): Image | undefined {
    const exports = this.#exports;
    return exports === undefined || this.#commit() !== NO_DAMAGE ? undefined : takeImage(exports);
  }

  /** Runs what a start function does, and undoes it: an image takes its place. Gives what takes back what it has given to the host. */
  startWith(image: Image, start: () => void): () => void {
    this.#isHeld = true;
    try {
      start();
    } catch (error) {
      // It has cost the instance. Else it threw on purpose, which is undone with the rest.
      if (this.#exports === undefined) throw error;
    } finally {
      this.#isHeld = false;
    }
    const takeBack = this.rollBack();
    putImage(this.#exports as WebAssembly.Exports, image);
    this.commit();
    return takeBack;
  }

  /** The turn has ended well, unless it has damaged memory. No frame of the instance is on the stack. */
  commit(): void {
    if (this.#isHeld) return;
    let damage: unknown;
    try {
      damage = this.#commit();
    } catch (trap) {
      damage = trap;
    }
    if (damage !== NO_DAMAGE) this.#damaged(typeof damage === 'number' ? damageError(damage) : (damage as Error));
    this.#hasCommitted = true;
    this.#undoneInARow = 0;
    if (this.#checkpoints !== undefined) this.#checkpoints.committed(this.#exports as WebAssembly.Exports, this.#turn);
    if (this.#turn !== undefined) this.#turn = undefined;
  }

  /** The turn never was, nor were those since the older state where that is gone back to. Gives what takes back what they have given to the host. */
  rollBack(): () => void {
    const goesBack = this.wouldGiveUp !== undefined;
    this.#undoneInARow++;
    const turn = this.#noted();
    const { changes, given } = turn;
    turn.isUndone = true;
    this.#turn = undefined;
    while (changes.length > 0) changes.pop()?.();
    let takeBackOlder = (): void => {};
    if (goesBack) {
      // Without the log, which may be damaged.
      takeBackOlder = (this.#checkpoints as Checkpoints).goBack(this.#exports as WebAssembly.Exports);
      this.#undoneInARow = 0;
    } else {
      this.#rollBack();
    }
    return () => {
      while (given.length > 0) given.pop()?.();
      takeBackOlder();
    };
  }

  /** A closure that the turn makes. Called after the turn was undone, it is stale. @param stale what such a call gives */
  closure(closure: Closure, given: ClosureState | undefined, stale: () => unknown): Closure {
    const { turn } = this;
    // Older glue has put its state on the closure.
    const state = given ?? (closure as { original?: ClosureState }).original;
    let savedIn: Turn | undefined;
    const save = (): void => {
      if (state === undefined || savedIn === this.turn) return;
      savedIn = this.turn;
      const before = { ...state };
      this.changes(() => assign(state, before));
    };
    const wrapped = assign(function (this: unknown, ...args: unknown[]): unknown {
      if (turn.isUndone) return stale();
      save();
      return closure.apply(this, args);
    }, closure) as Closure & { _wbg_cb_unref?: () => void };
    const { _wbg_cb_unref: unref } = wrapped;
    if (unref !== undefined) {
      wrapped._wbg_cb_unref = () => {
        save();
        unref();
      };
    }
    if (hasOwn(closure, 'original')) {
      const get = (): unknown => {
        save();
        return state;
      };
      define(wrapped, 'original', { get, configurable: true });
    }
    return wrapped;
  }
}

/** What stands for the trap that there was none. */
function damageError(damage: number): Error {
  return new WebAssembly.RuntimeError(DAMAGE[damage] ?? `damage ${damage}`);
}
