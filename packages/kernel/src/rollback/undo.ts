/**
 * Undoing a turn. Memory, globals and the table of JavaScript's values go back to what is kept of them ({@link KeptState}); what JavaScript knows of
 * the instance goes back by what is noted here while the turn runs: handles and closures that it has made, used up or changed.
 */

import type { ClosureState } from '../contract/contract.js';
import type { Closure } from '../instance/own-closures.js';
import type { Turns } from '../instance/turns.js';
import { type CheckpointPolicy, Checkpoints, type GivenUp, type PastTurn } from './checkpoints.js';
import type { Image } from './image.js';
import type { KeepState, KeptState } from './kept-state.js';
import { type IsCalled, UndoableClosures } from './undoable-closures.js';

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

/** A turn, as whatever came to be in it knows it. */
export interface Turn {
  readonly isUndone: boolean;
}

/** Takes back what a turn has given to the host. @param error what the turn failed with */
export type TakeBack = (error: unknown) => void;

/** What undoes the turns of one instance. */
export class Undo {
  /** The pointers of handles that no registry of the glue's knows, until they are used up. */
  readonly unregistered: WeakMap<object, readonly (readonly [name: string, pointer: number])[]> = new WeakMap();
  readonly #turns: Turns;
  readonly #closures: UndoableClosures;
  /** The turn, once somebody has asked for it. Who keeps it must not keep by it what else came to be in it. */
  #turn: { isUndone: boolean } | undefined;
  /** What puts back what it has changed. */
  #changes: (() => void)[] = [];
  /** What takes back what it has given to the host: that may run code of the program's. */
  #given: TakeBack[] = [];
  /** Those who are told if it is undone, and only then: not where an older state is gone back to. */
  #told: TakeBack[] = [];
  /** Whether there is a state to go back to: it has been started. */
  #hasCommitted = false;
  #undoneInARow = 0;
  readonly #keep: KeepState;
  #exports: WebAssembly.Exports | undefined;
  /** Undefined: the instance isn't there. */
  #kept: KeptState | undefined;
  /** Another WebAssembly instance, where the turn that fails can't be undone in this one. */
  #other: WebAssembly.Exports | undefined;
  #checkpoints: Checkpoints | undefined;
  /** Whether turns are not to end: what runs now never was. */
  #isHeld = false;
  /** How many functions the event loop has been given that it calls once, and has not called yet. */
  #awaited = 0;
  readonly #damaged: (found: Error) => never;

  /**
   * @param keep how the state is kept
   * @param damaged a turn that seemed to have ended well has damaged memory, so that it has failed: throws what its caller gets
   */
  constructor(turns: Turns, keep: KeepState, damaged: (found: Error) => never) {
    this.#turns = turns;
    this.#keep = keep;
    this.#damaged = damaged;
    this.#closures = new UndoableClosures(this, turns);
  }

