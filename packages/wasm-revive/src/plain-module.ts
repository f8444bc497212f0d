import {
  CONTRACT,
  type Entry,
  explainCompileError,
  type Factory,
  type FunctionTypes,
  type GuardActions,
  type GuardedExports,
  type Host,
  IMPORT_MODULE,
  INSTALL_EXPORT,
  type ModuleDescription,
  RuntimeGuards,
  readFunctionTypes,
  SIGNAL_IMPORT,
} from '@wasm-revive/kernel';
import { rawImports } from '@wasm-revive/unwind-catcher';

type Callable = (...args: unknown[]) => unknown;

/** What {@link plainModule} gives: the first two arguments of `revive`, and what `boot` takes. */
export interface PlainModule {
  readonly factory: Factory;
  readonly description: ModuleDescription;
  readonly module: WebAssembly.Module;
}

/**
 * A factory for a module that has no glue: any WebAssembly with exports that can be called as they are.
 * Its guards are made at run time (36–48 ns a call in V8); wasm-bindgen's output is better transformed, where they are text (15–17 ns).
 *
 * Panics that leave an `extern "C-unwind"` export are ended by the unwind-catcher crate, where the module has it (feature `raw`); what that
 * imports need not be given.
 *
 * @param source the module's bytes, or the module. Bytes say which arguments are numbers: only with them is an object that is given for one converted before
 * the guards look at the instance, which the object's `valueOf` may cost
 * @param imports given to every instance, each function behind a guard
 * @throws ReviveError `REVIVE_UNSUPPORTED_ENGINE` when bytes can't be compiled because of the exception handling in them
 */
export function plainModule(source: WebAssembly.Module | BufferSource, imports: WebAssembly.Imports = {}, name = 'module'): PlainModule {
  const isCompiled = source instanceof WebAssembly.Module;
  const module = isCompiled ? source : compile(source, name);
  const types = isCompiled ? undefined : readFunctionTypes(source);
  const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function');
  const entries: Entry[] = functions.map((entry) => ({ name: entry.name, whenLost: 'throw' }));
  return {
    factory: (host) =>
      plainScope(
        host,
        functions.map((entry) => entry.name),
        imports,
        types,
      ),
    description: { contract: CONTRACT, generatedBy: 'plainModule()', name, entries, init: 'boot(module)', onCurrent: () => {} },
    module,
  };
}

function compile(source: BufferSource, name: string): WebAssembly.Module {
  try {
    return new WebAssembly.Module(source);
  } catch (error) {
    const bytes = ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
    throw explainCompileError(name, bytes, error);
  }
}

function plainScope(
  host: Host,
  functions: readonly string[],
  imports: WebAssembly.Imports,
  types: FunctionTypes | undefined,
): ReturnType<Factory> {
  const entries = new Map(functions.map((name, entry) => [name, entry]));
  const entryOf = (name: string): number => entries.get(name) ?? -1;
  let bound = new PlainBinding(host, entryOf);
  let exports: GuardedExports = {};
  const guards = new RuntimeGuards(bound.actions, types);
  return {
    imports: {
      ...guards.imports(imports),
      // Not behind guards: they enter nothing, but for what the program gives as a store, which is entered like any other nested call.
      [IMPORT_MODULE]: { ...rawImports[IMPORT_MODULE], [SIGNAL_IMPORT]: () => void bound.host.signalled() },
    },
    api: {},
    // There is no façade that reads it.
    raw: { state: {} },
    bind(raw, of) {
      bound = new PlainBinding(of, entryOf);
      exports = guards.exports({ ...raw }, bound.actions);
    },
    exports: () => exports,
    start: () => void (exports[INSTALL_EXPORT] as Callable | undefined)?.(),
    payload: (error) => error,
    // Its values are numbers.
    held: () => undefined,
    release() {
      bound.shut ??= { trap: undefined };
      exports = {};
    },
    isShut: () => bound.shut !== undefined,
    isQuiescent: () => guards.depth === 0,
    watch() {
      bound.watches = true;
    },
    trap: () => bound.shut?.trap,
  };
}

/** What belongs to one instance of a scope. */
class PlainBinding {
  readonly host: Host;
  readonly actions: GuardActions;
  shut: { readonly trap: unknown } | undefined;
  watches = false;

  constructor(host: Host, entryOf: (name: string) => number) {
    this.host = host;
    const isShut = (): boolean => this.shut !== undefined;
    this.actions = {
      enter(name, depth) {
        if (isShut()) return !host.refuse(entryOf(name));
        if (depth === 0 && host.turns) host.entered(entryOf(name));
        // Hooks may have cost the instance.
        return !isShut() || !host.refuse(entryOf(name));
      },
      left: (name, depth) => {
        // While an argument became a number, the instance was lost: what frames of that give is nobody's result.
        if (this.shut !== undefined) throw host.threw(this.shut.trap, entryOf(name), depth);
        if (depth > 0) return;
        if (host.turns) host.left();
        host.turnEnded();
      },
      threw: (error, name, depth) => {
        try {
          return host.threw(error, entryOf(name), depth);
        } catch {
          // There was no stack left to call the host.
          this.shut = { trap: error };
          return host.exhausted;
        }
      },
      calls() {
        if (isShut()) throw host.dropped(undefined);
      },
      crossed: (error, depth) => host.crossed(error, false, depth - 1),
      returned: (result, depth) => {
        // While JavaScript ran, the instance was lost: its frames must not run on.
        if (isShut()) throw host.dropped(result);
        if (this.watches) host.returned(depth - 1);
      },
    };
  }
}
