import type { ConvertedTo, FunctionTypes } from '../module/function-types.js';
import { toBigInt } from '../program/intrinsics.js';

type Callable = (...args: unknown[]) => unknown;

/** What guards do where a call doesn't simply go through. */
export interface GuardActions {
  /**
   * Before an export is entered. False: it isn't, and the call returns undefined. What it throws, the caller gets.
   * @param depth how many exports are running: but for the innermost, each waits for an import that runs
   */
  readonly enter?: (name: string, depth: number) => boolean;
  /** An export has returned. What it throws, the caller gets in place of the result. @param depth how many are still running */
  readonly left?: (name: string, depth: number) => void;
  /** What left an export by throwing; gives what its caller is to be thrown. @param depth how many are still running */
  readonly threw: (error: unknown, name: string, depth: number) => unknown;
  /** Before an import is called. Throws where nothing of the instance may run on. */
  readonly calls?: () => void;
  /** What left an import by throwing; gives what the Wasm frames are to be thrown. @param depth how many exports are running */
  readonly crossed?: (error: unknown, depth: number) => unknown;
  /** An import has returned this to Wasm. Throws where those frames must not run on. @param depth how many exports are running */
  readonly returned?: (result: unknown, depth: number) => void;
}

/** One instance behind its guards. Frames keep the one with which they began. */
interface Guarded {
  readonly actions: GuardActions;
  /** How many exports are running. */
  depth: number;
}

/**
 * Guards around the exports and imports of one instance at a time, made at run time: for what isn't transformed, whose guards are text and cost less (36–48
 * ns a call in V8, against 15–17).
 *
 * An object becomes a number or a BigInt by functions of the program's (`valueOf`), which may enter the instance, or cost it. Engines convert on the way
 * into Wasm, behind these guards. Where the types are known, that is done in front of them, as engines would: an export is entered with what has nothing to run.
 */
export class RuntimeGuards {
  #guarded: Guarded;
  readonly #types: FunctionTypes | undefined;

  /** @param types of the module; undefined where they aren't known: then objects are left to the engine, for to a reference they must stay the same */
  constructor(actions: GuardActions, types?: FunctionTypes) {
    this.#guarded = { actions, depth: 0 };
    this.#types = types;
  }

  /** How many exports of the instance are running. */
  get depth(): number {
    return this.#guarded.depth;
  }

  /** The exports of an instance with a guard in the place of each function. @param actions those of this instance */
  exports<E extends WebAssembly.Exports>(exports: E, actions: GuardActions = this.#guarded.actions): E {
    const own = { actions, depth: 0 };
    this.#guarded = own;
    const guarded = (name: string, value: WebAssembly.ExportValue): WebAssembly.ExportValue =>
      typeof value === 'function' ? guardExport(own, name, value as Callable, this.#types?.exported(name)?.params ?? []) : value;
    return Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, guarded(name, value)])) as E;
  }

  /** Imports with a guard in the place of each function. */
  imports(imports: WebAssembly.Imports): WebAssembly.Imports {
    return mapValues(imports, (names, module) =>
      mapValues(names, (value, name) =>
        typeof value === 'function' ? this.#guardImport(value as Callable, this.#types?.imported(module, name)?.results ?? []) : value,
      ),
    );
  }

  #guardImport(call: Callable, results: readonly ConvertedTo[]): Callable {
    return (...args) => {
      const own = this.#guarded;
      const { calls, crossed, returned } = own.actions;
      calls?.();
      let result: unknown;
      try {
        result = convertResult(call(...args), results);
      } catch (error) {
        throw crossed === undefined ? error : crossed(error, own.depth);
      }
      returned?.(result, own.depth);
      return result;
    };
  }
}

function guardExport(own: Guarded, name: string, call: Callable, params: readonly ConvertedTo[]): Callable {
  const { enter, left, threw } = own.actions;
  return (...args) => {
    convertAll(args, params);
    if (enter?.(name, own.depth) === false) return undefined;
    own.depth++;
    let result: unknown;
    try {
      result = call(...args);
    } catch (error) {
      own.depth--;
      throw threw(error, name, own.depth);
    }
    own.depth--;
    left?.(name, own.depth);
    return result;
  };
}

/** As engines do: each once, in order, with the same errors. */
function convertAll(values: unknown[], types: readonly ConvertedTo[]): void {
  const count = Math.min(values.length, types.length);
  for (let index = 0; index < count; index++) values[index] = convert(values[index], types[index]);
}

function convert(value: unknown, to: ConvertedTo | undefined): unknown {
  switch (to) {
    case 'number':
      return typeof value === 'number' ? value : +(value as number);
    case 'bigint':
      return toBigInt(value);
    default:
      return value;
  }
}

function convertResult(result: unknown, types: readonly ConvertedTo[]): unknown {
  if (types.length < 2) return types.length === 0 ? result : convert(result, types[0]);
  // Several results are an iterable. Of one of another length the engine says what is wrong.
  const values = [...(result as Iterable<unknown>)];
  if (values.length === types.length) convertAll(values, types);
  return values;
}

function mapValues<V, R>(object: Readonly<Record<string, V>>, map: (value: V, key: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}
