import {
  type Api,
  type Application as Contract,
  checkEngine,
  type GuardedExports,
  hasOwn,
  type Instance,
  isReviveError,
  type Live,
  type Module,
  ReviveError,
  spaceOf,
  staleHandleError,
} from '@wasm-revive/kernel';
import type { Revive } from './control.js';
import { instanceOf, isThere } from './given-exports.js';
import { WITH_EXCEPTIONS } from './left-out.js';
import { isRefusal, noModuleError } from './place/instance-maker.js';
import type { Slot } from './place/slot.js';
import { isFree } from './pool/handles.js';
import type { Siblings } from './siblings/siblings.js';

/** A module under management, as its façade uses it. */
export type Application = Contract<Revive>;

/** What the program has given of an instance that is not there yet. */
interface Promised {
  readonly source: object;
  readonly imports: WebAssembly.Imports;
  readonly module: WebAssembly.Module | undefined;
}

/** What generated code asks of its module: to come by a first instance, made here or by an engine, a bundler or the program; and which serves. */
export class ModuleApplication implements Application {
  readonly control: Revive;
  readonly #module: Module;
  readonly #slot: Slot;
  readonly #siblings: Pick<Siblings, 'owner' | 'isGone'>;
  /** Where the default instance's own façade would go. */
  readonly #live: Live;
  readonly #check: (compiled: WebAssembly.Module) => void;
  readonly #prepared = new WeakMap<WebAssembly.Imports, Instance>();
  /** The memories of the instances that were made elsewhere and given to it: one may be given many times. */
  readonly #given = new WeakSet<object>();
  /** Where it is made asynchronously, and why it could not be made. */
  #booting: { readonly error?: unknown } | undefined;
  /** What the program has given in place of exports that are not there yet. */
  #promised: Promised | undefined;

  /** @param check refuses a module whose crates don't match */
  constructor(
    module: Module,
    slot: Slot,
    siblings: Pick<Siblings, 'owner' | 'isGone'>,
    live: Live,
    control: Revive,
    check: (compiled: WebAssembly.Module) => void,
  ) {
    this.#module = module;
    this.#slot = slot;
    this.#siblings = siblings;
    this.#live = live;
    this.control = control;
    this.#check = check;
  }

  checkEngine(): void {
    const { name, exceptions } = this.#module.description;
    if (WITH_EXCEPTIONS && exceptions !== undefined) checkEngine(name, exceptions);
  }

  prepare(): WebAssembly.Imports {
    this.checkEngine();
    const instance = this.#slot.newInstance();
    this.#prepared.set(instance.scope.imports, instance);
    return instance.scope.imports;
  }

  boot(module: WebAssembly.Module): Promise<void> | undefined {
    return this.#boot(module, this.prepare());
  }

  #boot(module: WebAssembly.Module, imports: WebAssembly.Imports): Promise<void> | undefined {
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
    this.adopt(imports, instance, module);
    return undefined;
  }

  /** Nobody has to wait for the first instance: the error is kept for those who call. */
  async #noteFailureOf(booted: Promise<void>): Promise<void> {
    try {
      await booted;
    } catch (error) {
      this.#booting = { error };
      this.#slot.ready.fails(this.notReady());
    }
  }

  async #bootLater(module: WebAssembly.Module, imports: WebAssembly.Imports): Promise<void> {
    this.adopt(imports, await WebAssembly.instantiate(module, imports), module);
  }

  bootFrom(
    source: object,
    module: WebAssembly.Module | null | undefined,
    imports: WebAssembly.Imports,
    start: boolean,
  ): Promise<void> | undefined {
    if (!start && !isThere(source)) {
      this.#promised = { source, imports, module: module ?? undefined };
      return undefined;
    }
    const made = instanceOf(source, !start);
    if (made) this.#adopt(imports, made, module ?? undefined, start, true);
    else if (module) return this.#boot(module, imports);
    else throw noModuleError(this.#module.description.name, undefined);
    return undefined;
  }

  adopt(imports: WebAssembly.Imports, instance: WebAssembly.Instance, module: WebAssembly.Module): void {
    this.#adopt(imports, instance, module, true, false);
  }

  #adopt(
    imports: WebAssembly.Imports,
    instance: Pick<WebAssembly.Instance, 'exports'>,
    module: WebAssembly.Module | undefined,
    start: boolean,
    isPrograms: boolean,
  ): void {
    const { memory } = instance.exports;
    if (this.#slot.current !== undefined) {
      if (start || memory === undefined || this.#given.has(memory)) return;
      // In plain glue it serves from now on. Here its imports lead to the present one, so another one takes the place of both.
      this.#module.compiled ??= module;
      this.control.reset();
      this.#given.add(memory);
      return;
    }
    this.#slot.admit();
    if (memory !== undefined) this.#given.add(memory);
    const prepared = this.#prepared.get(imports);
    if (prepared === undefined) throw new TypeError('wasm-revive: adopt() was given imports that were not prepared here');
    if (module !== undefined) this.#check(module);
    // A later one has served meanwhile: from this one its handles could not be told.
    if (prepared.generation <= this.#slot.generation) {
      this.#module.compiled ??= module;
      return;
    }
    prepared.bind(instance, isPrograms);
    this.#promised = undefined;
    this.#module.compiled = module ?? this.#module.compiled;
    this.#slot.adopt(prepared, start);
  }

  wake(): Api {
    return this.#slot.instance().scope.api;
  }

  owner(pointer: unknown, what: string): Api {
    // Note: no more than this, for V8 inlines it where a sibling's methods are called.
    return typeof pointer === 'number' && pointer < 0 ? this.#siblings.owner(pointer, what) : this.#ownOwner(pointer, what);
  }

  /** The same, of no handle of a sibling. */
  #ownOwner(pointer: unknown, what: string): Api {
    if (pointer === 0) return this.#nobodys();
    // As the façade finds it by itself, unless it asks for each handle: with a pool.
    const { raw, base } = this.#live;
    if (raw.api !== undefined && typeof pointer === 'number' && pointer >= base && pointer < base + 2 ** 32) return raw.api;
    const space = spaceOf(pointer);
    if (space === undefined) return this.wake();
    const instance = this.#slot.holder(space, isFree(what));
    if (instance !== undefined) return instance.scope.api;
    throw staleHandleError(what, space, undefined, this.#module.spaces.areReused);
  }

  /** Of a handle that was freed. Glue with debug assertions says so in words of its own; else Rust does, and there may be no instance for that. */
  #nobodys(): Api {
    const { current } = this.#slot;
    if (current?.isWell()) return current.scope.api;
    throw new Error('null pointer passed to rust');
  }

  isGone(pointer: unknown): boolean {
    if (typeof pointer === 'number' && pointer < 0) return this.#siblings.isGone(pointer);
    const space = spaceOf(pointer);
    return space !== undefined && !this.#slot.has(space);
  }

  exports(): GuardedExports {
    return this.#slot.instance().scope.exports();
  }

  claim(): boolean {
    const promised = this.#promised;
    if (promised === undefined) return false;
    const { source, imports, module } = promised;
    Reflect.get(source, 'memory');
    if (this.#promised !== promised) return true;
    this.#adopt(imports, { exports: source as WebAssembly.Exports }, module, false, true);
    // Ignored where a later one has served meanwhile: there is nothing to wait for any more.
    this.#promised = undefined;
    return true;
  }

  /** The error of a call that comes before there has been an instance. */
  notReady(): ReviveError {
    const { name, init } = this.#module.description;
    if (this.#booting !== undefined && hasOwn(this.#booting, 'error')) {
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
