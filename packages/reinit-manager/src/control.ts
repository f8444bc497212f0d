import {
  type CheckpointPolicy,
  type CrashReport,
  checkCrates,
  type Plugin,
  type RestoredAlong,
  type SavedAlong,
} from '@wasm-revive/kernel';
import { EVENT_NAMES, type EventName, type Events } from './events.js';
import type { DrainOptions } from './leaving/closing.js';
import type { RecycleOptions } from './leaving/recycling.js';
import { leftOut, type Public, WITH_CONTROL } from './left-out.js';
import type { PersistStore } from './place/persisted.js';
import type { Place, Shared } from './place/place.js';
import type { Slot } from './place/slot.js';
import type { StandbyOptions } from './place/standby.js';
import type { DirectRouter } from './pool/direct-router.js';
import type { PoolOptions } from './pool/pool.js';
import type { RetryOptions } from './pool/retry.js';
import type { Siblings } from './siblings/siblings.js';
import type { BreakerOptions } from './supervision/breaker.js';

/**
 * `idle`: nothing has been instantiated; `running`: an instance serves; `recovering`: the next call makes a fresh one, unless that is done
 * before, or it is being made asynchronously; `open`: too many failed, calls are refused with `REVIVE_CRASH_LOOP` for a while; `retired`: they are
 * until `reset()`, or for want of a module; `draining`, `disposed`: calls are refused since {@link Revive.drain}, or {@link Revive.dispose}.
 */
export type ReviveState = 'idle' | 'running' | 'recovering' | 'open' | 'retired' | 'draining' | 'disposed';

/** Counted since the module was loaded. */
export interface Stats {
  readonly failures: number;
  readonly recoveries: number;
  /** Promises that the present instance has still to settle; with a pool, those of all of its instances. */
  readonly inFlight: number;
  /** What the memories of all instances take now, in bytes: the default one's, keyed ones', those of instances that drain or were made ahead. */
  readonly memoryBytes: number;
}

/**
 * What becomes of an instance through whose Rust frames a JavaScript exception passed without running destructors:
 * `keep` it and report it as tainted, or `recover` as from an abort.
 */
export type ForeignExceptions = 'keep' | 'recover';

/** What is done after an abort. */
export type RecoveryChoice = 'rollback' | 'fresh';

