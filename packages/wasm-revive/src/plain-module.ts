import {
  CONTRACT,
  type Entry,
  explainCompileError,
  type Factory,
  type GuardedExports,
  type Host,
  INSTALL_EXPORT,
  type ModuleDescription,
  mapImports,
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
 * @param source the module, or its bytes
 * @param imports given to every instance, each function behind a guard
 * @throws ReviveError `REVIVE_UNSUPPORTED_ENGINE` when bytes can't be compiled because of the exception handling in them
 */
export function plainModule(source: WebAssembly.Module | BufferSource, imports: WebAssembly.Imports = {}, name = 'module'): PlainModule {
  const module = source instanceof WebAssembly.Module ? source : compile(source, name);
  const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function');
  const entries: Entry[] = functions.map((entry) => ({ name: entry.name, whenLost: 'throw' }));
  return {
    factory: (host) =>
      plainScope(
        host,
        functions.map((entry) => entry.name),
        imports,
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

function plainScope(host: Host, functions: readonly string[], imports: WebAssembly.Imports): ReturnType<Factory> {
  // How many exports are running: but for the innermost, each waits for an import that runs.
  let depth = 0;
  let shut: { readonly trap: unknown } | undefined;
  // Another object after every `watch()`, which asks for the return of the imports that are running then.
  let watched = {};
  let exports: GuardedExports = {};
  const isShut = (): boolean => shut !== undefined;
  const guardExport =
    (call: Callable, entry: number): Callable =>
    (...args) => {
      if (isShut()) return void host.refuse(entry);
      if (depth === 0 && host.turns) host.entered(entry);
      // Hooks may have cost the instance.
      if (isShut()) return void host.refuse(entry);
      depth++;
      let result: unknown;
      try {
        result = call(...args);
      } catch (error) {
        depth--;
        let thrown: unknown = host.exhausted;
        try {
          thrown = host.threw(error, entry, depth);
        } catch {
          // There was no stack left to call the host.
          shut = { trap: error };
        }
        throw thrown;
      }
      if (--depth === 0 && host.turns) host.left();
      return result;
    };
  const guardImport =
    (call: Callable): Callable =>
    (...args) => {
      const before = watched;
      let result: unknown;
      try {
        result = call(...args);
      } catch (error) {
        throw host.crossed(error, false, depth - 1);
      }
      // While JavaScript ran, the instance was lost: its frames must not run on.
      if (shut !== undefined) throw host.dropped(result);
      if (watched !== before) host.returned(depth - 1);
      return result;
    };
  return {
    imports: {
      ...mapImports(imports, guardImport),
      // Called only from within a failure, and they enter nothing.
      ...rawImports,
    },
    api: {},
    bind(raw) {
      exports = { ...raw };
      functions.forEach((name, entry) => {
        exports[name] = guardExport(raw[name] as Callable, entry);
      });
    },
    exports: () => exports,
    start: () => void (exports[INSTALL_EXPORT] as Callable | undefined)?.(),
    payload: (error) => error,
    // Its values are numbers.
    held: () => undefined,
    release() {
      shut ??= { trap: undefined };
      exports = {};
    },
    isShut,
    isQuiescent: () => depth === 0,
    trap: () => shut?.trap,
    watch() {
      watched = {};
    },
  };
}
