import {
  type Api,
  bare,
  type CrashReport,
  checkContract,
  checkCrates,
  composePlugins,
  describedModule,
  type Factory,
  type Failure,
  type GuardedExports,
  type Hooks,
  Instance,
  type InstanceView,
  type Loss,
  type Module,
  type ModuleDescription,
  type Owner,
  type Plugin,
  pointerGeneration,
  type Recovery,
  type Redact,
  type ReportDraft,
  staleHandleError,
} from '@wasm-revive/kernel';
import type { Application } from './application.js';
import type { Revive, ReviveOptions, ReviveState, Stats } from './control.js';
import { Emitter, type EventName, type Events, tell } from './events.js';
import { FirstInstance } from './first-instance.js';
import { InstanceMaker } from './instance-maker.js';
import { checkOptions, checkPlugin } from './options.js';
import { managerPlugin } from './plugin.js';
import { Slot } from './slot.js';
import { Supervisor } from './supervisor.js';

/** What {@link createManager} is made with. */
export interface ManagerOptions extends ReviveOptions {
  readonly plugins: readonly Plugin[];
}

/**
 * Puts a factory under management.
 * @throws ReviveError `REVIVE_CONTRACT_MISMATCH` when it was generated for another runtime
 */
export function createManager(factory: Factory, description: ModuleDescription, options: ManagerOptions): Application {
  checkContract(description);
  return new Manager(factory, description, options);
}

/** A module under management: its slot, its supervisor, its listeners and its plugins, and who asks which of them what. */
class Manager implements Application, Owner, Omit<Revive, 'module'> {
  readonly module: Module;
  readonly control: Revive;
  hooks: Hooks;
  readonly #own: Plugin;
  readonly #emitter = new Emitter();
  readonly #supervisor: Supervisor;
  readonly #maker: InstanceMaker;
  readonly #slot: Slot;
  readonly #first: FirstInstance;
  #plugins: readonly Plugin[];
  #options: ReviveOptions;
  /** Of the instance that was made last. */
  #lastGeneration = 0;
  #failures = 0;
  #recoveries = 0;