/** What may be changed while the module runs. */
export interface ReviveOptions extends BreakerOptions {
  /** Told of every failure. What it throws can't break recovery. */
  readonly onFailure?: (report: CrashReport) => void;
  /**
   * Takes out of a text what must not get into errors and reports: messages of panics and of exceptions from JavaScript, breadcrumbs, and keys of instances. If
   * it throws, nothing of the text is told. What the program prints itself, in a panic hook of its own, stays as it is.
   */
  readonly redact?: (text: string) => string;
  /**
   * What becomes of an instance when an exception of JavaScript's has torn Rust's frames, whose destructors have not run, or half of them. Its thrower gets
   * it in any case. Where the turn can be undone, that is the default. Elsewhere the default is `keep`: people rely on callbacks that throw, and losing all
   * state for that would be worse. `recover` always recovers; so does, whatever is chosen, an exception in a task that the event loop polls, where nobody is
   * there to be thrown to.
   */
  readonly foreignExceptions?: ForeignExceptions;
  /**
   * After an abort: `rollback`, the default where the module was transformed with `--recovery rollback`, undoes the turn that failed, so that nothing
   * else is lost; `fresh`, the default and the only one elsewhere, begins with a fresh instance. Where a turn can't be undone, `rollback` is `fresh`.
   * A function answers for each instance: it is given a sibling's key, or undefined for instances without a key.
   */
  readonly recovery?: RecoveryChoice | ((key: unknown) => RecoveryChoice) | undefined;
  /** Whether a panic that unwound has its turn undone, too, so that it leaves nothing half done. Default false. Needs {@link ReviveOptions.recovery} `rollback`. */
  readonly atomicPanics?: boolean | undefined;
  /**
   * Where turns can be undone, older states of each instance are kept: in whose present state no call ends well any more, it goes back to such a one.
   * Each takes as much memory as the program uses. Default: none are.
   */
  readonly checkpoints?: CheckpointPolicy | undefined;
  /** How many keyed instances there may be at once, see {@link Revive.instance}. Default 64. In V8 each takes 10 GB of addresses, not of memory. */
  readonly maxInstances?: number;
  /**
   * What the memories of all instances may take together, in MiB, those made ahead among them. Where they take more, keyed instances that have
   * nothing to do are ended, the one that was used longest ago first, then what was made ahead is given up: see the event `overBudget`. Default: no
   * limit.
   */
  readonly memoryBudgetMiB?: number | undefined;
  /** Keyed instances that nobody has called for so long, in milliseconds, and that owe no promise, are evicted. Default: never. */
  readonly idleMs?: number;
  /**
   * Replaces an instance that is well, the default one or a keyed one, between two turns: calls in flight finish on it, as far as
   * {@link ReviveOptions.drainMs} allows; new ones go to a fresh instance, whose state is the initial one. Default: never.
   */
  readonly recycle?: RecycleOptions | undefined;
  /**
   * How long calls in flight may take on an instance that is replaced or ended, and not lost, in milliseconds; then they are rejected with
   * `REVIVE_INSTANCE_LOST`. Default 30,000. `Infinity`: as long as they need.
   */
  readonly drainMs?: number | undefined;
  /**
   * Where what Rust saves (the crate's `persist!`) goes beside memory, and comes from where memory has nothing of it: for state that outlives the
   * page or the process. Default: nowhere.
   */
  readonly persist?: PersistStore;
  /** How many bytes each instance may have saved. Default 16 MiB. What would be more is not saved (`persistFailed`). */
  readonly maxPersistedBytes?: number;
  /** Several instances serve the module's own exports, each call one of them. Default: one does. */
  readonly pool?: PoolOptions | undefined;
  /** Calls of the module's own exports that are run again where their instance was lost. Default: none. */
  readonly retry?: RetryOptions | undefined;
  /**
   * How many instances of the module's own exports are made ahead, off any call's path, so that no call waits for one. A number: so many from the
   * first instance on. Default: one from the first failure on, where its memory takes no more than 16 MiB (128 where the engine makes instances only
   * asynchronously).
   */
  readonly standby?: number | StandbyOptions | undefined;
  /** What a call of a closure of a lost instance does. Default `ignore`: it returns undefined, like a listener whose owner has gone. */
  readonly staleClosures?: 'ignore' | 'throw';
}

/** Of which instance. */
export interface OfInstance {
  /** The key of a sibling. Default: the instance that the module's own exports lead to. */
  readonly instance?: unknown;
}

/** What goes along with a state that is saved. */
export interface SaveOptions extends OfInstance, SavedAlong {}

/** What is given to a state that is restored. */
export interface RestoreOptions extends OfInstance, RestoredAlong {}

