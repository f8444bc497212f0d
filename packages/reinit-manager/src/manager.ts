import {
  type Api,
  type Build,
  bare,
  type CrashReport,
  checkCrates,
  checkEngine,
  composePlugins,
  type Entry,
  type ExceptionHandling,
  type Factory,
  type Formatters,
  type GuardedExports,
  type Hooks,
  Instance,
  inMicrotask,
  isReviveError,
  type Owner,
  type Plugin,
  pointerGeneration,
  type Redact,
  ReviveError,
  type SharedRegistry,
  staleHandleError,
  store,
} from '@wasm-revive/kernel';
import type { Revive, ReviveOptions, ReviveState, Stats } from './control.js';
import { Emitter, type EventName, type Events, tell } from './events.js';
import { InstanceMaker, isRefusal, noModuleError } from './instance-maker.js';
import { checkOptions } from './options.js';
import { type Manages, managerPlugin } from './plugin.js';
import { RecoverySchedule } from './recovery-schedule.js';
import { RestartCounter } from './restart-intensity.js';
import { crashLoopError } from './restarter.js';

/** What generated code says of its module. */
export interface ModuleDescription {
  readonly name: string;
  readonly entries: readonly Entry[];
  /** Which build it is, for reports. */
  readonly build?: Build;
  /** What writes the arguments of Rust's messages, where the module has names. */
  readonly formatters?: Formatters;
  /** Where Rust counts the panics that go on, as an address in its memory. */
  readonly panicCount?: number;
  /** What it needs of the engine for exceptions, if it uses them. */
  readonly exceptions?: ExceptionHandling;
  /** What the user does to initialise it, for `REVIVE_NOT_READY`; undefined where it initialises itself. */
  readonly init?: string;
  /** Whether the module has the reinit-manager crate and doesn't signal: the end of every turn has to ask it. */
  readonly reinitRequests?: boolean;
  /** Reads the module again, where the first instance may be given without it. */
  readonly load?: () => Promise<WebAssembly.Module>;
  /** Given the functions to forward to, and where the pointers of their handles start, whenever they change; undefined while there are none. */
  readonly onCurrent: (api: Api | undefined, base: number) => void;
}

/** What {@link createManager} is made with. */
export interface ManagerOptions extends ReviveOptions {
  readonly plugins: readonly Plugin[];
}

/** A module under management, as its façade uses it. */
export interface Application {
  /** The control handle, exported as `__revive`. */
  readonly control: Revive;
  /**
   * Refuses an engine that can't run the module, where the module is compiled before anything else is asked of the manager.
   * Throws `REVIVE_UNSUPPORTED_ENGINE`.
   */
  checkEngine(): void;
  /**
   * Imports for an instance that the caller makes, perhaps asynchronously, and gives to {@link adopt} together with them.
   * Throws `REVIVE_UNSUPPORTED_ENGINE`.
   */
  prepare(): WebAssembly.Imports;
  /** Starts an instance that was made with prepared imports. Ignored when another one serves by then. */
  adopt(imports: WebAssembly.Imports, instance: WebAssembly.Instance, module: WebAssembly.Module): void;
  /**
   * Instantiates a module and starts the instance. Where the engine only does that asynchronously, gives a promise of it; that may be left alone,
   * for calls are refused with `REVIVE_NOT_READY` until then, and with why it failed from then on.
   */
  boot(module: WebAssembly.Module): Promise<void> | undefined;
  /**
   * Takes over the instance that an engine, a bundler or a program has made of the wasm file, where there is one, and else makes one.
   * @param source what `import * as wasm from './app_bg.wasm'` gave, or the exports of an instance
   * @param module undefined or null: there is none to be had
   * @param imports prepared ones, with which the instance was made; undefined when it can't be guarded
   * @param start false: the program has made the instance by itself, and will start it
   */
  bootFrom(
    source: object,
    module: WebAssembly.Module | null | undefined,
    imports: WebAssembly.Imports | undefined,
    start: boolean,
  ): Promise<void> | undefined;
  /** The functions to forward to; makes a fresh instance when the last one was lost. Throws `REVIVE_NOT_READY`, `REVIVE_NO_INSTANCE` or `REVIVE_CRASH_LOOP`. */
  wake(): Api;
  /** The functions for a handle, by its pointer. Throws `REVIVE_STALE_HANDLE` when what it points to is gone. */
  owner(pointer: unknown, what: string): Api;
  /** Whether a pointer, of a handle, points to something that is gone. */
  isGone(pointer: unknown): boolean;
  /** The guarded exports of the instance that serves. */
  exports(): GuardedExports;
}