  /** The instance is there. */
  bind(exports: WebAssembly.Exports): void {
    // Else it has moved there.
    if (exports !== this.#exports) this.#kept = this.#keep(exports);
    this.#exports = exports;
  }

  /** The instance is lost: nothing here may hold its memory. */
  release(): void {
    this.#hasCommitted = false;
    this.#forgetTurn();
    this.#exports = this.#kept = this.#other = this.#checkpoints = undefined;
  }

  /** Keeps older states from now on; undefined: none. @param isIdle whether the host has nothing else of the instance's that it calls once */
  keep(policy: CheckpointPolicy | undefined, isIdle: () => boolean): void {
    this.#checkpoints = policy && new Checkpoints(policy, () => this.#awaited === 0 && isIdle());
    this.#turns.state.hasChanged = true;
  }

  /** The event loop is given something that it calls once. Gives what is to be called when it does; that says whether it was ever given. */
  awaits(): () => boolean {
    const { turn } = this;
    this.#awaited++;
    let isAwaited = true;
    const arrives = (): boolean => {
      if (isAwaited) this.#awaited--;
      isAwaited = false;
      return !turn.isUndone;
    };
    // Rust waits for nothing that a turn has asked for which never was.
    this.changes(arrives);
    return arrives;
  }

  /**
   * Whether the turn that fails may be undone.
   * @param another makes another WebAssembly instance; gives undefined where this one can't be exchanged for one
   */
  canUndo(another: () => WebAssembly.Exports | undefined): boolean {
    if (!this.#hasCommitted || (this.#isGivenUp && this.wouldGiveUp === undefined)) return false;
    const older = this.wouldGiveUp && this.#checkpoints?.youngest;
    if (this.#kept?.mustMove(older) !== true) return true;
    try {
      // Whether the engine makes one now, and one that is as large, is known only by asking it.
      this.#other ??= another();
      const image = older ?? this.#kept.viewImage();
      if (this.#other === undefined || image === undefined) return false;
      this.#keep(this.#other).makeRoom(image);
      return true;
    } catch {
      return false;
    }
  }

  /** Whether to undo the turn is of no use any more. */
  get #isGivenUp(): boolean {
    return this.#undoneInARow >= MOST_IN_A_ROW || this.#kept?.canRollBack === false;
  }

  /** What is given up besides where the turn that fails is undone: turns before it, where the instance goes back to an older state. */
  get wouldGiveUp(): GivenUp | undefined {
    return this.#isGivenUp ? this.#checkpoints?.wouldGiveUp : undefined;
  }

  /** The turn that is running. */
  get turn(): Turn {
    this.#turns.state.hasChanged = true;
    this.#turn ??= { isUndone: false };
    return this.#turn;
  }

  /** What goes back with the turn, should an older state be gone back to. */
  get #past(): PastTurn | undefined {
    const [turn, changes, given] = [this.#turn, this.#changes, this.#given];
    return turn === undefined && changes.length === 0 && given.length === 0 ? undefined : { turn, changes, given };
  }

  #forgetTurn(): void {
    this.#turn = undefined;
    if (this.#changes.length > 0) this.#changes = [];
    if (this.#given.length > 0) this.#given = [];
    if (this.#told.length > 0) this.#told = [];
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

  /** Tells somebody, last, should the turn be undone. */
  whenUndone(tell: TakeBack): void {
    this.#turns.state.hasChanged = true;
    this.#told.push(tell);
  }

  /** JavaScript is about to write into the memory. */
  note(address: number, length: number): void {
    this.#kept?.note(address, length);
  }

  /** Whether the event loop has been given something that it calls once, and has not called yet. */
  get isAwaited(): boolean {
    return this.#awaited > 0;
  }

  /**
   * What an undone turn has grown is nobody's, and Wasm gives none of it back: where that is much memory, or this instance can't do without it, another
   * WebAssembly instance takes over the state, with no more memory than it needs. No turn is running. Gives its exports; undefined where that isn't so, or
   * can't be ({@link mustMove}).
   * @param another makes it; gives undefined where this one can't be exchanged for one
   */
  move(another: () => WebAssembly.Exports | undefined): WebAssembly.Exports | undefined {
    const kept = this.#kept as KeptState;
    const other = this.#other;
    this.#other = undefined;
    if (other === undefined && !kept.mustMove(undefined) && !kept.hasMuchSpareMemory()) return undefined;
    try {
      // The other memory is filled out of this one: a copy in between would take as much room again.
      const image = kept.viewImage();
      if (image === undefined) return undefined;
      const exports = other ?? another();
      if (exports === undefined) return undefined;
      const moved = this.#keep(exports);
      moved.makeRoom(image);
      moved.putImage(image);
      detach(this.#exports?.memory as WebAssembly.Memory);
      this.#exports = exports;
      this.#kept = moved;
      return exports;
    } catch {
      // There is no memory for two, nor for a copy: it stays as large as it is.
      return undefined;
    }
  }

  /** Whether the state that is kept can't go on in this WebAssembly instance. */
  get mustMove(): boolean {
    return this.#kept?.mustMove(undefined) === true;
  }

  /** A copy of the state; undefined where there can be none. No turn is running. */
  takeImage(): Image | undefined {
    const kept = this.#kept;
    return kept === undefined || kept.commit() !== NO_DAMAGE ? undefined : kept.takeImage();
  }

  /** See {@link KeptState.makeRoom}. */
  makeRoom(image: Image): void {
    this.#kept?.makeRoom(image);
  }

  /**
   * Runs what a start function does, and undoes it: an image takes its place. Gives what takes back what it has given to the host.
   * @param image makes it, once that is undone
   */
  startWith(image: () => Image, start: () => void): TakeBack {
    this.#isHeld = true;
    try {
      start();
    } catch (error) {
      // It has cost the instance. Else it threw on purpose, which is undone with the rest.
      if (this.#exports === undefined) throw error;
    } finally {
      this.#isHeld = false;
    }
    const takeBack = this.rollBack(true);
    // It is gone where the start function has cost it, and not said so.
    const kept = this.#kept;
    if (kept === undefined) return takeBack;
    // Which commits, too.
    kept.putImage(image());
    this.#turnIsOver();
    return takeBack;
  }

  /** The turn has ended well, unless it has damaged memory. No frame of the instance is on the stack. */
  commit(): void {
    const kept = this.#kept;
    if (this.#isHeld || kept === undefined) return;
    const hasChanged = this.#checkpoints !== undefined && kept.hasChanged;
    let damage: unknown;
    try {
      damage = kept.commit();
    } catch (trap) {
      damage = trap;
    }
    if (damage !== NO_DAMAGE) this.#damaged(typeof damage === 'number' ? damageError(damage) : (damage as Error));
    const past = this.#past;
    this.#turnIsOver();
    if (past !== undefined || hasChanged) this.#checkpoints?.committed(kept, past);
  }

  /** The state that is kept is the one to go back to. */
  #turnIsOver(): void {
    this.#hasCommitted = true;
    this.#undoneInARow = 0;
    this.#forgetTurn();
    this.#closures.commit();
    // Who keeps older states has to be told of each turn.
    this.#turns.state.hasChanged = this.#checkpoints !== undefined || this.#kept?.isAskedEachTurn === true;
  }

  /**
   * The turn never was, nor were those since the older state where that is gone back to. Gives what takes back what they have given to the host.
   * @param ofState whether it counts among those in a row after which the state is given up: not where JavaScript threw, which it does by its own will
   */
  rollBack(ofState: boolean): TakeBack {
    const goesBack = this.wouldGiveUp !== undefined;
    if (ofState) this.#undoneInARow++;
    this.#turns.state.hasChanged = true;
    if (this.#turn !== undefined) this.#turn.isUndone = true;
    const changes = this.#changes;
    const [given, told] = [this.#given, this.#told];
    while (changes.length > 0) changes.pop()?.();
    this.#closures.rollBack();
    let takeBackOlder: TakeBack = () => {};
    if (goesBack) {
      // Without the log, which may be damaged.
      takeBackOlder = (this.#checkpoints as Checkpoints).goBack(this.#kept as KeptState);
      this.#closures.forget();
      this.#undoneInARow = 0;
    } else {
      this.#kept?.rollBack();
    }
    this.#turn = undefined;
    this.#given = [];
    this.#told = [];
    return (error) => {
      while (given.length > 0) given.pop()?.(error);
      takeBackOlder(error);
      for (const tell of told) tell(error);
    };
  }

  /** See {@link UndoableClosures.closure}. */
  closure(closure: Closure, state: ClosureState | undefined, stale: () => unknown, isCalled: IsCalled): Closure {
    return this.#closures.closure(closure, state, stale, isCalled);
  }
}

/** Whoever has a view of the memory is to find that it has none, as after the memory has grown: else it would go on in what nobody uses. */
function detach(memory: WebAssembly.Memory): void {
  memory.grow(0);
}

/** What stands for the trap that there was none. */
function damageError(damage: number): Error {
  return new WebAssembly.RuntimeError(DAMAGE[damage] ?? `damage ${damage}`);
}
