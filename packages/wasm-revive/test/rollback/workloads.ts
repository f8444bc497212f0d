/** `crates/undo-workloads`, transformed for rollback and made to fail by `crates/fault-injector`: raw instances, which need no glue. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { RUNTIME, transformed, wasmFileOf } from '../fixtures.js';
import { changeSince, hasChanged, type Image, imageOf, type Layout, layoutOf, putBack } from './image.js';

/** Each with the size of a turn that has between some dozens and some thousands of stores. */
export const WORKLOADS = {
  btree: 4,
  database: 1,
  deflate: 1,
  document: 1,
  format: 4,
  growth: 4,
  image: 1,
  json: 1,
  lz4: 2,
  maps: 2,
  markdown: 1,
  matrix: 2,
  references: 8,
  regexes: 1,
  request: 1,
  sha: 4,
  sort: 4,
  sql: 1,
} as const;

export type Workload = keyof typeof WORKLOADS;

export const NAMES = Object.keys(WORKLOADS) as readonly Workload[];

/** Where a turn can fail: the counters of the injector, which `crates/fault-injector` says more of. */
export const PLACES = ['stores', 'calls', 'imports'] as const;

export type Place = (typeof PLACES)[number];

/** One call of one workload. */
export interface Turn {
  readonly of: Workload;
  readonly seed: number;
  readonly size: number;
}

const HIGHEST = 0x7fff_ffff;
const NONE = -0x8000_0000;

/** The module that fails, and where its log is. */
export interface FailingModule {
  readonly module: WebAssembly.Module;
  readonly layout: Layout;
  /** How many times as large the transformed module is, before it is made to fail. */
  readonly timesAsLarge: number;
}

/** Makes it. */
export function failingModule(): FailingModule {
  const artifact = (name: string): string => fileURLToPath(new URL(`../../../../.artifacts/${name}/abort/nodejs/`, import.meta.url));
  const original = artifact('undo-workloads');
  const outDir = transformed('nodejs', 'abort', RUNTIME, 'undo-workloads', 'rollback');
  const { inject } = createRequire(import.meta.url)(`${artifact('fault-injector')}wasm_revive_fault_injector.js`) as {
    inject(plain: Uint8Array, transformed: Uint8Array): Uint8Array<ArrayBuffer>;
  };
  const plain = readFileSync(wasmFileOf(original));
  const undoable = readFileSync(wasmFileOf(outDir));
  const module = new WebAssembly.Module(inject(plain, undoable));
  return { module, layout: layoutOf(original, outDir), timesAsLarge: undoable.length / plain.length };
}

/** An instance of it. */
export class Failing {
  readonly exports: WebAssembly.Exports;
  readonly #layout: Layout;
  readonly #rollBack: () => void;

  constructor({ module, layout }: FailingModule) {
    this.exports = new WebAssembly.Instance(
      module,
      importsOf(module, () => this.exports),
    ).exports;
    this.#layout = layout;
    this.#rollBack = this.exports.__wasm_revive_rollback as () => void;
    (this.exports.__wbindgen_start as () => void)();
    this.#set('floor', this.#get('__wasm_revive_global_0'));
    this.commit();
  }

  /** Runs a turn to its end. Gives its checksum. */
  run({ of, seed, size }: Turn): number {
    return (this.exports[of] as (seed: number, size: number) => number)(seed, size);
  }

  commit(): void {
    (this.exports.__wasm_revive_commit as () => void)();
  }

  rollBack(): void {
    this.#rollBack();
  }

  /**
   * Runs a turn that fails at its kth such place. Gives false where it has fewer, and ran to its end. A turn has as many each time, unless it grows
   * the memory: which addresses it is given depends on what the log has grown before.
   */
  fail(turn: Turn, place: Place, k: number): boolean {
    this.#set(place, k);
    try {
      this.run(turn);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError) || this.#get(place) !== 0) throw error;
      return true;
    } finally {
      this.#set(place, 0);
    }
    return false;
  }

  /** How many of each there are in a turn, which is run to its end. */
  count(turn: Turn): Record<Place, number> {
    for (const place of PLACES) this.#set(place, 0);
    this.run(turn);
    const counted = (place: Place): number => 0 - this.#get(place);
    return { stores: counted('stores'), calls: counted('calls'), imports: counted('imports') };
  }

  /** The barriers that log something in a turn, which is undone. */
  reached(turn: Turn): number[] {
    const found: number[] = [];
    for (let after = -1; ; ) {
      this.#set('after', after);
      this.#set('next', HIGHEST);
      this.run(turn);
      this.rollBack();
      after = this.#get('next');
      if (after === HIGHEST) return found;
      found.push(after);
    }
  }

  /** Does something while a barrier is left out, or all of a kind: `-1 - kind`. */
  without(barrier: number, run: () => void): void {
    this.#set('omissions', 0);
    this.#set('omitted', barrier);
    try {
      run();
    } finally {
      this.#set('omitted', NONE);
    }
  }

  /** How often one was left out, the last time that any were to be. */
  get omissions(): number {
    return this.#get('omissions');
  }

  /** How many kinds of barriers there are. */
  get kinds(): number {
    return this.#get('kinds');
  }

  image(): Image {
    return imageOf(this.#view, this.#layout);
  }

  /** Whether its memory is larger than it was. */
  hasGrownSince(image: Image): boolean {
    return (this.exports.memory as WebAssembly.Memory).buffer.byteLength > image.memory.length;
  }

  /** What isn't as it was. */
  changeSince(image: Image): string | undefined {
    return changeSince(image, this.#view, this.#layout);
  }

  hasChangedSince(image: Image): boolean {
    return hasChanged(image, this.#view, this.#layout);
  }

  putBack(image: Image): void {
    putBack(image, this.#view, this.#layout);
  }

  get #view(): { exports: WebAssembly.Exports } {
    return { exports: this.exports };
  }

  #get(name: string): number {
    return (this.exports[name.startsWith('__') ? name : `__fault_${name}`] as WebAssembly.Global<'i32'>).value;
  }

  #set(name: string, value: number): void {
    (this.exports[`__fault_${name}`] as WebAssembly.Global<'i32'>).value = value;
  }
}

/** What the module imports, by what wasm-bindgen's names begin with. */
function importsOf(module: WebAssembly.Module, exports: () => WebAssembly.Exports): WebAssembly.Imports {
  const functions: Record<string, (...args: never[]) => unknown> = {
    __wbg_make_: (n: number) => ({ n }),
    __wbg_number_: ({ n }: { n: number }) => n,
    // A host that writes to the memory says so before.
    __wbg_getRandomValues_: (address: number, length: number) => {
      (exports().__wasm_revive_note as (address: number, length: number) => void)(address, length);
      new Uint8Array((exports().memory as WebAssembly.Memory).buffer).fill(7, address >>> 0, (address + length) >>> 0);
    },
    __wbindgen_init_externref_table: () => {
      const table = exports().__wbindgen_externrefs as WebAssembly.Table;
      const first = table.grow(4);
      [undefined, null, true, false].forEach((value, nth) => {
        table.set(first + nth, value);
      });
      table.set(0, undefined);
    },
  };
  const imports: Record<string, Record<string, (...args: never[]) => unknown>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    const found = Object.keys(functions).find((prefix) => name.startsWith(prefix));
    if (found === undefined) throw new Error(`The workloads import ${name}, which is not known here.`);
    imports[from] ??= {};
    imports[from][name] = functions[found] as (...args: never[]) => unknown;
  }
  return imports;
}
