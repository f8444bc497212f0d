import {
  type CrashReport,
  type Factory,
  type Failure,
  type Hooks,
  Instance,
  type InstanceView,
  LONGEST_NAME,
  type Loss,
  type Module,
  type Owner,
  type Recovery,
  type Redact,
  type ReportDraft,
  type ReviveError,
  safely,
  shorten,
} from '@wasm-revive/kernel';
import type { Counts } from './control.js';
import { type Emitter, tell } from './events.js';
import type { Settings } from './settings.js';
import { Slot } from './slot.js';
import { Supervisor } from './supervisor.js';

/** What all places of a module share. */
export interface Shared {
  readonly module: Module;
  readonly factory: Factory;
  readonly settings: Settings;
  readonly emitter: Emitter;
  readonly counts: Counts;
  /** Refuses a module whose crates don't match. Throws `REVIVE_VERSION_MISMATCH`. */
  check(compiled: WebAssembly.Module): void;
}

/** What is a place's own. */
export interface PlaceOptions {
  /** The key of a sibling, as text. */
  readonly key: string | undefined;
  /** What a program is told to do where it failed too often. */
  readonly advice: string;
  /** See `Surroundings`. */
  readonly keepsReserve: boolean;
  /** The space of the next instance. */
  space(): number;
  /** Tells whoever calls where calls go, whenever that changes. */
  sendTo(instance: Instance | undefined): void;
  /** See `Surroundings`. */
  claim(): boolean;
  isReady(): boolean;
  notReady(): ReviveError;
}

/** Where instances of a module serve, one at a time; it answers for them: what is done after a failure, and who is told. */
export class Place implements Owner {
  readonly module: Module;
  readonly supervisor: Supervisor;
  readonly slot: Slot;
  readonly #shared: Shared;
  readonly #key: string | undefined;

  constructor(shared: Shared, { key, advice, keepsReserve, space, sendTo, claim, isReady, notReady }: PlaceOptions) {
    const { module, settings, emitter, counts, check, factory } = shared;
    this.module = module;
    this.#shared = shared;
    this.#key = key;
    const said = { what: () => `${module.description.name}${key === undefined ? '' : `, ${this.name},`}`, advice };
    this.supervisor = new Supervisor(said, settings.options, () => this.slot.recoverQuietly());
    this.slot = new Slot({
      module,
      supervisor: this.supervisor,
      keepsReserve,
      sendTo,
      scope: (generation) => new Instance(generation, space(), this, factory),
      check,
      isEmitting: () => emitter.isEmitting,
      claim,
      isReady,
      notReady,
      recovered: ({ generation }, ms, thrown) => {
        counts.recoveries++;
        const recovered = { generation, ms, ...thrown, ...this.#where() };
        emitter.emit('recovered', () => recovered);
      },
      retired: (error) => emitter.emit('retired', () => error),
    });
  }

  /** See `Owner`: what the program keeps out of reports is kept out of it, too. */
  get key(): string | undefined {
    return this.#key === undefined ? undefined : shorten(safely(this.redact)(this.#key), LONGEST_NAME);
  }

  get name(): string {
    const { key } = this;
    return key === undefined ? 'the default instance' : `instance ${JSON.stringify(key)}`;
  }

  /** What events say of where it was. */
  #where(): { readonly instance?: string } {
    const { key } = this;
    return key === undefined ? {} : { instance: key };
  }

  get hooks(): Hooks {
    return this.#shared.settings.hooks;
  }

  get redact(): Redact | undefined {
    return this.#shared.settings.options.redact;
  }

  decide(instance: Instance, asked: Recovery, failure: Failure, quiescent: boolean): Recovery {
    const { current } = this.slot;
    // Another one serves already: the program has reset the module in between.
    if (current !== undefined && current !== instance) return asked;
    const ending = { instance, isServing: instance === current, isStarting: this.slot.isStarting(instance) };
    return this.supervisor.decide(ending, asked, failure, quiescent);
  }

  failed(instance: Instance, draft: ReportDraft, loss?: Loss): void {
    const drafts = [...(loss?.earlier ?? []), draft];
    // Before anything is done: where there is no stack to write them, that is what is reported instead.
    const reports = this.#isHeard ? drafts.map(({ report }) => report) : [];
    if (loss !== undefined) this.slot.lost(instance, loss.error);
    this.#shared.counts.failures += drafts.length;
    for (const report of reports) this.#tell(report);
  }

  /** Whether anybody wants to hear of failures. To tell nobody would take a caught panic a tenth of its time. */
  get #isHeard(): boolean {
    const { emitter, settings } = this.#shared;
    return settings.options.onFailure !== undefined || emitter.isHeard('failure');
  }

  #tell(report: CrashReport): void {
    const { emitter, settings } = this.#shared;
    emitter.emit(
      'failure',
      () => report,
      () => tell('onFailure', () => settings.options.onFailure?.(report)),
    );
  }

  suspected(instance: Instance): void {
    this.slot.suspect(instance);
  }

  reinitRequested(instance: Instance): void {
    if (instance !== this.slot.current) return;
    this.slot.replace(instance, 'Rust asked for a fresh instance.');
    this.supervisor.schedule();
  }

  /** The same, where the crate says so at the end of a turn. */
  askedByCrate(view: InstanceView): void {
    const { current } = this.slot;
    if (current?.view === view) this.reinitRequested(current);
  }

  staleClosureCalled({ generation }: Instance, entrypoint: string): boolean {
    const stale = { entrypoint, generation, ...this.#where() };
    this.#shared.emitter.emit('stale', () => stale);
    return this.#shared.settings.options.staleClosures === 'throw';
  }
}
