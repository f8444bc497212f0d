/** `crates/undo-workloads`, transformed for rollback and made to fail by `crates/fault-injector`: raw instances, which need no glue. What JavaScript does in them is here. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Panic, RUNTIME, transformed, wasmFileOf } from '../fixtures.js';
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

/** The builds of the workloads that this engine runs. */
export const PANICS: readonly Panic[] = (['abort', 'unwind', 'unwind-exnref'] as const).filter((panic) =>
  WebAssembly.validate(readFileSync(wasmFileOf(artifact(panic)))),
);

/** Where a turn can trap: the counters of the injector, which `crates/fault-injector` says more of. */
const TRAPS = ['stores', 'calls', 'imports'] as const;

/** Where something can be thrown through Rust in their place, under panic=unwind; and random numbers, behind each of which Rust can panic. */
const UNWINDINGS = ['throwing calls', 'throwing imports', 'panics'] as const;

/** Where a turn can fail. */
export type Place = (typeof TRAPS)[number] | (typeof UNWINDINGS)[number];

/** The counter of a place. */
function counterOf(place: Place): (typeof TRAPS)[number] | 'panics' {
  if (place === 'throwing calls') return 'calls';
  return place === 'throwing imports' ? 'imports' : place;
}

/** Where turns of a build can fail. */
export function placesOf(panic: Panic): readonly Place[] {
  return panic === 'abort' ? TRAPS : [...TRAPS, ...UNWINDINGS];
}

/** All of them that a turn has, each once. */
export function* everyPlace(counts: Partial<Record<Place, number>>): Iterable<readonly [Place, number]> {
  for (const [place, count] of Object.entries(counts)) for (let k = 1; k <= count; k++) yield [place as Place, k];
}

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
  readonly panic: Panic;
  readonly module: WebAssembly.Module;
  readonly layout: Layout;
  /** How many times as large the transformed module is, before it is made to fail. */
  readonly timesAsLarge: number;
}

/** The set of artifacts: under panic=unwind, each random number asks JavaScript whether to panic there. */
function nameOf(panic: Panic): string {
  return panic === 'abort' ? 'undo-workloads' : 'undo-workloads-panics';
}

function artifact(panic: Panic, name: string = nameOf(panic)): string {
  return fileURLToPath(new URL(`../../../../.artifacts/${name}/${panic}/nodejs/`, import.meta.url));
}

/** Makes it. */
export function failingModule(panic: Panic): FailingModule {
  const original = artifact(panic);
  const outDir = transformed('nodejs', panic, RUNTIME, nameOf(panic), 'rollback');
  const injector = `${artifact('abort', 'fault-injector')}wasm_revive_fault_injector.js`;
  const { inject } = createRequire(import.meta.url)(injector) as {
    inject(plain: Uint8Array, transformed: Uint8Array): Uint8Array<ArrayBuffer>;
  };
  const plain = readFileSync(wasmFileOf(original));
  const undoable = readFileSync(wasmFileOf(outDir));
  const module = new WebAssembly.Module(inject(plain, undoable));
  return { panic, module, layout: layoutOf(original, outDir), timesAsLarge: undoable.length / plain.length };
}

/** An instance of it. */
export class Failing {
  readonly exports: WebAssembly.Exports;
  readonly #panic: Panic;
  readonly #host = new Host(() => this.exports);
  readonly #layout: Layout;
  readonly #rollBack: () => void;

