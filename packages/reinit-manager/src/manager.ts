import {
  type CrashReport,
  checkContract,
  checkCrates,
  describedModule,
  type Factory,
  type Failure,
  type Hooks,
  Instance,
  type InstanceView,
  type Loss,
  type Module,
  type ModuleDescription,
  type Owner,
  type Plugin,
  type Recovery,
  type Redact,
  type ReportDraft,
} from '@wasm-revive/kernel';
import { type Application, ModuleApplication } from './application.js';
import { type Counts, type ReviveOptions, reviveOf } from './control.js';
import { Emitter, tell } from './events.js';
import { managerPlugin } from './plugin.js';
import { Settings } from './settings.js';
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
  return new Manager(factory, describedModule(description), options).application;
}

/** Puts the pieces of a managed module together, and answers its instances: what is done after a failure, and who is told. */
class Manager implements Owner {
  readonly module: Module;
  readonly application: Application;
  readonly #settings: Settings;
  readonly #emitter = new Emitter();
  readonly #counts: Counts = { failures: 0, recoveries: 0 };
  readonly #supervisor: Supervisor;
  readonly #slot: Slot;

  constructor(factory: Factory, module: Module, { plugins, ...options }: ManagerOptions) {
    const { name, reinitRequests } = module.description;
    this.module = module;
    const asks = reinitRequests === true ? (view: InstanceView): void => this.#askedByCrate(view) : undefined;
    const own = managerPlugin(() => this.#settings.options, asks);
    this.#settings = new Settings(options, plugins, own);
    this.#supervisor = new Supervisor(name, options, () => this.#slot.recoverQuietly());
    const check = (compiled: WebAssembly.Module): void => void checkCrates(compiled, this.hooks.packages);
    this.#slot = new Slot({
      module,
      supervisor: this.#supervisor,
      scope: (generation) => new Instance(generation, this, factory),
      check,
      isEmitting: () => this.#emitter.isEmitting,
      claim: () => application.claim(),
      notReady: () => application.notReady(),
      recovered: ({ generation }, ms, thrown) => {
        this.#counts.recoveries++;
        const recovered = { generation, ms, ...thrown };
        this.#emitter.emit('recovered', () => recovered);
      },
      retired: (error) => this.#emitter.emit('retired', () => error),
    });
    const parts = { module, settings: this.#settings, emitter: this.#emitter, counts: this.#counts };
    const control = reviveOf({ ...parts, supervisor: this.#supervisor, slot: this.#slot });
    const application = new ModuleApplication(module, this.#slot, control, check);
    this.application = application;
  }

  get hooks(): Hooks {
    return this.#settings.hooks;
  }

  get redact(): Redact | undefined {
    return this.#settings.options.redact;
  }

  decide(instance: Instance, asked: Recovery, failure: Failure, quiescent: boolean): Recovery {
    const { current } = this.#slot;
    // Another one serves already: the program has reset the module in between.
    if (current !== undefined && current !== instance) return asked;
    const ending = { instance, isServing: instance === current, isStarting: this.#slot.isStarting(instance) };
    return this.#supervisor.decide(ending, asked, failure, quiescent);
  }

  failed(instance: Instance, draft: ReportDraft, loss?: Loss): void {
    if (loss !== undefined) this.#slot.lost(instance, loss.error);
    for (const one of [...(loss?.earlier ?? []), draft]) this.#tell(one);
  }

  #tell(draft: ReportDraft): void {
    this.#counts.failures++;
    const event = (): CrashReport => draft.report;
    this.#emitter.emit('failure', event, () => tell('onFailure', () => this.#settings.options.onFailure?.(event())));
  }

  suspected(instance: Instance): void {
    this.#slot.suspect(instance);
  }

  reinitRequested(instance: Instance): void {
    if (instance !== this.#slot.current) return;
    this.#slot.replace(instance, 'Rust asked for a fresh instance.');
    this.#supervisor.schedule();
  }

  /** The same, where the crate says so at the end of a turn. */
  #askedByCrate(view: InstanceView): void {
    const { current } = this.#slot;
    if (current?.view === view) this.reinitRequested(current);
  }

  staleClosureCalled(instance: Instance, entrypoint: string): boolean {
    const { generation } = instance;
    const stale = { entrypoint, generation };
    this.#emitter.emit('stale', () => stale);
    return this.#settings.options.staleClosures === 'throw';
  }
}
