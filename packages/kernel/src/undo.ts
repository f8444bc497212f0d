/**
 * Undoing a turn. Memory, globals and the table of JavaScript's values go back by what the transform has added to the module (the undo log, see
 * `crates/transform/src/undo_log.rs`); what JavaScript knows of the instance goes back by what is noted here while the turn runs: handles and
 * closures that it has made, used up or changed.
 */
import type { ClosureState, Undoing } from './contract.js';
import type { Closure } from './own-closures.js';
import type { Turns } from './turns.js';
import { UndoableClosures } from './undoable-closures.js';

/** What the transform adds to a module whose turns can be undone: its exports, by what they do. */
export const UNDO_EXPORTS = {
  /** The state is now the one to go back to. */
  commit: '__wasm_revive_commit',
  /** Back to the state of the last commit. */
  rollBack: '__wasm_revive_rollback',
  /** `(address, length)`: JavaScript is about to write there. */
  note: '__wasm_revive_note',
  /** A global with the address of a word that isn't 0 as soon as there is something to commit. */
  changed: '__wasm_revive_changed',
} as const satisfies Undoing;

/**
 * How many turns in a row may be undone, none of them having ended well. A state in which nothing goes well any more is given up then: a fresh
 * instance follows.
 */
const MOST_IN_A_ROW = 100;

/** A turn, as whatever came to be in it knows it. */
export interface Turn {
  readonly isUndone: boolean;
}

/** Takes back what a turn has given to the host. @param error what the turn failed with */
export type TakeBack = (error: unknown) => void;

/** What undoes the turns of one instance. */
export class Undo {
  #commit: () => void = () => {};
  #rollBack: () => void = () => {};
  #note: (address: number, length: number) => void = () => {};
  readonly #turns: Turns;
  readonly #closures: UndoableClosures;
  /** The turn, once somebody has asked for it. Who keeps it must not keep by it what else came to be in it. */
  #turn: { isUndone: boolean } | undefined;
  /** What puts back what it has changed. */
  #changes: (() => void)[] = [];
  /** What takes back what it has given to the host: that may run code of the program's. */
  #given: TakeBack[] = [];
  /** Whether there is a state to go back to: it has been started. */
  #hasCommitted = false;
  #undoneInARow = 0;

  constructor(turns: Turns) {
    this.#turns = turns;
    this.#closures = new UndoableClosures(this, turns);
  }

  /** The instance is there. */
  bind(exports: WebAssembly.Exports): void {
    this.#commit = exports[UNDO_EXPORTS.commit] as () => void;
    this.#rollBack = exports[UNDO_EXPORTS.rollBack] as () => void;
    this.#note = exports[UNDO_EXPORTS.note] as (address: number, length: number) => void;
  }

  /** The instance is lost: nothing here may hold its memory. */
  release(): void {
    this.#commit = this.#rollBack = this.#note = () => {};
    this.#hasCommitted = false;
    this.#forgetTurn();
  }

  /** Whether the turn that fails may be undone. */
  get canUndo(): boolean {
    return this.#hasCommitted && this.#undoneInARow < MOST_IN_A_ROW;
  }

  /** The turn that is running. */
  get turn(): Turn {
    this.#turns.state.hasChanged = true;
    this.#turn ??= { isUndone: false };
    return this.#turn;
  }

  #forgetTurn(): void {
    this.#turn = undefined;
    if (this.#changes.length > 0) this.#changes = [];
    if (this.#given.length > 0) this.#given = [];
  }

  /** Something has changed that goes back with the turn. */
  changes(putBack: () => void): void {
    this.#turns.state.hasChanged = true;
    this.#changes.push(putBack);
  }

  /** The host was given something that is of no use without the turn. */
  gives(takeBack: TakeBack): void {
    this.#turns.state.hasChanged = true;
    this.#given.push(takeBack);
  }

  /** JavaScript is about to write into the memory. */
  note(address: number, length: number): void {
    this.#note(address, length);
  }

  /** The turn has ended well. No frame of the instance is on the stack. */
  commit(): void {
    this.#commit();
    this.#hasCommitted = true;
    this.#undoneInARow = 0;
    this.#forgetTurn();
    this.#closures.commit();
    this.#turns.state.hasChanged = false;
  }

  /** The turn never was. Gives what takes back what it has given to the host. */
  rollBack(): TakeBack {
    this.#undoneInARow++;
    this.#turns.state.hasChanged = true;
    if (this.#turn !== undefined) this.#turn.isUndone = true;
    const changes = this.#changes;
    const given = this.#given;
    while (changes.length > 0) changes.pop()?.();
    this.#closures.rollBack();
    this.#rollBack();
    this.#turn = undefined;
    this.#given = [];
    return (error) => {
      while (given.length > 0) given.pop()?.(error);
    };
  }

  /** See {@link UndoableClosures.closure}. */
  closure(closure: Closure, state: ClosureState | undefined, stale: () => unknown): Closure {
    return this.#closures.closure(closure, state, stale);
  }
}
