import type { Image } from './image.js';

/**
 * The state of an instance as it was at the last commit, which a turn that fails is undone to: in the undo log that the transform has added to the
 * module (`undo-log.ts`), or in a copy (`state-copy.ts`).
 */
export interface KeptState {
  /** Whether a commit is needed at the end of each turn, for nobody says what Wasm has changed. */
  readonly isAskedEachTurn: boolean;
  /** The present state is the one to go back to, unless the turn has damaged memory. Gives the damage by its number (`canaries.rs`), 0 for none. */
  commit(): number;
  /** Back to the state of the last commit. */
  rollBack(): void;
  /** JavaScript is about to write there. */
  note(address: number, length: number): void;
  /** Whether the turn may have changed something of what Wasm has. */
  readonly hasChanged: boolean;
  /** Whether {@link rollBack} can be trusted to do it. Nothing is run to find out: the instance may have trapped (I3). */
  readonly canRollBack: boolean;
  /**
   * Whether a state goes into another WebAssembly instance only, for a table can't be made smaller.
   * @param image undefined: the state of the last commit
   */
  mustMove(image: Image | undefined): boolean;
  /** Whether so much of the memory is nobody's that another WebAssembly instance is worth it. No turn is running. */
  hasMuchSpareMemory(): boolean;
  /** A copy of the state; undefined where it has a part that can't be copied. The instance has just committed. */
  takeImage(): Image | undefined;
  /** The same without a copy: good until anything of the instance runs. */
  viewImage(): Image | undefined;
  /**
   * Makes an instance that has never run ready for the state of another one.
   * @throws RangeError where its module lays out memory otherwise, or where the engine has no memory for it
   */
  makeRoom(image: Image): void;
  /**
   * Puts a state back, into the instance that it is of, or into another one of the same module. It is also the one to go back to then.
   * @throws what the engine throws where it has no memory for it; then nothing has changed but how much memory the instance has
   */
  putImage(image: Image): void;
}

/** Makes it for the raw exports of an instance. */
export type KeepState = (exports: WebAssembly.Exports) => KeptState;
