/**
 * An independent witness: it stands between the engine and whatever made the instance, and sees by itself which instances trapped and
 * whether any of them was entered, or ran on, afterwards (I3), and how many memories are alive (I6).
 *
 * It takes the place of all that makes instances, `WebAssembly.Instance`, `instantiate` and `instantiateStreaming`, so it has to be installed before the package is loaded.
 */
export interface Probe {
  /** What dead instances did since the last call, one line each. */
  takeViolations(): string[];
  /** How often a living instance was entered by now, through raw exports. */
  entries(): number;
  /** Instances made so far. */
  made(): number;
  /** Memories that the garbage collector has not taken yet. */
  liveMemories(): number;
}

interface Witnessed {
  readonly id: number;
  dead: boolean;
  /** Errors that imports threw: passing through an export, they are no traps of this instance. */
  readonly foreign: WeakSet<object>;
}

type AnyFunction = (...args: unknown[]) => unknown;

/** Installs the probe. Once a process. @param leak hold every memory, to see that it is noticed when somebody does */
export function installProbe(leak = false): Probe {
  const held: WebAssembly.Memory[] = [];
  const state = { violations: [] as string[], entries: 0, memories: [] as WeakRef<WebAssembly.Memory>[], made: 0 };
  const Real = WebAssembly.Instance;

  class ProbedInstance extends Real {
    readonly #exports: WebAssembly.Exports;

    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      const witnessed: Witnessed = { id: ++state.made, dead: false, foreign: new WeakSet() };
      super(module, imports && wrapImports(imports, witnessed));
      const { memory } = super.exports;
      if (memory instanceof WebAssembly.Memory) {
        state.memories.push(new WeakRef(memory));
        if (leak) held.push(memory);
      }
      this.#exports = wrapExports(super.exports, witnessed);
    }

    override get exports(): WebAssembly.Exports {
      return this.#exports;
    }
  }

  function violate(instance: Witnessed, what: string): void {
    state.violations.push(`instance ${instance.id}: ${what}`);
  }

  function wrapExports(exports: WebAssembly.Exports, instance: Witnessed): WebAssembly.Exports {
    const wrapped: Record<string, WebAssembly.ExportValue> = Object.create(null) as Record<string, WebAssembly.ExportValue>;
    for (const [name, value] of Object.entries(exports)) {
      if (typeof value !== 'function') {
        // Without an undo log, a turn is undone from outside: nothing but that sets these.
        wrapped[name] =
          value instanceof WebAssembly.Global && name.startsWith('__wasm_revive_state_') ? witnessedGlobal(value, instance) : value;
        continue;
      }
      const raw = value as AnyFunction;
      wrapped[name] = (...args: unknown[]): unknown => {
        // What undoes the turn: from there on it is the instance that it was before.
        if (name === '__wasm_revive_rollback') instance.dead = false;
        if (instance.dead) violate(instance, `export ${name} was entered after the trap`);
        else state.entries++;
        let result: unknown;
        try {
          result = raw(...args);
        } catch (error) {
          if (isTrap(error) && !instance.foreign.has(error)) instance.dead = true;
          throw error;
        }
        if (instance.dead) violate(instance, `export ${name} returned after the trap`);
        return result;
      };
    }
    return Object.freeze(wrapped);
  }

  function witnessedGlobal(global: WebAssembly.Global, instance: Witnessed): WebAssembly.Global {
    return Object.create(WebAssembly.Global.prototype, {
      value: {
        get: (): unknown => global.value,
        set: (value: unknown) => {
          global.value = value;
          instance.dead = false;
        },
      },
    }) as WebAssembly.Global;
  }

  function wrapImports(imports: WebAssembly.Imports, instance: Witnessed): WebAssembly.Imports {
    const modules: WebAssembly.Imports = Object.create(null) as WebAssembly.Imports;
    for (const [module, entries] of Object.entries(imports)) {
      const wrapped: WebAssembly.ModuleImports = Object.create(null) as WebAssembly.ModuleImports;
      for (const [name, value] of Object.entries(entries)) wrapped[name] = typeof value === 'function' ? wrapImport(name, value) : value;
      modules[module] = wrapped;
    }
    return modules;

    function wrapImport(name: string, value: unknown): (...args: unknown[]) => unknown {
      const call = value as AnyFunction;
      return (...args) => {
        if (instance.dead) violate(instance, `import ${name} was called after the trap`);
        let result: unknown;
        try {
          result = call(...args);
        } catch (error) {
          if (typeof error === 'object' && error !== null) instance.foreign.add(error);
          throw error;
        }
        if (instance.dead) violate(instance, `import ${name} returned into frames that were on the stack at the trap`);
        return result;
      };
    }
  }

  Object.assign(WebAssembly, {
    Instance: ProbedInstance,
    async instantiate(source: BufferSource | WebAssembly.Module, imports?: WebAssembly.Imports): Promise<unknown> {
      if (source instanceof WebAssembly.Module) return new ProbedInstance(source, imports);
      const module = await WebAssembly.compile(source);
      return { module, instance: new ProbedInstance(module, imports) };
    },
    ...(typeof WebAssembly.compileStreaming === 'function' && {
      async instantiateStreaming(source: Response | PromiseLike<Response>, imports?: WebAssembly.Imports): Promise<unknown> {
        const module = await WebAssembly.compileStreaming(source);
        return { module, instance: new ProbedInstance(module, imports) };
      },
    }),
  });

  return {
    takeViolations: () => state.violations.splice(0),
    entries: () => state.entries,
    made: () => state.made,
    liveMemories() {
      state.memories = state.memories.filter((memory) => memory.deref() !== undefined);
      return state.memories.length;
    },
  };
}

function isTrap(error: unknown): error is Error {
  try {
    return isErrorOfTrap(error);
  } catch {
    // A proxy that refuses even to be asked.
    return false;
  }
}

function isErrorOfTrap(error: unknown): boolean {
  if (error instanceof WebAssembly.RuntimeError) return true;
  // An engine's error has its message as a value of its own; a program's may have a getter, which is not to be called.
  const message: unknown = error instanceof Error ? Object.getOwnPropertyDescriptor(error, 'message')?.value : undefined;
  // Note: no regular expression: V8 compiles it at its first use, and ends the process when the stack is too full for that.
  return typeof message === 'string' && STACK_IS_FULL.includes(message);
}

/** V8, JavaScriptCore, SpiderMonkey. */
const STACK_IS_FULL: readonly string[] = ['Maximum call stack size exceeded', 'Maximum call stack size exceeded.', 'too much recursion'];
