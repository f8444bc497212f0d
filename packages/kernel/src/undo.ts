/**
 * Undoing a turn. Memory, globals and the table of JavaScript's values go back by what the transform has added to the module (the undo log, see
 * `crates/transform/src/undo_log.rs`); what JavaScript knows of the instance goes back by what is noted here while the turn runs: handles and
 * closures that it has made, used up or changed.
 */
import { type CheckpointPolicy, Checkpoints, type GivenUp, type PastTurn } from './checkpoints.js';
import type { ClosureState } from './contract.js';
import { globalValue } from './global-value.js';
import type { Held } from './held.js';
import { endOfState, type Image, makeRoom, putImage, takeImage, viewImage } from './image.js';
import type { Closure } from './own-closures.js';
import type { Turns } from './turns.js';
import { UNDO_EXPORTS } from './undo-exports.js';
import { type IsCalled, UndoableClosures } from './undoable-closures.js';

/**
 * How many turns in a row may be undone, none of them having ended well. A state in which nothing goes well any more is given up then: for an older
 * one, where there is one, or a fresh instance.
 */
const MOST_IN_A_ROW = 100;

/**
 * How much memory that is nobody's is worth another WebAssembly instance: so many bytes, and so much of all. Until the engine collects the old memory,
 * both take room.
 */
const MUCH_MEMORY = 16 * 2 ** 20;
const MUCH_OF_MEMORY = 3 / 4;

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

/** Bytes of the log that nobody writes to. */
interface Canary {
  readonly at: number;
  readonly length: number;
}

/** A turn, as whatever came to be in it knows it. */
export interface Turn {
  readonly isUndone: boolean;
}

/** Takes back what a turn has given to the host. @param error what the turn failed with */
export type TakeBack = (error: unknown) => void;

/** What undoes the turns of one instance. */
export class Undo {
  #commit: () => number = () => NO_DAMAGE;
  #canaries: readonly Canary[] = [];
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
  /** Those who are told if it is undone, and only then: not where an older state is gone back to. */
  #told: TakeBack[] = [];
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
  constructor(turns: Turns, damaged: (found: Error) => never) {
    this.#turns = turns;
    this.#damaged = damaged;
    this.#closures = new UndoableClosures(this, turns);
  }

  /** The instance is there. */
  bind(exports: WebAssembly.Exports): void {
    this.#exports = exports;
    this.#commit = exports[UNDO_EXPORTS.commit] as () => number;
    this.#canaries = canariesOf(exports);
    this.#rollBack = exports[UNDO_EXPORTS.rollBack] as () => void;
    this.#note = exports[UNDO_EXPORTS.note] as (address: number, length: number) => void;
  }

  /** The instance is lost: nothing here may hold its memory. */
  release(): void {
    this.#commit = () => NO_DAMAGE;
    this.#canaries = [];
    this.#rollBack = this.#note = () => {};
    this.#hasCommitted = false;
    this.#forgetTurn();
    this.#exports = this.#checkpoints = undefined;
  }

  /** Keeps older states from now on; undefined: none. @param isIdle whether the host has nothing else of the instance's that it calls once */
  keep(policy: CheckpointPolicy | undefined, isIdle: () => boolean): void {
    this.#checkpoints = policy && new Checkpoints(policy, () => this.#awaited === 0 && isIdle());
    this.#turns.state.hasChanged = true;
  }

  /** The event loop is given something that it calls once. Gives what is to be called when it does. */
  awaits(): () => void {
    this.#awaited++;
    let isAwaited = true;
    const arrives = (): void => {
      if (isAwaited) this.#awaited--;
      isAwaited = false;
    };
    // Rust waits for nothing that a turn has asked for which never was.
    this.changes(arrives);
    return arrives;
  }

  /** Whether the turn that fails may be undone. */
  get canUndo(): boolean {
    return this.#hasCommitted && (!this.#isGivenUp || this.#checkpoints?.wouldGiveUp !== undefined);
  }

