/**
 * Undoing a turn. Memory, globals and the table of JavaScript's values go back by what the transform has added to the module (the undo log, see
 * `crates/transform/src/undo_log.rs`); what JavaScript knows of the instance goes back by what is noted here while the turn runs: handles and
 * closures that it has made, used up or changed.
 */
import type { ClosureState, Undoing } from './contract.js';
import { assign, define, hasOwn } from './intrinsics.js';
import type { Closure } from './own-closures.js';

/** What the transform adds to a module whose turns can be undone: its exports, by what they do. */
export const UNDO_EXPORTS = {
  /** `() -> damage`: the state is now the one to go back to, unless the turn has damaged memory. */
  commit: '__wasm_revive_commit',
  /** Back to the state of the last commit. */
  rollBack: '__wasm_revive_rollback',
  /** `(address, length)`: JavaScript is about to write there. */
  note: '__wasm_revive_note',
  /** `() -> damage`: what the turn has damaged. */
  check: '__wasm_revive_check',
} as const satisfies Undoing;

/**
 * How many turns in a row may be undone, none of them having ended well. A state in which nothing goes well any more is given up then: a fresh
 * instance follows.
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

/** The same, with what has been noted of it. */
interface NotedTurn extends Turn {
  isUndone: boolean;
  /** What puts back what it has changed. */
  readonly changes: (() => void)[];
  /** What takes back what it has given to the host: that may run code of the program's. */
  readonly given: (() => void)[];
}

/** What undoes the turns of one instance. */
export class Undo {
  #commit: () => number = () => NO_DAMAGE;
  #check: () => number = () => NO_DAMAGE;
  #rollBack: () => void = () => {};
  #note: (address: number, length: number) => void = () => {};
  /** The turn, once something of it has been noted. */
  #turn: NotedTurn | undefined;
  /** Whether there is a state to go back to: it has been started. */
  #hasCommitted = false;
  #undoneInARow = 0;
  readonly #damaged: (found: Error) => never;

  /** @param damaged a turn that seemed to have ended well has damaged memory, so that it has failed: throws what its caller gets */
  constructor(damaged: (found: Error) => never) {
    this.#damaged = damaged;
  }

  /** The instance is there. */
  bind(exports: WebAssembly.Exports): void {
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
    this.#turn = undefined;
  }

  /** Whether the turn that fails may be undone. */
  get canUndo(): boolean {
    return this.#hasCommitted && this.#undoneInARow < MOST_IN_A_ROW && this.#check() !== DAMAGED_LOG;
  }

  /** The turn that is running. */
  get turn(): Turn {
    return this.#noted();
  }

  #noted(): NotedTurn {
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

  /** The turn has ended well, unless it has damaged memory. No frame of the instance is on the stack. */
  commit(): void {
    let damage: unknown;
    try {
      damage = this.#commit();
    } catch (trap) {
      damage = trap;
    }
    if (damage !== NO_DAMAGE) this.#damaged(typeof damage === 'number' ? damageError(damage) : (damage as Error));
    this.#hasCommitted = true;
    this.#undoneInARow = 0;
    if (this.#turn !== undefined) this.#turn = undefined;
  }

  /** The turn never was. Gives what takes back what it has given to the host. */
  rollBack(): () => void {
    this.#undoneInARow++;
    const turn = this.#noted();
    const { changes, given } = turn;
    turn.isUndone = true;
    this.#turn = undefined;
    while (changes.length > 0) changes.pop()?.();
    this.#rollBack();
    return () => {
      while (given.length > 0) given.pop()?.();
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
