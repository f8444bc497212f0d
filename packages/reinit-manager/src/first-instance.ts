import { checkEngine, type Instance, isReviveError, type Module, ReviveError } from '@wasm-revive/kernel';
import { type InstanceMaker, isRefusal, noModuleError } from './instance-maker.js';
import type { Slot } from './slot.js';

/** What the program has given of an instance that is not there yet. */
interface Promised {
  readonly source: object;
  /** Undefined where the instance can't be guarded. */
  readonly imports: WebAssembly.Imports | undefined;
  readonly module: WebAssembly.Module | undefined;
}

/**
 * How a module comes by its first instance: made here, or by an engine, a bundler or the program, at once or later. What generated code calls for
 * that is described at {@link Application}.
 */
export class FirstInstance {
  readonly #module: Module;
  readonly #maker: InstanceMaker;
  readonly #slot: Slot;
  readonly #scope: () => Instance;
  readonly #check: (module: WebAssembly.Module) => void;
  readonly #prepared = new WeakMap<WebAssembly.Imports, Instance>();
  /** Where it is made asynchronously, and why it could not be made. */
  #booting: { readonly error?: unknown } | undefined;
  /** What the program has given in place of exports that are not there yet. */
  #promised: Promised | undefined;

  /**
   * @param scope makes a glue scope that waits for its instance
   * @param check refuses a module whose crates don't match
   */
  constructor(module: Module, maker: InstanceMaker, slot: Slot, scope: () => Instance, check: (module: WebAssembly.Module) => void) {
    this.#module = module;
    this.#maker = maker;
    this.#slot = slot;
    this.#scope = scope;
    this.#check = check;
  }

  /** See `Application.checkEngine`. */
  checkEngine(): void {
    const { name, exceptions } = this.#module.description;
    if (exceptions !== undefined) checkEngine(name, exceptions);
  }

  /** See `Application.prepare`. */
  prepare(): WebAssembly.Imports {
    this.checkEngine();
    const instance = this.#scope();
    this.#prepared.set(instance.scope.imports, instance);
    return instance.scope.imports;
  }

  /** See `Application.boot`. */
  boot(module: WebAssembly.Module, imports: WebAssembly.Imports): Promise<void> | undefined {
    let instance: WebAssembly.Instance;
    try {
      instance = new WebAssembly.Instance(module, imports);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const booted = this.#bootLater(module, imports);
      this.#booting = {};
      void this.#noteFailureOf(booted);
      return booted;
    }
    this.adopt(imports, instance, module, true);
    return undefined;
  }

  /** Nobody has to wait for the first instance: the error is kept for those who call. */
  async #noteFailureOf(booted: Promise<void>): Promise<void> {
    try {
      await booted;
    } catch (error) {
      this.#booting = { error };
    }
  }

  async #bootLater(module: WebAssembly.Module, imports: WebAssembly.Imports): Promise<void> {
    this.adopt(imports, await WebAssembly.instantiate(module, imports), module, true);
  }

  /** See `Application.bootFrom`. */
  bootFrom(
    source: object,
    module: WebAssembly.Module | null | undefined,
    imports: WebAssembly.Imports | undefined,
    start: boolean,
  ): Promise<void> | undefined {
    if (!start && !isThere(source)) {
      this.#promised = { source, imports, module: module ?? undefined };
      return undefined;
    }
    const made = imports && instanceOf(source, !start);
    if (imports && made) this.adopt(imports, made, module ?? undefined, start);
    else if (module) return this.boot(module, imports ?? this.prepare());
    else throw noModuleError(this.#module.description.name, undefined);
    return undefined;
  }

  /** See `Application.adopt`. */
  adopt(
    imports: WebAssembly.Imports,
    instance: Pick<WebAssembly.Instance, 'exports'>,
    module: WebAssembly.Module | undefined,
    start: boolean,
  ): void {
    if (this.#slot.current !== undefined) return;
    const prepared = this.#prepared.get(imports);
    if (prepared === undefined) throw new TypeError('wasm-revive: adopt() was given imports that were not prepared here');
    if (module !== undefined) this.#check(module);
    // A later one has served meanwhile: from this one its handles could not be told.
    if (prepared.generation <= this.#slot.generation) {
      this.#maker.module ??= module;
      return;
    }
    prepared.bind(instance);
    this.#maker.drop();
    this.#promised = undefined;
    this.#maker.module = module ?? this.#maker.module;
    this.#slot.serve(prepared, start);
  }

  /**
   * Somebody calls a module whose exports the program has yet to give. In plain glue, this reads one off the object that stands in for them, which
   * throws the program's own words, or makes the instance, and may give its exports by then. False: nothing was promised.
   */
  claim(): boolean {
    const promised = this.#promised;
    if (promised === undefined) return false;
    const { source, imports, module } = promised;
    Reflect.get(source, 'memory');
    if (this.#promised !== promised) return true;
    if (imports !== undefined) {
      this.adopt(imports, { exports: source as WebAssembly.Exports }, module, false);
      // Ignored where a later one has served meanwhile: there is nothing to wait for any more.
      this.#promised = undefined;
      return true;
    }
    // An instance whose imports aren't guarded is not used.
    if (module === undefined) throw noModuleError(this.#module.description.name, undefined);
    this.#promised = undefined;
    void this.boot(module, this.prepare());
    return true;
  }

  /** The error of a call that comes before there has been an instance. */
  notReady(): ReviveError {
    const { name, init } = this.#module.description;
    if (this.#booting !== undefined && 'error' in this.#booting) {
      const { error } = this.#booting;
      if (isReviveError(error)) return error;
      return new ReviveError('REVIVE_NO_INSTANCE', `No instance of ${name} could be made.`, { cause: error });
    }
    const hint = this.#booting
      ? ' It is being instantiated: repeat the call in a moment.'
      : init === undefined
        ? ''
        : ` Call ${init} first.`;
    return new ReviveError('REVIVE_NOT_READY', `${name} was called before it was initialised.${hint}`, { retryable: true });
  }
}

/** Whether these are exports, and not an object that makes them when one is read, or throws until there are some. Reads none. */
function isThere(exports: object): boolean {
  try {
    return Reflect.ownKeys(exports).length > 0;
  } catch {
    return false;
  }
}

/**
 * The instance behind a module namespace (WebAssembly/ES module integration), if there is one.
 * @param certainly these are exports, however lazily they are made
 *
 * Note: newer engines take the globals of a namespace out of their objects, and have `namespaceInstance` to get at the instance itself.
 */
function instanceOf(namespace: object, certainly: boolean): Pick<WebAssembly.Instance, 'exports'> | undefined {
  if (!certainly && !('memory' in namespace && namespace.memory instanceof WebAssembly.Memory)) return undefined;
  const { namespaceInstance } = WebAssembly as { namespaceInstance?: (namespace: object) => WebAssembly.Instance };
  let instance: WebAssembly.Instance | undefined;
  try {
    instance = namespaceInstance?.(namespace);
  } catch {
    // Not the engine's namespace, but a bundler's.
  }
  return instance ?? { exports: namespace as unknown as WebAssembly.Exports };
}