/** Puts a factory under management. */
export function createManager(factory: Factory, description: ModuleDescription, options: ManagerOptions): Application {
  return new Manager(factory, description, options);
}

/**
 * An instance that nobody has called and that was lost within this time, in milliseconds, has not started. Programs that timers and frames
 * drive are called by nobody.
 */
const STARTED_AFTER = 10_000;

/** How often in a row the program may reset the module from within: from a listener, or while an instance starts. Each may cause the next. */
const MOST_RESETS_WITHIN = 5;

class Manager implements Application, Owner, Manages, Omit<Revive, 'module'> {
  readonly moduleName: string;
  readonly entries: readonly Entry[];
  readonly build: Build | undefined;
  readonly formatters: Formatters | undefined;
  readonly panicCount: number | undefined;
  readonly exceptions: ExceptionHandling | undefined;
  hooks: Hooks;
  readonly registries: SharedRegistry[] = [];
  stackPointers?: readonly string[];
  readonly control: Revive;
  readonly #factory: Factory;
  readonly #description: ModuleDescription;
  readonly #emitter = new Emitter();
  readonly #schedule = new RecoverySchedule(() => this.#recoverQuietly());
  readonly #prepared = new WeakMap<WebAssembly.Imports, Instance>();
  readonly #own: Plugin;
  readonly #maker: InstanceMaker;
  #plugins: readonly Plugin[];
  #options: ReviveOptions;
  readonly #restarts: RestartCounter;
  #current: Instance | undefined;
  #starting: Instance | undefined;
  /** Whether the program has called the present instance, from outside of listeners and of its start function. */
  #wasCalled = false;
  /** How often the program has reset the module from within, since it called an instance. */
  #resetsWithin = 0;
  /** The first instance, where it is made asynchronously, and why it could not be made. */
  #booting: { readonly error?: unknown } | undefined;
  /** What the program has given in place of exports that are not there yet. */
  #promised: Promised | undefined;
  #lastError: ReviveError | undefined;
  #lostAt = 0;
  /** Whether the event `retired` has been emitted since an instance served. */
  #saidRetired = false;
  #lastReport: CrashReport | undefined;
  /** Of the instance that served last. */
  #generation = 0;
  /** Of the one that was made last. */
  #lastGeneration = 0;
  #failures = 0;
  #recoveries = 0;

  constructor(factory: Factory, description: ModuleDescription, { plugins, ...options }: ManagerOptions) {
    this.#factory = factory;
    this.#description = description;
    this.#options = bare(options);
    this.#restarts = new RestartCounter(options);
    this.moduleName = description.name;
    this.entries = description.entries;
    this.build = description.build;
    this.formatters = description.formatters;
    this.panicCount = description.panicCount;
    this.exceptions = description.exceptions;
    this.#plugins = plugins;
    this.#own = managerPlugin(this, description.reinitRequests === true);
    this.hooks = composePlugins([...plugins, this.#own]);
    this.#maker = new InstanceMaker({
      moduleName: description.name,
      load: description.load,
      scope: () => this.#scope(),
      made: () => void this.#recoverQuietly(),
    });
    this.control = controlOf(this);
  }

  get options(): ReviveOptions {
    return this.#options;
  }

  get redact(): Redact | undefined {
    return this.#options.redact;
  }

  get generation(): number {
    return this.#generation;
  }

