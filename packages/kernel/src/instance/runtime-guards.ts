type Callable = (...args: unknown[]) => unknown;

/** What guards do where a call doesn't simply go through. */
export interface GuardActions {
  /**
   * Before an export is entered. False: it isn't, and the call returns undefined. What it throws, the caller gets.
   * @param depth how many exports are running: but for the innermost, each waits for an import that runs
   */
  readonly enter?: (name: string, depth: number) => boolean;
  /** An export has returned. @param depth how many are still running */
  readonly left?: (depth: number) => void;
  /** What left an export by throwing; gives what its caller is to be thrown. @param depth how many are still running */
  readonly threw: (error: unknown, name: string, depth: number) => unknown;
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
 */
export class RuntimeGuards {
  #guarded: Guarded;

  constructor(actions: GuardActions) {
    this.#guarded = { actions, depth: 0 };
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
      typeof value === 'function' ? guardExport(own, name, value as Callable) : value;
    return Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, guarded(name, value)])) as E;
  }

  /** Imports with a guard in the place of each function. */
  imports(imports: WebAssembly.Imports): WebAssembly.Imports {
    const guarded = (value: WebAssembly.ImportValue): WebAssembly.ImportValue =>
      typeof value === 'function' ? this.#guardImport(value as Callable) : value;
    return mapValues(imports, (names) => mapValues(names, guarded));
  }

  #guardImport(call: Callable): Callable {
    return (...args) => {
      const own = this.#guarded;
      const { crossed, returned } = own.actions;
      let result: unknown;
      try {
        result = call(...args);
      } catch (error) {
        throw crossed === undefined ? error : crossed(error, own.depth);
      }
      returned?.(result, own.depth);
      return result;
    };
  }
}

function guardExport(own: Guarded, name: string, call: Callable): Callable {
  const { enter, left, threw } = own.actions;
  return (...args) => {
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
    left?.(own.depth);
    return result;
  };
}

function mapValues<V, R>(object: Readonly<Record<string, V>>, map: (value: V) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
