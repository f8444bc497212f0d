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
  /** What it needs of the engine for exceptions, if it uses them. */
  readonly exceptions?: ExceptionHandling;
  /** What the user does to initialise it, for `REVIVE_NOT_READY`; undefined where it initialises itself. */
  readonly init?: string;
  /** Whether the module has the reinit-manager crate and doesn't signal: the end of every turn has to ask it. */
  readonly reinitRequests?: boolean;
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
  /** Instantiates a module and starts the instance. */
  boot(module: WebAssembly.Module): void;
  /**
   * Takes over the instance that an engine, a bundler or a program has made of the wasm file, where there is one, and else makes one.
   * @param source what `import * as wasm from './app_bg.wasm'` gave, or the exports of an instance
   * @param module undefined or null: there is none to be had
   * @param imports prepared ones, with which the instance was made; undefined when it can't be guarded
   * @param start false: the program has made the instance by itself, and will start it
   */
  bootFrom(source: object, module: WebAssembly.Module | null | undefined, imports: WebAssembly.Imports | undefined, start: boolean): void;
  /** The functions to forward to; makes a fresh instance when the last one was lost. Throws `REVIVE_NOT_READY` or `REVIVE_CRASH_LOOP`. */
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

/** An instance is kept in reserve only where its memory is no bigger than this: a Worker has 128 MiB for everything. */
const STANDBY_MAX_BYTES = 16 * 2 ** 20;