/** The control handle of a transformed module: its export `__revive`. */
export interface Revive<Exports = unknown> {
  /** The name of the module, as in its reports. */
  readonly module: string;
  /** Which build it is, as reports name it: what is kept for a build is of no use for another. Undefined where nobody knows. */
  readonly build: string | undefined;
  /** The generation that serves, counted from 1; 0 while none has been started. */
  readonly generation: number;
  readonly state: ReviveState;
  readonly stats: Stats;
  /** Whether a turn that fails can be undone: the module was transformed with `--recovery rollback`. */
  readonly canRollBack: boolean;
  /** The names of all events, for programs that record every one. */
  readonly events: readonly EventName[];
  /**
   * Resolved when an instance serves: at once while one does. Rejected with a `ReviveError` where none can be made for now, as the next call would
   * be. No unhandled rejection comes of it.
   */
  readonly ready: Promise<void>;
  /** Listens; returns the function that stops it. */
  on<E extends EventName>(name: E, listener: (event: Events[E]) => void): () => void;
  /** Changes options; those not named stay as they are. */
  configure(options: ReviveOptions): void;
  /**
   * Adds a plugin, behind those that are there and before what the module does by itself after a failure. It classifies, decides and hears of losses at once; it hears of instances and turns from the next
   * generation on (for a module that hasn't been initialised: from the first). Throws a `TypeError` where it is none.
   * Returns the function that takes it out again, in the same way.
   */
  use(plugin: Plugin): () => void;
  /**
   * Retires the present instance, and those of a pool that have no key, and starts a fresh generation now; promises that they owe are
   * rejected. Also ends `retired`, `draining` and `disposed`. The fresh instance begins with what the program has persisted.
   */
  reset(): void;
  /**
   * The state of an instance that waits for nothing, as bytes: {@link restore} begins with it, in another process, too. Only of a package that was
   * transformed with `--recovery rollback`.
   * @throws ReviveError `REVIVE_NOT_SAVED` where something of it can't be saved: a promise that is owed, a listener, an object that Rust holds
   */
  checkpoint(options?: SaveOptions): Uint8Array<ArrayBuffer>;
  /**
   * Retires the present instance, as {@link reset} does, and starts one that has the state of these bytes. All objects and closures of the former one
   * are stale. Gives the handles that were saved with it, as objects of the classes that are named, in the same order: such a handle is freed by `free()`
   * alone, and not when it is collected.
   * @throws ReviveError `REVIVE_NOT_RESTORED` where the bytes are no state of this build, or something isn't given that Rust holds: then nothing has changed. What a hook of the program's
   * (the crate's `on_restore`) fails with: then a fresh instance serves
   */
  restore(bytes: Uint8Array, options?: RestoreOptions): object[];
  /** Forgets what the program has persisted in the default instance: the next one begins with the module's initial state. */
  forget(): void;
  /**
   * What the module exports, for an instance of this key's own, a **sibling**: its memory is its own, objects are of the same classes. It has
   * neither what loads the module nor `__revive`. The same object for the same key (as in a `Map`). The instance is made by the first call; after
   * a failure, or when it was evicted, by the next.
   * Calls throw `REVIVE_TOO_MANY_INSTANCES` where there are {@link ReviveOptions.maxInstances} already.
   */
  instance(key: unknown): Omit<Exports, 'default' | 'initSync' | '__revive'>;
  /**
   * Ends the instance of a key: promises that it owes are rejected with `REVIVE_INSTANCE_LOST`, its handles are stale, its memory goes, and what
   * it has persisted is forgotten. Says whether there was one.
   */
  evict(key: unknown): boolean;
  /** The same, but calls in flight have time to finish. New ones go to a fresh instance. Resolves when it has ended. */
  evict(key: unknown, options: DrainOptions & { readonly drain: true }): Promise<boolean>;
  /**
   * Admits no new calls, of no instance: they get `REVIVE_DRAINING`. Resolves when the calls in flight have settled, however long that takes.
   * The instances stay: what they have given to the event loop still enters them, and their objects can be freed. {@link Revive.reset} ends it.
   */
  drain(): Promise<void>;
  /**
   * Drains, and ends all instances: what they had given to the host is taken back, their memory can be collected. Resolves when that is done.
   * Calls get `REVIVE_DRAINING`, then `REVIVE_DISPOSED`; {@link Revive.reset} brings the module back.
   */
  dispose(options?: DrainOptions): Promise<void>;
  /** {@link Revive.dispose}, for `await using`. Only in engines that have the symbol. */
  [Symbol.asyncDispose](): Promise<void>;
}