  /** Whether to undo the turn is of no use any more. */
  get #isGivenUp(): boolean {
    return this.#undoneInARow >= MOST_IN_A_ROW || this.#isLogDamaged;
  }

  /** Whether the log may be damaged. Nothing is run for that: the instance may have trapped (I3). */
  get #isLogDamaged(): boolean {
    const memory = this.#exports?.memory as WebAssembly.Memory | undefined;
    return memory !== undefined && this.#canaries.some(({ at, length }) => !isZero(memory.buffer, at, length));
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

  /** Whether the turn has changed something of what Wasm has. */
  get #hasLogged(): boolean {
    const { memory, [UNDO_EXPORTS.changed]: changed } = this.#exports as WebAssembly.Exports;
    return new DataView((memory as WebAssembly.Memory).buffer).getInt32(globalValue<number>(changed) as number, true) !== 0;
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
    this.#note(address, length);
  }

  /** Whether the event loop has been given something that it calls once, and has not called yet. */
  get isAwaited(): boolean {
    return this.#awaited > 0;
  }

  /**
   * Memory that an undone turn has grown is nobody's, and Wasm gives none back: where that is much, another WebAssembly instance takes over the
   * state, with no more memory than it needs. No turn is running. Gives its exports; undefined where that isn't so, where Rust holds the memory that
   * it would lose, or where the engine makes no instance now.
   * @param held what Rust holds of JavaScript
   */
  moveToLessMemory(compiled: WebAssembly.Module, imports: WebAssembly.Imports, held: Held | undefined): WebAssembly.Exports | undefined {
    const own = this.#exports as WebAssembly.Exports;
    if (!this.#hasMuchSpareMemory() || (held !== undefined && holds(held, own.memory))) return undefined;
    try {
      // The other memory is filled out of this one: a copy in between would take as much room again.
      const image = viewImage(own);
      if (image === undefined) return undefined;
      const { exports } = new WebAssembly.Instance(compiled, imports);
      makeRoom(exports, image);
      putImage(exports, image);
      return exports;
    } catch {
      // There is no memory for two, nor for a copy: it stays as large as it is.
      return undefined;
    }
  }

  /** Whether much of the memory is nobody's. A method, for it commits: only then the log says where the state ends. */
  #hasMuchSpareMemory(): boolean {
    const exports = this.#exports as WebAssembly.Exports;
    const { byteLength } = (exports.memory as WebAssembly.Memory).buffer;
    if (byteLength < MUCH_MEMORY || this.#commit() !== NO_DAMAGE) return false;
    const spare = byteLength - endOfState(exports);
    return spare >= MUCH_MEMORY && spare >= byteLength * MUCH_OF_MEMORY;
  }

  /** A copy of the state; undefined where there can be none. No turn is running. */
  takeImage(): Image | undefined {
    const exports = this.#exports;
    return exports === undefined || this.#commit() !== NO_DAMAGE ? undefined : takeImage(exports);
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
    const takeBack = this.rollBack();
    putImage(this.#exports as WebAssembly.Exports, image());
    this.commit();
    return takeBack;
  }

  /** The turn has ended well, unless it has damaged memory. No frame of the instance is on the stack. */
  commit(): void {
    if (this.#isHeld) return;
    const hasLogged = this.#checkpoints !== undefined && this.#hasLogged;
    let damage: unknown;
    try {
      damage = this.#commit();
    } catch (trap) {
      damage = trap;
    }
    if (damage !== NO_DAMAGE) this.#damaged(typeof damage === 'number' ? damageError(damage) : (damage as Error));
    this.#hasCommitted = true;
    this.#undoneInARow = 0;
    const past = this.#past;
    this.#forgetTurn();
    this.#closures.commit();
    // Who keeps older states has to be told of each turn.
    this.#turns.state.hasChanged = this.#checkpoints !== undefined;
    if (past !== undefined || hasLogged) this.#checkpoints?.committed(this.#exports as WebAssembly.Exports, past);
  }

  /** The turn never was, nor were those since the older state where that is gone back to. Gives what takes back what they have given to the host. */
  rollBack(): TakeBack {
    const goesBack = this.wouldGiveUp !== undefined;
    this.#undoneInARow++;
    this.#turns.state.hasChanged = true;
    if (this.#turn !== undefined) this.#turn.isUndone = true;
    const changes = this.#changes;
    const [given, told] = [this.#given, this.#told];
    while (changes.length > 0) changes.pop()?.();
    this.#closures.rollBack();
    let takeBackOlder: TakeBack = () => {};
    if (goesBack) {
      // Without the log, which may be damaged.
      takeBackOlder = (this.#checkpoints as Checkpoints).goBack(this.#exports as WebAssembly.Exports);
      this.#closures.forget();
      this.#undoneInARow = 0;
    } else {
      this.#rollBack();
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

function holds(held: Held, value: unknown): boolean {
  for (let place = 0, { length } = held; place < length; place++) if (held.get(place) === value) return true;
  return false;
}

/** Where the log's canaries are. */
function canariesOf(exports: WebAssembly.Exports): Canary[] {
  const canaries: Canary[] = [];
  for (;;) {
    const value = globalValue<bigint>(exports[`${UNDO_EXPORTS.canary}${canaries.length}`]);
    if (value === undefined) return canaries;
    canaries.push({ at: Number(value & 0xffff_ffffn), length: Number(value >> 32n) });
  }
}

function isZero(buffer: ArrayBuffer, at: number, length: number): boolean {
  const bytes = new Uint8Array(buffer, at, length);
  for (let place = 0; place < length; place++) if (bytes[place] !== 0) return false;
  return true;
}

/** What stands for the trap that there was none. */
function damageError(damage: number): Error {
  return new WebAssembly.RuntimeError(DAMAGE[damage] ?? `damage ${damage}`);
}
