/** The undo log of an instance: what the transform has added to the module, see `crates/transform/src/undo_log.rs`. */
import { globalValue } from '../module/global-value.js';
import { UNDO_EXPORTS } from '../module/undo-exports.js';
import { endOfState, type Image, makeRoom, putImage, takeImage, viewImage } from './image.js';
import type { KeepState, KeptState } from './kept-state.js';

/**
 * How much memory that is nobody's is worth another WebAssembly instance: so many bytes, and so much of all. Until the engine collects the old memory,
 * both take room.
 */
const MUCH_MEMORY = 16 * 2 ** 20;
const MUCH_OF_MEMORY = 3 / 4;

/** Bytes of the log that nobody writes to. */
interface Canary {
  readonly at: number;
  readonly length: number;
}

class UndoLog implements KeptState {
  readonly isAskedEachTurn = false;
  readonly commit: () => number;
  readonly rollBack: () => void;
  readonly note: (address: number, length: number) => void;
  readonly #exports: WebAssembly.Exports;
  readonly #canaries: readonly Canary[];

  constructor(exports: WebAssembly.Exports) {
    this.#exports = exports;
    this.commit = exports[UNDO_EXPORTS.commit] as () => number;
    this.rollBack = exports[UNDO_EXPORTS.rollBack] as () => void;
    this.note = exports[UNDO_EXPORTS.note] as (address: number, length: number) => void;
    this.#canaries = canariesOf(exports);
  }

  get #buffer(): ArrayBuffer {
    return (this.#exports.memory as WebAssembly.Memory).buffer;
  }

  get hasChanged(): boolean {
    return new DataView(this.#buffer).getInt32(globalValue<number>(this.#exports[UNDO_EXPORTS.changed]) as number, true) !== 0;
  }

  get canRollBack(): boolean {
    return this.#canaries.every(({ at, length }) => isZero(this.#buffer, at, length));
  }

  /** What a turn has grown the table by is spare, like memory. */
  mustMove(): boolean {
    return false;
  }

  /** Commits, for only then the log says where the state ends. */
  hasMuchSpareMemory(): boolean {
    const { byteLength } = this.#buffer;
    if (byteLength < MUCH_MEMORY || this.commit() !== 0) return false;
    const spare = byteLength - endOfState(this.#exports);
    return spare >= MUCH_MEMORY && spare >= byteLength * MUCH_OF_MEMORY;
  }

  takeImage(): Image | undefined {
    return takeImage(this.#exports);
  }

  viewImage(): Image | undefined {
    return viewImage(this.#exports);
  }

  makeRoom(image: Image): void {
    makeRoom(this.#exports, image);
  }

  putImage(image: Image): void {
    putImage(this.#exports, image);
  }
}

/** Keeps the state by the undo log of the instance's module. */
export const byLog: KeepState = (exports) => new UndoLog(exports);

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