  constructor(factory: Factory, description: ModuleDescription, { plugins, ...options }: ManagerOptions) {
    const { name, load, onCurrent } = description;
    this.module = describedModule(description);
    this.#options = bare(options);
    this.#plugins = plugins;
    const requested = (view: InstanceView): void => {
      const { current } = this.#slot;
      if (current?.view === view) this.reinitRequested(current);
    };
    this.#own = managerPlugin(() => this.#options, description.reinitRequests === true ? requested : undefined);
    this.hooks = composePlugins([...plugins, this.#own]);
    const scope = (): Instance => {
      const instance = new Instance(this.#lastGeneration + 1, this, factory);
      this.#lastGeneration = instance.generation;
      return instance;
    };
    const check = (module: WebAssembly.Module): void => void checkCrates(module, this.hooks.packages);
    const recoverQuietly = (): boolean => this.#slot.recoverQuietly();
    this.#supervisor = new Supervisor(name, options, recoverQuietly);
    this.#maker = new InstanceMaker({ moduleName: name, load, scope, check, made: recoverQuietly });
    this.#slot = new Slot({
      maker: this.#maker,
      supervisor: this.#supervisor,
      onCurrent: (instance) => onCurrent(instance?.scope.raw, instance?.base ?? 0),
      isEmitting: () => this.#emitter.isEmitting,
      claim: () => this.#first.claim(),
      notReady: () => this.#first.notReady(),
      recovered: ({ generation }, ms, thrown) => {
        this.#recoveries++;
        const recovered = { generation, ms, ...thrown };
        this.#emitter.emit('recovered', () => recovered);
      },
      retired: (error) => this.#emitter.emit('retired', () => error),
    });
    this.#first = new FirstInstance(this.module, this.#maker, this.#slot, scope, check);
    this.control = controlOf(this);
  }

  // What generated code asks: see `Application`.

  checkEngine(): void {
    this.#first.checkEngine();
  }

  prepare(): WebAssembly.Imports {
    return this.#first.prepare();
  }

  adopt(imports: WebAssembly.Imports, instance: WebAssembly.Instance, module: WebAssembly.Module): void {
    this.#first.adopt(imports, instance, module, true);
  }

  boot(module: WebAssembly.Module): Promise<void> | undefined {
    return this.#first.boot(module, this.prepare());
  }

  bootFrom(...given: Parameters<Application['bootFrom']>): Promise<void> | undefined {
    return this.#first.bootFrom(...given);
  }

  wake(): Api {
    return this.#slot.instance().scope.api;
  }

  owner(pointer: unknown, what: string): Api {
    if (!this.isGone(pointer)) return this.wake();
    throw staleHandleError(what, pointerGeneration(pointer) ?? 0, undefined);
  }

  isGone(pointer: unknown): boolean {
    return this.#slot.isGone(pointer);
  }

  exports(): GuardedExports {
    return this.#slot.instance().scope.exports();
  }

  // What an instance asks and tells: see `Owner`.

  get redact(): Redact | undefined {
    return this.#options.redact;
  }

  decide(instance: Instance, asked: Recovery, failure: Failure, quiescent: boolean): Recovery {
    const { current } = this.#slot;
    // Another one serves already: the program has reset the module in between.
    if (current !== undefined && current !== instance) return asked;
    const ending = { instance, isServing: instance === current, isStarting: this.#slot.isStarting(instance) };
    return this.#supervisor.decide(ending, asked, failure, quiescent);
  }

  failed(instance: Instance, draft: ReportDraft, loss?: Loss): void {
    if (loss !== undefined && (this.#slot.current ?? instance) === instance) {
      // Before anybody hears of it, who may call the module again.
      this.#slot.vacate(instance);
      this.#supervisor.lost(loss.error);
      // The one that starts it hears of that by itself, unless its start function goes on.
      if (!this.#slot.isStarting(instance) || instance.state === 'running') this.#supervisor.schedule();
    }
    for (const one of [...(loss?.earlier ?? []), draft]) this.#tell(one);
  }

  #tell(draft: ReportDraft): void {
    this.#failures++;
    const event = (): CrashReport => draft.report;
    this.#emitter.emit('failure', event, () => tell('onFailure', () => this.#options.onFailure?.(event())));
  }

  suspected(instance: Instance): void {
    this.#slot.suspect(instance);
  }

  reinitRequested(instance: Instance): void {
    if (instance !== this.#slot.current) return;
    this.#slot.replace(instance, 'Rust asked for a fresh instance.');
    this.#supervisor.schedule();
  }

  staleClosureCalled(instance: Instance, entrypoint: string): boolean {
    const { generation } = instance;
    const stale = { entrypoint, generation };
    this.#emitter.emit('stale', () => stale);
    return this.#options.staleClosures === 'throw';
  }

  // What the program asks: see `Revive`.

  get generation(): number {
    return this.#slot.generation;
  }

  get state(): ReviveState {
    if (this.#slot.current !== undefined) return 'running';
    if (this.generation === 0) return 'idle';
    return !this.#maker.canMake || this.#supervisor.isRefusing ? 'retired' : 'recovering';
  }

  get stats(): Stats {
    return { failures: this.#failures, recoveries: this.#recoveries, inFlight: this.#slot.current?.callsInFlight ?? 0 };
  }

  on<E extends EventName>(name: E, listener: (event: Events[E]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  configure(options: ReviveOptions): void {
    // A copy first: the program's getters may give another value each time.
    const changes = bare({ ...options });
    checkOptions(changes);
    this.#options = bare({ ...this.#options, ...changes });
    if ('maxRestarts' in changes || 'withinMs' in changes) this.#supervisor.configure(this.#options);
  }

  use(plugin: Plugin): void {
    checkPlugin(plugin);
    const plugins = [...this.#plugins, plugin];
    const hooks = composePlugins([...plugins, this.#own]);
    if (this.#maker.module !== undefined) checkCrates(this.#maker.module, hooks.packages);
    this.hooks = hooks;
    this.#plugins = plugins;
    this.#maker.drop();
  }

  reset(): void {
    const { current, generation } = this.#slot;
    if (generation === 0) throw this.#first.notReady();
    // Before the present one goes: there may be nothing to make another of. Throws until the module has been read.
    if (this.#maker.module === undefined) this.#maker.giveBack(this.#maker.take(generation, this.#supervisor.lastError));
    this.#supervisor.reset(this.#slot.isWithin);
    if (current !== undefined) this.#slot.replace(current, 'The module was reset.');
    this.#supervisor.forgive();
    try {
      this.#slot.recover();
    } catch (error) {
      // One that is being made asynchronously serves as soon as it is there.
      if (!this.#maker.isMaking) throw error;
    }
  }
}

/** The handle that users get: the manager without what only the façade may call. */
function controlOf(manager: Manager): Revive {
  return {
    module: manager.module.description.name,
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
