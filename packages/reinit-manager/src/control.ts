import { type CrashReport, checkCrates, type Plugin } from '@wasm-revive/kernel';
import type { BreakerOptions } from './breaker.js';
import type { EventName, Events } from './events.js';
import type { Place, Shared } from './place.js';
import type { Siblings } from './siblings.js';
import type { StandbyOptions } from './standby.js';

/**
 * `idle`: nothing has been instantiated; `running`: an instance serves; `recovering`: the next call makes a fresh one, unless that is done
 * before, or it is being made asynchronously; `open`: too many failed, calls are refused with `REVIVE_CRASH_LOOP` for a while; `retired`: they are
 * until `reset()`, or for want of a module.
 */
export type ReviveState = 'idle' | 'running' | 'recovering' | 'open' | 'retired';

/** Counted since the module was loaded. */
export interface Stats {
  readonly failures: number;
  readonly recoveries: number;
  /** Promises that the present instance has still to settle. */
  readonly inFlight: number;
}

/**
 * What becomes of an instance through whose Rust frames a JavaScript exception passed without running destructors:
 * `keep` it and report it as tainted, or `recover` as from an abort.
 */
export type ForeignExceptions = 'keep' | 'recover';

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
   * Default `keep`: people rely on callbacks that throw, and losing all state for that would be worse. In a task that the event loop
   * polls, nobody is there to be thrown to: such an exception always recovers.
   */
  readonly foreignExceptions?: ForeignExceptions;
  /** How many keyed instances there may be at once, see {@link Revive.instance}. Default 64. In V8 each takes 10 GB of addresses, not of memory. */
  readonly maxInstances?: number;
  /** Keyed instances that nobody has called for so long, in milliseconds, and that owe no promise, are evicted. Default: never. */
  readonly idleMs?: number;
  /**
   * How many instances of the module's own exports are made ahead, off any call's path, so that no call waits for one. A number: so many from the
   * first instance on. Default: one from the first failure on, where its memory takes no more than 16 MiB (128 where the engine makes instances only
   * asynchronously).
   */
  readonly standby?: number | StandbyOptions;
  /** What a call of a closure of a lost instance does. Default `ignore`: it returns undefined, like a listener whose owner has gone. */
  readonly staleClosures?: 'ignore' | 'throw';
}

/** The control handle of a transformed module: its export `__revive`. */
export interface Revive<Exports = unknown> {
  /** The name of the module, as in its reports. */
  readonly module: string;
  /** The generation that serves, counted from 1; 0 while none has been started. */
  readonly generation: number;
  readonly state: ReviveState;
  readonly stats: Stats;
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
   */
  use(plugin: Plugin): void;
  /** Retires the present instance and starts a fresh generation now. Also ends `retired`. */
  reset(): void;
  /**
   * What the module exports, for an instance of this key's own, a **sibling**: its memory is its own, objects are of the same classes. It has
   * neither what loads the module nor `__revive`. The same object for the same key (as in a `Map`). The instance is made by the first call; after
   * a failure, or when it was evicted, by the next.
   * Calls throw `REVIVE_TOO_MANY_INSTANCES` where there are {@link ReviveOptions.maxInstances} already.
   */
  instance(key: unknown): Omit<Exports, 'default' | 'initSync' | '__revive'>;
  /**
   * Ends the instance of a key: promises that it owes are rejected with `REVIVE_INSTANCE_LOST`, its handles are stale, its memory goes. Says
   * whether there was one.
   */
  evict(key: unknown): boolean;
}

const BREAKER_OPTIONS = [
  'consecutiveFailures',
  'backoffMs',
  'maxBackoffMs',
  'maxRestarts',
  'withinMs',
] as const satisfies readonly (keyof BreakerOptions)[];

/** Counted as it happens. */
export interface Counts {
  failures: number;
  recoveries: number;
}

/** Makes the control handle of a module. @param places the default instance's first */
export function reviveOf({ module, settings, emitter, counts }: Shared, places: () => [Place, ...Place[]], siblings: Siblings): Revive {
  const [{ slot }] = places();
  return {
    module: module.description.name,
    get generation() {
      return slot.generation;
    },
    get state() {
      return slot.state;
    },
    get stats() {
      return { failures: counts.failures, recoveries: counts.recoveries, inFlight: slot.current?.callsInFlight ?? 0 };
    },
    get ready() {
      return slot.whenReady();
    },
    on: (name, listener) => emitter.on(name, listener),
    configure(options) {
      const changes = settings.configure(options);
      if (BREAKER_OPTIONS.some((name) => name in changes)) for (const { supervisor } of places()) supervisor.configure(settings.options);
      siblings.configure(settings.options);
      if ('standby' in changes) {
        slot.dropReserve();
        slot.standBy();
      }
    },
    use(plugin) {
      settings.use(plugin, ({ packages }) => {
        if (module.compiled !== undefined) checkCrates(module.compiled, packages);
      });
      for (const one of places()) one.slot.dropReserve();
    },
    reset: () => slot.reset(),
    instance: (key) => siblings.instance(key),
    evict: (key) => siblings.evict(key),
  };
}