class Manager implements Application, Owner, Manages, Omit<Revive, 'module'> {
  readonly moduleName: string;
  readonly entries: readonly Entry[];
  readonly build: Build | undefined;
  readonly formatters: Formatters | undefined;
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
  #plugins: readonly Plugin[];
  #options: ReviveOptions;
  #restarts: RestartCounter;
  #module: WebAssembly.Module | undefined;
  #current: Instance | undefined;
  /** The next one, made ahead: a module that has failed may fail again. Nothing of it has run. */
  #standby: Instance | undefined;
  #starting: Instance | undefined;
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
    this.exceptions = description.exceptions;
    this.#plugins = plugins;
    this.#own = managerPlugin(this, description.reinitRequests === true);
    this.hooks = composePlugins([...plugins, this.#own]);
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
    if (this.#module === undefined) return this.#generation > 0 ? 'retired' : 'idle';
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
    checkOptions(options);
    const intensity = options.maxRestarts !== undefined || options.withinMs !== undefined;
    this.#options = bare({ ...this.#options, ...options });
    if (intensity) this.#restarts = new RestartCounter(this.#options);
  }

  use(plugin: Plugin): void {
    const plugins = [...this.#plugins, plugin];
    this.hooks = composePlugins([...plugins, this.#own]);
    this.#plugins = plugins;
    this.#standby?.forget();
    this.#standby = undefined;
  }

  reset(): void {
    this.#restarts = new RestartCounter(this.#options);
    if (this.#module === undefined) throw this.#notReady();
    if (this.#current !== undefined) this.#replace(this.#current, 'The module was reset.');
    this.#recover(this.#module);
  }

  checkEngine(): void {
    if (this.exceptions !== undefined) checkEngine(this.moduleName, this.exceptions);
  }

  prepare(): WebAssembly.Imports {
    this.checkEngine();
    const instance = this.#make();
    this.#prepared.set(instance.scope.imports, instance);
    return instance.scope.imports;
  }

  adopt(imports: WebAssembly.Imports, instance: WebAssembly.Instance, module: WebAssembly.Module): void {
    this.#adopt(imports, instance, module, true);
  }

  boot(module: WebAssembly.Module): void {
    this.#boot(module, this.prepare());
  }

  bootFrom(source: object, module: WebAssembly.Module | null | undefined, imports: WebAssembly.Imports | undefined, start: boolean): void {
    if (imports !== undefined && !start && !isThere(source)) {
      this.#promised = { source, imports, module: module ?? undefined };
      return;
    }
    const made = imports && instanceOf(source, !start);
    if (imports && made) this.#adopt(imports, made, module ?? undefined, start);
    else if (module) this.#boot(module, imports ?? this.prepare());
    else throw this.#noModule();
  }

  #boot(module: WebAssembly.Module, imports: WebAssembly.Imports): void {
    this.#adopt(imports, new WebAssembly.Instance(module, imports), module, true);
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
    prepared.bind(instance);
    this.#promised = undefined;
    this.#module = module;
    this.#serve(prepared, start);
  }

  wake(): Api {
    const current = this.#current;
    if (current?.isWell()) {
      // A guard of an earlier instance may have cleared it, see `emitCatch` in `@wasm-revive/bindgen`.
      this.#description.onCurrent(current.scope.api, current.base);
      return current.scope.api;
    }
    // Lost, and there is no stack to say so, let alone to make another.
    if (current !== undefined && current === this.#current) throw current.error;
    if (this.#promised !== undefined) return this.#claim(this.#promised);
    if (this.#module === undefined) throw this.#notReady();
    return this.#recover(this.#module).scope.api;
  }

  /**
   * Somebody calls a module whose exports the program has yet to give. In plain glue, this reads one off the object that stands in for them, which
   * throws the program's own words, or makes the instance, and may give its exports by then.
   */
  #claim(promised: Promised): Api {
    const { source, imports, module } = promised;
    Reflect.get(source, 'memory');
    if (this.#promised === promised) this.#adopt(imports, { exports: source as WebAssembly.Exports }, module, false);
    return this.wake();
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
    this.wake();
    return (this.#current as Instance).scope.exports();
  }

  failed(instance: Instance, report: CrashReport): void {
    this.#failures++;
    if (instance.state === 'lost') {
      if (instance === this.#current) this.#gone();
      this.#lostAt = performance.now();
      this.#lastError = instance.error;
      this.#lastReport = report;
      // Before anybody hears of it, who may call the module again.
      if (instance === this.#starting) this.#restarts.startFailed();
      if (report.recovery === 'retire') this.#restarts.giveUp();
      if (this.#restarts.waitMs(Date.now()) > 0) store(report, 'recovery', 'retire');
      if (instance !== this.#starting) this.#schedule.schedule();
    }
    this.#emitter.emit('failure', report);
    tell('onFailure', () => this.#options.onFailure?.(report));
  }

  reinitRequested(instance: Instance): void {
    if (instance !== this.#current) return;
    this.#replace(instance, 'Rust asked for a fresh instance.');
    this.#schedule.schedule();
  }

  staleClosureCalled(instance: Instance, entrypoint: string): boolean {
    this.#emitter.emit('stale', { entrypoint, generation: instance.generation });
    return this.#options.staleClosures === 'throw';
  }

  /** Nobody calls this instance from now on. It may be in a turn, which is to end well: it goes when no frame is left on the stack. */
  #replace(instance: Instance, reason: string): void {
    this.#gone();
    inMicrotask(() => instance.retire(reason));
  }

  #gone(): void {
    this.#current = undefined;
    // No pointer of a handle is above this: each is looked at.
    this.#description.onCurrent(undefined, Number.POSITIVE_INFINITY);
  }

  /** Whether there was anything to do. */
  #recoverQuietly(): boolean {
    if (this.#current !== undefined || this.#module === undefined) return false;
    try {
      this.#recover(this.#module);
    } catch {
      // It has been reported; the next call hears of it.
    }
    return true;
  }

  #recover(module: WebAssembly.Module): Instance {
    const wait = this.#restarts.waitMs(Date.now());
    if (wait > 0) {
      const error = crashLoopError(this.moduleName, wait, this.#lastError);
      if (!this.#saidRetired) this.#emitter.emit('retired', error);
      this.#saidRetired = true;
      throw error;
    }
    const began = this.#lostAt || performance.now();
    const instance = this.#standby ?? this.#instantiate(module);
    this.#standby = undefined;
    const small = instance.memoryBytes <= STANDBY_MAX_BYTES;
    // Not when it was asked for.
    if (this.#lostAt > 0) this.#restarts.restarted(Date.now());
    this.#serve(instance);
    const ms = performance.now() - began;
    // The program may have frozen it, or given it setters.
    if (this.#lastReport !== undefined) store(this.#lastReport, 'recoveryMs', ms);
    this.#lastReport = undefined;
    this.#lostAt = 0;
    this.#saidRetired = false;
    this.#recoveries++;
    this.#emitter.emit('recovered', { generation: instance.generation, ms });
    if (small) inMicrotask(() => this.#makeStandby(module));
    return instance;
  }

  #makeStandby(module: WebAssembly.Module): void {
    if (this.#standby !== undefined) return;
    try {
      this.#standby = this.#instantiate(module);
    } catch {
      // No memory for two. Who needs the next one makes it then, and hears why when that fails too.
    }
  }

  #instantiate(module: WebAssembly.Module): Instance {
    const instance = this.#make();
    instance.bind(new WebAssembly.Instance(module, instance.scope.imports));
    return instance;
  }

  #make(): Instance {
    return new Instance(++this.#lastGeneration, this, this.#factory);
  }

  #serve(instance: Instance, start = true): void {
    // Before it starts, as in plain glue: a start function may call JavaScript that calls the module.
    this.#current = instance;
    this.#generation = instance.generation;
    this.#starting = instance;
    this.#description.onCurrent(instance.scope.api, instance.base);
    try {
      if (start) instance.start();
      else instance.served();
      this.#restarts.started();
    } catch (error) {
      if (instance.state !== 'lost') this.#restarts.startFailed();
      throw error;
    } finally {
      this.#starting = undefined;
    }
  }

  #noModule(): ReviveError {
    return new ReviveError(
      'REVIVE_NO_MODULE',
      `${this.moduleName} needs its WebAssembly.Module to make an instance, and was given only what was made of it. Pass the module to ` +
        '`__wbg_set_wasm(exports, module)`, or have the wasm file served beside the JavaScript.',
      { cause: this.#lastError },
    );
  }

  #notReady(): ReviveError {
    if (this.#generation > 0) return this.#noModule();
    const { init } = this.#description;
    return new ReviveError(
      'REVIVE_NOT_READY',
      `${this.moduleName} was called before it was initialised.${init === undefined ? '' : ` Call ${init} first.`}`,
      { retryable: true },
    );
  }
}

/** What {@link Application.bootFrom} was given of an instance that is not there yet. */
interface Promised {
  readonly source: object;
  readonly imports: WebAssembly.Imports;
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
