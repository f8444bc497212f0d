import {
  type CrashReport,
  type Factory,
  type Failure,
  type GivenUp,
  type Hooks,
  Instance,
  type InstanceView,
  isForeign,
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
import type { Clock } from '../clock.js';
import type { Counts } from '../control.js';
import { type Emitter, tell } from '../events.js';
import type { Closing } from '../leaving/closing.js';
import { NO_RECYCLING } from '../leaving/none-leave.js';
import { Recycling } from '../leaving/recycling.js';
import { type Public, WITH_CONTROL, WITH_CRATES } from '../left-out.js';
import { recoveryOf } from '../options.js';
import type { Settings } from '../settings.js';
import type { MemoryBudget } from '../siblings/memory-budget.js';
import { type Said, Supervisor } from '../supervision/supervisor.js';
import { NOTHING_PERSISTED } from './nothing-persisted.js';
import { Persisted } from './persisted.js';
import { Slot } from './slot.js';
import { standbyPolicy } from './standby.js';

/** What all places of a module share. */
export interface Shared {
  readonly module: Module;
  readonly factory: Factory;
  readonly settings: Settings;
  readonly emitter: Emitter;
  readonly counts: Counts;
  readonly closing: Public<Closing>;
  /** All places of the module. */
  places(): readonly Place[];
  /** By what plugins get of its instances. */
  readonly placeOf: WeakMap<InstanceView, Place>;
  readonly clock: Clock;
  readonly budget: MemoryBudget;
  /** Refuses a module whose crates don't match. Throws `REVIVE_VERSION_MISMATCH`. */
  check(compiled: WebAssembly.Module): void;
}

/** What is a place's own. */
export interface PlaceOptions {
  /** The key of a sibling, as text, and as it is. */
  readonly key: string | undefined;
  readonly ownKey?: unknown;
  /** What a program is told to do where it failed too often. */
  readonly advice: string;
  /** Whether instances are made ahead for it. */
  readonly standsBy: boolean;
  /** The space of the next instance. */
  space(): number;
  /** Tells whoever calls where calls go, whenever that changes. */
  sendTo(instance: Instance | undefined): void;
  /** An instance serves, and was started. */
  started?(): void;
  /** All of its instances have ended, and nobody has called since. */
  left?(): void;
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
  readonly persisted: Public<Persisted>;
  readonly #shared: Shared;
  readonly #recycling: Public<Recycling>;
  readonly #key: string | undefined;
  readonly #ownKey: unknown;
  readonly #left: PlaceOptions['left'];

  constructor(shared: Shared, { key, ownKey, advice, standsBy, space, sendTo, started, left, claim, isReady, notReady }: PlaceOptions) {
    const { module, settings, emitter, counts, closing, check, factory, clock } = shared;
    this.module = module;
    this.#shared = shared;
    this.#key = key;
    this.#ownKey = ownKey;
    this.#left = left;
    const said: Said = {
      what: () => `${module.description.name}${key === undefined ? '' : `, ${this.name},`}`,
      advice,
      tell: ([name, event]) => emitter.emit(name, () => (name === 'retired' ? event : { ...event, ...this.#where() })),
    };
    this.supervisor = new Supervisor(said, settings.options, clock, () => this.slot.recoverQuietly());
    this.#recycling = !WITH_CONTROL
      ? NO_RECYCLING
      : new Recycling({
          slot: () => this.slot,
          clock,
          emitter,
          name: said.what,
          where: () => this.#where(),
          policy: () => settings.options.recycle,
          // One at a time.
          mayRecycle: () => !this.supervisor.isRefusing && closing.state === undefined && shared.places().every(({ slot }) => !slot.isBusy),
        });
    this.persisted = !WITH_CRATES
      ? NOTHING_PERSISTED
      : new Persisted({
          key,
          ownKey,
          emitter,
          isAhead: ({ generation }) => generation > this.slot.generation,
          options: () => settings.options,
          where: () => this.#where(),
          redact: (text) => safely(this.redact)(text),
        });
    this.slot = new Slot({
      module,
      supervisor: this.supervisor,
      closing,
      clock,
      serves: (instance, isStarted) => {
        this.#recycling.serves(instance, isStarted);
        if (isStarted && instance === this.slot.current) started?.();
        if (isStarted) shared.budget.look();
      },
      called: (instance) => this.#recycling.called(instance),
      isSpoilt: (instance) => this.persisted.isSpoilt(instance),
      drained: ({ generation }, callsLost) => {
        const drained = { generation, callsLost, ...this.#where() };
        emitter.emit('drained', () => drained);
      },
      standby: (asynchronous) => {
        const policy = standbyPolicy(standsBy ? settings.options.standby : 0, asynchronous);
        return { ...policy, maxBytes: Math.min(policy.maxBytes, shared.budget.roomAhead(this.slot)) };
      },
      sendTo,
      scope: (generation) => {
        const instance = new Instance(generation, space(), this, factory);
        shared.placeOf.set(instance.view, this);
        if (settings.options.checkpoints !== undefined) instance.keepCheckpoints(settings.options.checkpoints);
        return instance;
      },
      check,
      isEmitting: () => emitter.isEmitting,
      claim,
      isReady,
      notReady,
      recovered: ({ generation, isRestored }, ms, thrown) => {
        counts.recoveries++;
        const recovered = { generation, ms, ...(isRestored && { restored: true }), ...thrown, ...this.#where() };
        emitter.emit('recovered', () => recovered);
      },
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

  get isWithin(): boolean {
    return this.slot.isWithin;
  }

  get redact(): Redact | undefined {
    return this.#shared.settings.options.redact;
  }

  /** Nobody needs its instance any more, until somebody calls; calls in flight have some time to finish. See `Slot.leaveForGood`. */
  async leaveForGood(reason: string, ms: number): Promise<void> {
    await this.slot.leaveForGood(reason, ms);
    if (!this.slot.isUsed) this.#left?.();
  }

  decide(instance: Instance, asked: Recovery, failure: Failure, quiescent: boolean, entrypoint: string | undefined): Recovery {
    // What becomes of one that was replaced, or evicted, decides nothing for those that come after it.
    if (!this.slot.needs(instance)) return asked === 'keep' || asked === 'rollback' ? asked : 'fresh';
    // No instance ends.
    if (asked === 'rollback') return asked;
    // Closures are not counted. Where frames of it are on the stack, the outermost may be a call that is.
    const isCounted = !quiescent || !instance.isClosure(entrypoint);
    const ending = {
      isStarting: this.slot.isStarting(instance),
      isCalled: isCounted && instance.callbacks.entered === 'caller',
    };
    return this.supervisor.decide(ending, asked, failure, quiescent);
  }

  otherwise(failure: Failure, canUndo: () => boolean): Recovery {
    const { kind } = failure;
    const { recovery, atomicPanics = false, foreignExceptions } = this.#shared.settings.options;
    if (kind === 'unwound' && !atomicPanics) return 'keep';
    const undoes = this.module.description.undo !== undefined && recoveryOf(recovery, this.#ownKey) === 'rollback';
    if (isForeign(failure) && foreignExceptions !== 'recover') return undoes && canUndo() ? 'rollback' : 'keep';
    return undoes ? 'rollback' : kind === 'unwound' ? 'keep' : 'fresh';
  }

  runsAgain(instance: Instance, error: ReviveError): void {
    this.persisted.failed(instance, undefined);
    const retried = { entrypoint: 'a poll of futures', attempt: 1, error, ...this.#where() };
    this.#shared.emitter.emit('retried', () => retried);
  }

  rolledBack({ generation }: Instance, since: number, givenUp: GivenUp | undefined): void {
    this.#shared.counts.recoveries++;
    const recovered = { generation, ms: performance.now() - since, rolledBack: true, ...(givenUp && { givenUp }), ...this.#where() };
    this.#shared.emitter.emit('recovered', () => recovered);
  }

  failed(instance: Instance, draft: ReportDraft, loss?: Loss): void {
    this.persisted.failed(instance, loss?.error);
    const drafts = [...(loss?.earlier ?? []), draft];
    // Before anything is done: where there is no stack to write them, that is what is reported instead.
    const reports = this.#isHeard ? drafts.map(({ report }) => report) : [];
    if (loss !== undefined) this.slot.lost(instance, loss.error, draft.callsLost);
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
    if (instance === this.slot.current) this.slot.leave(instance, 'Rust asked for a fresh instance.');
  }

  /** The same, where the crate says so at the end of a turn. */
  askedByCrate(view: InstanceView): void {
    const { current } = this.slot;
    if (current?.view === view) this.reinitRequested(current);
  }

  /** A turn is over, for the options `recycle` and `memoryBudgetMiB`. */
  committed(view: InstanceView): void {
    const { current } = this.slot;
    if (current?.view === view) this.#recycling.committed(current);
    this.#shared.budget.turnEnded(this);
  }

  signalled(instance: Instance): boolean {
    return this.persisted.signalled(instance);
  }

  turnEnded(instance: Instance): void {
    this.persisted.turnEnded(instance);
  }

  staleClosureCalled({ generation }: Instance, entrypoint: string): boolean {
    const stale = { entrypoint, generation, ...this.#where() };
    this.#shared.emitter.emit('stale', () => stale);
    return this.#shared.settings.options.staleClosures === 'throw';
  }
}