  constructor({ panic, module, layout }: FailingModule) {
    this.#panic = panic;
    this.exports = new WebAssembly.Instance(module, this.#host.importsOf(module)).exports;
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

  /** Throws where something is damaged. */
  commit(): void {
    const damaged = (this.exports.__wasm_revive_commit as () => number)();
    if (damaged !== 0) throw new Error(`The turn has damaged what is to stay as it is: ${damaged}.`);
  }

  rollBack(): void {
    this.#rollBack();
  }

  /**
   * Runs a turn that fails at its kth such place. Gives false where it has fewer, and ran to its end. A turn has as many each time, unless it grows
   * the memory: which addresses it is given depends on what the log has grown before.
   */
  fail(turn: Turn, place: Place, k: number): boolean {
    const counter = counterOf(place);
    const isThrown = counter !== place;
    this.#set(counter, k);
    if (isThrown) this.#set('throws', 1);
    try {
      this.run(turn);
      // What is thrown out of an import, Rust may have caught.
      return isThrown && this.#get(counter) <= 0;
    } catch (error) {
      const isTrap = error instanceof WebAssembly.RuntimeError;
      // Of most calls Rust takes it that they throw nothing: what it cleans up then may be anything, and end in a trap.
      const isExpected = isThrown ? isTrap || error instanceof WebAssembly.Exception : place === 'panics' ? isPanic(error) : isTrap;
      if (!isExpected || this.#get(counter) > 0) throw error;
      return true;
    } finally {
      this.#set(counter, 0);
      if (isThrown) this.#set('throws', 0);
    }
  }

  /** How many of each there are in a turn, which is run to its end. */
  count(turn: Turn): Partial<Record<Place, number>> & { readonly stores: number } {
    const places = placesOf(this.#panic);
    const reset = (): void => {
      for (const place of places) this.#set(counterOf(place), 0);
    };
    reset();
    this.run(turn);
    const counts = Object.fromEntries(places.map((place) => [place, 0 - this.#get(counterOf(place))])) as Record<Place, number>;
    reset();
    return counts;
  }

  /** The barriers that log something in a turn, which is run so, and undone. */
  reached(run: () => void): number[] {
    const found: number[] = [];
    for (let after = -1; ; ) {
      this.#set('after', after);
      this.#set('next', HIGHEST);
      run();
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
    if (name === 'panics') return this.#host.panics;
    return (this.exports[name.startsWith('__') ? name : `__fault_${name}`] as WebAssembly.Global<'i32'>).value;
  }

  #set(name: string, value: number): void {
    if (name === 'panics') this.#host.panics = value;
    else (this.exports[`__fault_${name}`] as WebAssembly.Global<'i32'>).value = value;
  }
}

/** By which wasm-bindgen's glue throws to whoever has called, and by which JavaScript throws through Rust. */
const [TOLD, ERROR] = [1, 2].map(() => new WebAssembly.Tag({ parameters: ['externref'] })) as [WebAssembly.Tag, WebAssembly.Tag];

/** Whether a turn has ended by a panic that unwound. */
export function isPanic(error: unknown): boolean {
  return error instanceof WebAssembly.Exception && error.is(TOLD) && error.getArg(TOLD, 0) !== null;
}

/** The JavaScript that an instance calls. */
class Host {
  /** So many random numbers until Rust panics. */
  panics = 0;
  readonly #exports: () => WebAssembly.Exports;
  /** By what wasm-bindgen's names begin with. */
  readonly #functions: Record<string, (...args: never[]) => unknown> = {
    __wbg_make_: (n: number) => ({ n }),
    __wbg_number_: ({ n }: { n: number }) => n,
    __wbg_panics_: () => Number(--this.panics === 0),
    // A host that writes to the memory says so before.
    __wbg_getRandomValues_: (address: number, length: number) => {
      (this.#exports().__wasm_revive_note as (address: number, length: number) => void)(address, length);
      new Uint8Array((this.#exports().memory as WebAssembly.Memory).buffer).fill(7, address >>> 0, (address + length) >>> 0);
    },
    __wbindgen_init_externref_table: () => {
      const table = this.#exports().__wbindgen_externrefs as WebAssembly.Table;
      const first = table.grow(4);
      [undefined, null, true, false].forEach((value, nth) => {
        table.set(first + nth, value);
      });
      table.set(0, undefined);
    },
    // The text of a panic, its error, and what throws that.
    __wbindgen_generic_: () => 'a text',
    __wbg___wbindgen_panic_error_: (text: string) => ({ text }),
    __wbg___wbindgen_rethrow_: (error: unknown) => {
      throw new WebAssembly.Exception(TOLD, [error]);
    },
    __wbg___wbindgen_throw_: () => {
      throw new Error('Nothing throws a text here.');
    },
  };

  constructor(exports: () => WebAssembly.Exports) {
    this.#exports = exports;
  }

  importsOf(module: WebAssembly.Module): WebAssembly.Imports {
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      imports[from] ??= {};
      imports[from][name] = kind === ('tag' as string) ? ((name === '__wbindgen_jstag' ? ERROR : TOLD) as never) : this.#function(name);
    }
    return imports;
  }

  #function(name: string): (...args: never[]) => unknown {
    const prefix = Object.keys(this.#functions).find((begin) => name.startsWith(begin));
    if (prefix === undefined) throw new Error(`The workloads import ${name}, which is not known here.`);
    return this.#functions[prefix] as (...args: never[]) => unknown;
  }
}
