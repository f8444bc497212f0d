/**
 * The state of an instance of which the code was left as it is: at the end of each turn all of it is copied, the memory, the globals that can change
 * and the table of JavaScript's values. The transform exports those (`crates/transform/src/copyable.rs`).
 *
 * The memory is copied as a whole. (Measured on Node.js 20 to 26: to find out which of it has changed takes JavaScript longer than to copy it.)
 *
 * Wasm gives back neither memory nor places of a table. What a turn that is undone has grown them by goes with the instance: the state is put into
 * another one.
 */

import { UNDO_EXPORTS } from '../module/undo-exports.js';
import { is } from '../program/intrinsics.js';
import type { Image, Part } from './image.js';
import type { KeepState, KeptState } from './kept-state.js';

/** Bytes of a page of memory. */
const PAGE = 65_536;

/** Bytes of a global, as an image has it. */
const BYTES_OF_GLOBAL = 8;

/** What is kept besides the memory. */
interface Rest {
  readonly globals: readonly (number | bigint)[];
  readonly references: readonly unknown[];
}

class StateCopy implements KeptState {
  readonly isAskedEachTurn = true;
  readonly hasChanged = true;
  readonly #memory: WebAssembly.Memory;
  /** Undefined where there is one that can't be put back. */
  readonly #globals: readonly WebAssembly.Global[] | undefined;
  readonly #table: WebAssembly.Table | undefined;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Undefined where there is no copy: nothing was committed yet, or there was no memory for it. */
  #rest: Rest | undefined;

  constructor(exports: WebAssembly.Exports) {
    this.#memory = exports.memory as WebAssembly.Memory;
    this.#globals = globalsOf(exports);
    this.#table = exports[UNDO_EXPORTS.references] as WebAssembly.Table | undefined;
  }

  /** Damage is not looked for: nothing in the memory is there for that. */
  commit(): number {
    this.#copy(this.#memory.buffer.byteLength, this.#table?.length ?? 0);
    return 0;
  }

  /** Copies the state. What is behind it, of the memory and of the table, is nobody's. */
  #copy(end: number, places: number): void {
    const table = this.#table;
    this.#rest = undefined;
    try {
      if (this.#bytes.length !== end) this.#bytes = new Uint8Array(end);
    } catch {
      // There is no memory for a copy: until there is one, no turn can be undone.
      this.#bytes = new Uint8Array(0);
      return;
    }
    this.#bytes.set(new Uint8Array(this.#memory.buffer, 0, end));
    if (this.#globals === undefined) return;
    const references: unknown[] = [];
    for (let place = 0; place < places; place++) references.push(table?.get(place));
    this.#rest = { globals: this.#globals.map(({ value }) => value as number | bigint), references };
  }

  rollBack(): void {
    if (this.#rest !== undefined) this.#write([{ at: 0, bytes: this.#bytes }], this.#rest);
  }

  /** All of the memory is copied, whoever writes to it. */
  note(): void {}

  get canRollBack(): boolean {
    return this.#rest !== undefined;
  }

  mustMove(image: Image | undefined): boolean {
    const { references } = image ?? this.#rest ?? {};
    return this.#table !== undefined && references !== undefined && this.#table.length > references.length;
  }

  /** Whether any is spare: the program is given none of it. */
  hasMuchSpareMemory(): boolean {
    return this.#memory.buffer.byteLength > this.#bytes.length;
  }

  takeImage(): Image | undefined {
    return this.#rest && imageOf(this.#bytes.slice(), this.#rest);
  }

  viewImage(): Image | undefined {
    return this.#rest && imageOf(this.#bytes, this.#rest);
  }

  makeRoom({ record, end, memory }: Image): void {
    const isSame =
      record.at === 0 &&
      record.bytes.length === (this.#globals ?? []).length * BYTES_OF_GLOBAL &&
      end % PAGE === 0 &&
      memory.every(({ at, bytes }) => at + bytes.length <= end);
    if (!isSame) throw new RangeError('the memory of this module is laid out otherwise');
    this.#growTo(end);
  }

  putImage({ memory, record, end, references }: Image): void {
    this.#growTo(end);
    this.#write(memory, { globals: globalsIn(record, this.#globals ?? []), references });
    this.#copy(end, this.#table === undefined ? 0 : references.length);
  }

  #growTo(end: number): void {
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(missing / PAGE);
  }

  #write(memory: readonly Part[], { globals, references }: Rest): void {
    const now = new Uint8Array(this.#memory.buffer);
    let from = 0;
    for (const { at, bytes } of memory) {
      // What no part says anything of is zero.
      now.fill(0, from, at).set(bytes, at);
      from = at + bytes.length;
    }
    now.fill(0, from);
    this.#globals?.forEach((global, nth) => {
      global.value = globals[nth];
    });
    const table = this.#table;
    if (table === undefined) return;
    if (table.length < references.length) table.grow(references.length - table.length);
    for (let place = 0, { length } = table; place < length; place++) {
      const value = place < references.length ? references[place] : null;
      if (!is(table.get(place), value)) table.set(place, value);
    }
  }
}

/** Keeps the state by copying it. */
export const byCopy: KeepState = (exports) => new StateCopy(exports);

/** The globals that can change, in order. A module namespace (WebAssembly/ES module integration) may have their values in place of them. */
function globalsOf(exports: WebAssembly.Exports): WebAssembly.Global[] | undefined {
  const globals: WebAssembly.Global[] = [];
  for (;;) {
    const global: unknown = exports[`${UNDO_EXPORTS.global}${globals.length}`];
    if (global === undefined) return globals;
    if (!(global instanceof WebAssembly.Global)) return undefined;
    globals.push(global);
  }
}

function imageOf(bytes: Uint8Array<ArrayBuffer>, { globals, references }: Rest): Image {
  const record = new DataView(new ArrayBuffer(globals.length * BYTES_OF_GLOBAL));
  globals.forEach((value, nth) => {
    if (typeof value === 'bigint') record.setBigInt64(nth * BYTES_OF_GLOBAL, value, true);
    else record.setFloat64(nth * BYTES_OF_GLOBAL, value, true);
  });
  const end = bytes.length;
  return {
    memory: [{ at: 0, bytes }],
    record: { at: 0, bytes: new Uint8Array(record.buffer) },
    end,
    references,
    size: end + record.byteLength,
  };
}

function globalsIn({ bytes }: Part, globals: readonly WebAssembly.Global[]): (number | bigint)[] {
  const record = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return globals.map(({ value }: WebAssembly.Global, nth) => {
    const at = nth * BYTES_OF_GLOBAL;
    return typeof value === 'bigint' ? record.getBigInt64(at, true) : record.getFloat64(at, true);
  });
}