  get state(): ReviveState {
    if (this.#current !== undefined) return 'running';
    if (this.#generation === 0) return 'idle';
    if (!this.#maker.canMake) return 'retired';
    return this.#restarts.waitMs(Date.now()) > 0 ? 'retired' : 'recovering';
  }

  get stats(): Stats {
    return {
      failures: this.#failures,
      recoveries: this.#recoveries,
      inFlight: this.#current?.callsInFlight ?? 0,
    };
  }

  on<E extends EventName>(name: E, listener: (event: Events[E]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  configure(options: ReviveOptions): void {
    // A copy first: the program's getters may give another value each time.
    const changes = bare({ ...options });
    checkOptions(changes);
    this.#options = bare({ ...this.#options, ...changes });
    if ('maxRestarts' in changes || 'withinMs' in changes) this.#restarts.configure(this.#options);
  }

  use(plugin: Plugin): void {
    const plugins = [...this.#plugins, plugin];
    this.hooks = composePlugins([...plugins, this.#own]);
    this.#plugins = plugins;
    this.#maker.drop();
  }

  reset(): void {
    if (this.#generation === 0) throw this.#notReady();
    // Before the present one goes: there may be nothing to make another of. Throws until the module has been read.
    if (this.#maker.module === undefined) this.#maker.giveBack(this.#maker.take(this.#generation, this.#lastError));
    if (!this.#isWithin()) this.#resetsWithin = 0;
    else if (++this.#resetsWithin > MOST_RESETS_WITHIN) throw crashLoopError(this.moduleName, Number.POSITIVE_INFINITY, this.#lastError);
    if (this.#current !== undefined) this.#replace(this.#current, 'The module was reset.');
    this.#restarts.forgive();
    try {
      this.#recover();
    } catch (error) {
      // One that is being made asynchronously serves as soon as it is there.
      if (!this.#maker.isMaking) throw error;
    }
  }

  checkEngine(): void {
    if (this.exceptions !== undefined) checkEngine(this.moduleName, this.exceptions);
  }

  prepare(): WebAssembly.Imports {
    this.checkEngine();
    const instance = this.#scope();
    this.#prepared.set(instance.scope.imports, instance);
    return instance.scope.imports;
  }

  adopt(imports: WebAssembly.Imports, instance: WebAssembly.Instance, module: WebAssembly.Module): void {
    this.#adopt(imports, instance, module, true);
  }

  boot(module: WebAssembly.Module): Promise<void> | undefined {
    return this.#boot(module, this.prepare());
  }

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
    if (imports && made) this.#adopt(imports, made, module ?? undefined, start);
    else if (module) return this.#boot(module, imports ?? this.prepare());
    else throw noModuleError(this.moduleName, this.#lastError);
    return undefined;
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
    this.#adopt(imports, instance, module, true);
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
    this.#adopt(imports, await WebAssembly.instantiate(module, imports), module, true);
  }

  #adopt(
    imports: WebAssembly.Imports,
    instance: Pick<WebAssembly.Instance, 'exports'>,
    module: WebAssembly.Module | undefined,
    start: boolean,
  ): void {
    if (this.#current !== undefined) return;
    const prepared = this.#prepared.get(imports);
    if (prepared === undefined) throw new TypeError('wasm-revive: adopt() was given imports that were not prepared here');
    if (module !== undefined) checkCrates(module);
    // A later one has served meanwhile: from this one its handles could not be told.
    if (prepared.generation <= this.#generation) {
      this.#maker.module ??= module;
      return;
    }
    prepared.bind(instance);
    this.#maker.drop();
    this.#promised = undefined;
    this.#maker.module = module ?? this.#maker.module;
    this.#serve(prepared, start);
  }

  wake(): Api {
    return this.#instance().scope.api;
  }

  /**
   * Somebody calls a module whose exports the program has yet to give. In plain glue, this reads one off the object that stands in for them, which
   * throws the program's own words, or makes the instance, and may give its exports by then.
   */
  #claim(promised: Promised): void {
    const { source, imports, module } = promised;
    Reflect.get(source, 'memory');
    if (this.#promised !== promised) return;
    if (imports !== undefined) {
      this.#adopt(imports, { exports: source as WebAssembly.Exports }, module, false);
      return;
    }
    // An instance whose imports aren't guarded is not used.
    if (module === undefined) throw noModuleError(this.moduleName, this.#lastError);
    this.#promised = undefined;
    void this.#boot(module, this.prepare());
  }

  owner(pointer: unknown, what: string): Api {
    if (!this.isGone(pointer)) return this.wake();
    throw staleHandleError(what, pointerGeneration(pointer) ?? 0, undefined);
  }

  isGone(pointer: unknown): boolean {
    const generation = pointerGeneration(pointer);
    if (generation === undefined) return false;
    const current = this.#current;
    return current === undefined || generation !== current.generation || !current.isWell();
  }

  exports(): GuardedExports {
    return this.#instance().scope.exports();
  }

  /** The instance that serves, for somebody who calls it. */
  #instance(): Instance {
    // Once more after each recovery, in which much of the program's runs: it may have failed the fresh instance, or reset the module.
    for (;;) {
      const current = this.#current;
      if (current?.isWell()) return this.#called(current);
      // Lost, and there is no stack to say so, let alone to make another.
      if (current !== undefined && current === this.#current) throw current.error;
      if (this.#current !== undefined) continue;
      if (this.#promised === undefined) this.#recover();
      else this.#claim(this.#promised);
    }
  }

  /**
   * From now on the façade goes to the instance without asking. Not for calls from within, so that the first that comes from outside is known:
   * with that, the instance has started.
   */
  #called(instance: Instance): Instance {
    if (this.#isWithin()) return instance;
    this.#wasCalled = true;
    this.#resetsWithin = 0;
    this.#restarts.started();
    // Whether it is well may be known only later: until then, each call asks.
    if (!instance.suspected) this.#description.onCurrent(instance.scope.api, instance.base);
    return instance;
  }

  /** Whether listeners or a start function are on the stack, so that whatever is called now they may have called. */
  #isWithin(): boolean {
    return this.#starting !== undefined || this.#emitter.isEmitting;
  }

  failed(instance: Instance, report: CrashReport): void {
    this.#failures++;
    const isStarting = instance === this.#starting;
    if (isStarting && report.failure.kind === 'unwound' && instance.quiescent) {
      // Half started it would be if it were kept, whatever the panic left intact.
      instance.retire('Rust panicked in the start function.');
      store(report, 'recovery', 'fresh');
    }
    // Another one may serve already: the program has reset the module in between.
    if (instance.state === 'lost' && (this.#current ?? instance) === instance) {
      // Before anybody hears of it, who may call the module again.
      if (instance === this.#current) this.#gone(instance);
      this.#lostAt = performance.now();
      this.#lastError = instance.error;
      this.#lastReport = report;
      if (report.recovery === 'retire') this.#restarts.giveUp();
      if (this.#restarts.waitMs(Date.now()) > 0) store(report, 'recovery', 'retire');
      // The one that starts it hears of that by itself.
      if (!isStarting) this.#scheduleRecovery();
    }
    this.#emitter.emit('failure', report, () => tell('onFailure', () => this.#options.onFailure?.(report)));
  }

  suspected(instance: Instance): void {
    if (instance === this.#current) this.#description.onCurrent(undefined, instance.base);
  }

  reinitRequested(instance: Instance): void {
    if (instance !== this.#current) return;
    this.#replace(instance, 'Rust asked for a fresh instance.');
    this.#scheduleRecovery();
  }

  staleClosureCalled(instance: Instance, entrypoint: string): boolean {
    this.#emitter.emit('stale', { entrypoint, generation: instance.generation });
    return this.#options.staleClosures === 'throw';
  }

  /** Nobody calls this instance from now on. It may be in a turn, which is to end well: it goes when no frame is left on the stack. */
  #replace(instance: Instance, reason: string): void {
    this.#gone(instance);
    inMicrotask(() => instance.retire(reason));
  }

  #gone(instance: Instance): void {
    const hasStarted = this.#wasCalled || (instance !== this.#starting && instance.uptimeMs >= STARTED_AFTER);
    if (hasStarted) this.#restarts.started();
    else this.#restarts.startFailed();
    this.#current = undefined;
    // No pointer of a handle is above this: each is looked at.
    this.#description.onCurrent(undefined, Number.POSITIVE_INFINITY);
  }

  #scheduleRecovery(): void {
    this.#schedule.schedule(this.#restarts.pauseMs(Date.now()));
  }

  /** Whether there was anything to do. */
  #recoverQuietly(): boolean {
    if (this.#current !== undefined || this.#generation === 0) return false;
    try {
      this.#recover();
    } catch {
      // It has been reported; the next call hears of it.
    }
    return true;
  }

  /** Makes a fresh instance, and has it serve, unless what runs of the program meanwhile has brought about another. */
  #recover(): void {
    if (this.#generation === 0) throw this.#notReady();
    const wait = this.#restarts.waitMs(Date.now());
    if (wait > 0) {
      const error = crashLoopError(this.moduleName, wait, this.#lastError);
      const isNew = !this.#saidRetired;
      this.#saidRetired = true;
      if (isNew) this.#emitter.emit('retired', error);
      // A listener may have reset the module, or raised the limit.
      if (this.#current !== undefined) return;
      if (this.#restarts.waitMs(Date.now()) > 0) throw error;
    }
    const began = this.#lostAt || performance.now();
    const instance = this.#maker.take(this.#generation, this.#lastError);
    // Plugins have looked at it.
    if (this.#current !== undefined) {
      this.#maker.giveBack(instance);
      return;
    }
    const bytes = instance.memoryBytes;
    // Not when it was asked for.
    if (this.#lostAt > 0) this.#restarts.restarted(Date.now());
    const thrown = this.#start(instance);
    if (!this.#serves(instance)) return;
    const ms = performance.now() - began;
    // The program may have frozen it, or given it setters.
    if (this.#lastReport !== undefined) store(this.#lastReport, 'recoveryMs', ms);
    this.#lastReport = undefined;
    this.#lostAt = 0;
    this.#saidRetired = false;
    this.#recoveries++;
    this.#emitter.emit('recovered', { generation: instance.generation, ms, ...thrown });
    this.#maker.keepReserve(bytes);
  }

  #serves(instance: Instance): boolean {
    return this.#current === instance;
  }

  /** Starts a fresh instance. Gives what its start function threw on purpose, or let through; throws what the instance was lost through. */
  #start(instance: Instance): { readonly error?: unknown } {
    try {
      this.#serve(instance, true);
      return {};
    } catch (error) {
      if (instance.isWell()) return { error };
      if (isReviveError(error)) this.#lastError = error;
      this.#scheduleRecovery();
      throw error;
    }
  }

  #scope(): Instance {
    const instance = new Instance(this.#lastGeneration + 1, this, this.#factory);
    this.#lastGeneration = instance.generation;
    return instance;
  }

  /** Has an instance serve, and starts it. Throws what its start function throws. */
  #serve(instance: Instance, start: boolean): void {
    const outer = this.#starting;
    // Before it starts, as in plain glue: a start function may call JavaScript that calls the module.
    this.#current = instance;
    this.#generation = instance.generation;
    this.#starting = instance;
    this.#wasCalled = false;
    try {
      if (start) instance.start();
      else instance.served();
    } finally {
      this.#starting = outer;
    }
  }

  #notReady(): ReviveError {
    const { init } = this.#description;
    const { moduleName } = this;
    if (this.#booting !== undefined && 'error' in this.#booting) {
      const { error } = this.#booting;
      if (isReviveError(error)) return error;
      return new ReviveError('REVIVE_NO_INSTANCE', `No instance of ${moduleName} could be made.`, { cause: error });
    }
    const hint = this.#booting
      ? ' It is being instantiated: repeat the call in a moment.'
      : init === undefined
        ? ''
        : ` Call ${init} first.`;
    return new ReviveError('REVIVE_NOT_READY', `${moduleName} was called before it was initialised.${hint}`, { retryable: true });
  }
}

/** What {@link Application.bootFrom} was given of an instance that is not there yet. */
interface Promised {
  readonly source: object;
  /** Undefined where the instance can't be guarded. */
  readonly imports: WebAssembly.Imports | undefined;
  readonly module: WebAssembly.Module | undefined;
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

/** The handle that users get: the manager without what only the façade may call. */
function controlOf(manager: Manager): Revive {
  return {
    module: manager.moduleName,
    get generation() {
      return manager.generation;
    },
    get state() {
      return manager.state;
    },
    get stats() {
      return manager.stats;
    },
    on: (name, listener) => manager.on(name, listener),
    configure: (options) => manager.configure(options),
    use: (plugin) => manager.use(plugin),
    reset: () => manager.reset(),
  };
}