const BREAKER_OPTIONS = [
  'consecutiveFailures',
  'backoffMs',
  'maxBackoffMs',
  'maxRestarts',
  'withinMs',
] as const satisfies readonly (keyof BreakerOptions)[];

/** Those for which the ends of turns are heard. */
export const HEARS_TURNS = ['recycle', 'memoryBudgetMiB'] as const satisfies readonly (keyof ReviveOptions)[];

/** Counted as it happens. */
export interface Counts {
  failures: number;
  recoveries: number;
}

/** Makes the control handle of a module. @param places the default instance's first */
export function reviveOf(
  { module, settings, emitter, counts, closing, budget }: Shared,
  places: () => [Place, ...Place[]],
  siblings: Public<Siblings>,
  router: DirectRouter,
): Revive {
  const [{ slot, persisted }] = places();
  const dispose = (options?: DrainOptions): Promise<void> => closing.dispose(options);
  function evict(key: unknown): boolean;
  function evict(key: unknown, options: DrainOptions & { readonly drain: true }): Promise<boolean>;
  function evict(key: unknown, { drain, ...options }: DrainOptions & { readonly drain?: true } = {}): boolean | Promise<boolean> {
    return drain ? siblings.drain(key, options) : siblings.evict(key);
  }
  const slotOf = (options?: OfInstance): Slot => {
    if (options === undefined || !('instance' in options)) return slot;
    const sibling = siblings.sibling(options.instance);
    sibling.serving();
    return sibling.slot;
  };
  return {
    module: module.description.name,
    build: module.description.build?.id,
    get generation() {
      return slot.generation;
    },
    get state() {
      return closing.state ?? slot.state;
    },
    get stats() {
      return { failures: counts.failures, recoveries: counts.recoveries, inFlight: router.callsInFlight, memoryBytes: budget.bytes };
    },
    canRollBack: module.description.undo !== undefined,
    events: EVENT_NAMES,
    get ready() {
      return slot.whenReady();
    },
    on: (name, listener) => emitter.on(name, listener),
    configure(options) {
      const changes = settings.configure(options);
      if (WITH_CONTROL && BREAKER_OPTIONS.some((name) => name in changes))
        for (const { supervisor } of places()) supervisor.configure(settings.options);
      siblings.configure(settings.options);
      router.configure(changes);
      if (WITH_CONTROL && 'standby' in changes) {
        slot.dropReserve();
        slot.standBy();
      }
      if ('memoryBudgetMiB' in changes) budget.look();
      if (WITH_CONTROL && 'checkpoints' in changes) {
        for (const { slot } of places()) for (const instance of slot.instances) instance.keepCheckpoints(settings.options.checkpoints);
        slot.dropReserve();
        slot.standBy();
      }
      if (!HEARS_TURNS.some((name) => name in changes)) return;
      for (const one of places()) {
        // It was made for other hooks; and until the ends of turns are heard, calls are counted.
        one.slot.dropReserve();
        one.slot.hold();
      }
    },
    use: WITH_CONTROL
      ? (plugin) => {
          const remove = settings.use(plugin, ({ packages }) => {
            if (module.compiled !== undefined) checkCrates(module.compiled, packages);
          });
          const dropReserves = (): void => {
            for (const one of places()) one.slot.dropReserve();
          };
          dropReserves();
          return () => {
            if (remove()) dropReserves();
          };
        }
      : () => {
          throw leftOut('use()');
        },
    reset() {
      closing.open();
      slot.reset();
      router.reset();
    },
    checkpoint: (options = {}) => slotOf(options).instance().save(options),
    restore: (bytes, options = {}) => slotOf(options).restore(bytes, options),
    forget: () => persisted.forget(),
    instance: (key) => siblings.instance(key),
    evict,
    drain: () => closing.drain(),
    dispose,
    ...((Symbol.asyncDispose && { [Symbol.asyncDispose]: () => dispose() }) as Pick<Revive, typeof Symbol.asyncDispose>),
  };
}
