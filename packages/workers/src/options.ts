import type { Crashed } from '@wasm-revive/entrypoint-shim';
import type { CrashReport } from '@wasm-revive/kernel';
import type { RecoveryChoice, Revive, ReviveOptions } from '@wasm-revive/reinit-manager';

/** A package of the `worker` crate that `wasm-revive transform` has transformed. */
export interface WorkerPackage {
  readonly __revive: Revive;
}

/** Remembers requests that have crashed, across restarts. */
export interface QuarantineStore {
  /** All that is remembered. Asked before the first request, in each isolate or object. */
  list(): Iterable<Crashed> | Promise<Iterable<Crashed>>;
  /** Remembers a request that has crashed; with `crashes: 0`, it is forgotten. */
  put(entry: Crashed): unknown;
}

/** When requests that crash again and again are refused. */
export interface RequestQuarantine {
  /** How often a request has to crash until it is refused. Default 3. */
  readonly after?: number | undefined;
  /** Whether a panic that was unwound counts as a crash, too. Default: aborts alone do. */
  readonly panics?: boolean | undefined;
  /** How many requests are remembered. Default 1,000. */
  readonly limit?: number | undefined;
  /**
   * What a request is known by, as JSON has it; undefined: it is never refused. Default: its method, its URL, and the SHA-256 of its body, where that has a
   * `content-length` of 1 MiB at most. Bodies are read ahead once a request with a body has crashed.
   */
  readonly key?: ((request: Request) => unknown) | undefined;
}

/** The same for requests that no Durable Object serves. */
export interface StatelessQuarantine extends RequestQuarantine {
  /**
   * What remembers them: the name of a binding of Workers KV, or what gives a store of the program's own, of the environment and the id of the build: what
   * another build has crashed by says nothing of this one. Default: nothing but the isolate's memory.
   */
  readonly store?: string | ((env: unknown, build: string) => QuarantineStore) | undefined;
}

/** Options of one class of Durable Objects. */
export interface DurableObjectOptions {
  /** As {@link ServeOptions.recovery}, for the objects of this class. They have instances of their own, or it can't differ from that. */
  readonly recovery?: RecoveryChoice | undefined;
  /**
   * Whether each synchronous turn of an object runs inside `storage.transactionSync`: where the turn is undone, or its instance is lost, what it
   * has written by SQL is undone with it. For classes that are backed by SQLite. Default false.
   */
  readonly transactional?: boolean | undefined;
  /**
   * Whether an object's memory is saved to its own storage when an event is over, so that the object comes back with it after an eviction, as long as the
   * Worker is the same build. `everyMs`: so many milliseconds lie between two saves at least. For classes that are backed by SQLite, in Workers that were
   * built for rollback. Default false.
   */
  readonly keepState?: boolean | { readonly everyMs: number } | undefined;
  /** When an object refuses a request (`fetch`) that crashes it again and again. It remembers them in its own storage, which has to be SQLite. Default: never. */
  readonly quarantine?: boolean | RequestQuarantine | undefined;
}

/** Options of `serve`. */
export interface ServeOptions {
  /** The exported functions that are handlers of events or methods of the default entrypoint. Default: all but those that begin with `__`. */
  readonly functions?: readonly string[];
  /** The exported classes that are Durable Objects. */
  readonly objects?: readonly string[];
  /** The exported classes that are entrypoints beside the default one. */
  readonly entrypoints?: readonly string[];
  /** The exported classes that are Workflows: constructed of a context and `env`, with a method `run(event, step)`. */
  readonly workflows?: readonly string[];
  /**
   * Durable Objects that live in the instance which also serves stateless requests, by the names of their classes; `true`: all of them. An abort
   * costs that instance with all that is in it. Default: none, each object has an instance of its own.
   */
  readonly shared?: boolean | readonly string[];
  /**
   * What is done after an abort: `rollback` undoes the turn that failed, `fresh` ends its instance. Default: `rollback` where the package was built for it
   * (`WASM_REVIVE_RECOVERY=rollback`), else `fresh`.
   */
  readonly recovery?: RecoveryChoice | undefined;
  /** Options of single classes, by their names. */
  readonly durableObjects?: Readonly<Record<string, DurableObjectOptions>>;
  /** Whether a request may run a second time where the instance was lost through another one. Default: GET and HEAD without a body. */
  readonly retryable?: (request: Request) => boolean;
  /** How often such a request runs again, each time it was lost through another one. Default 10; 0: never. */
  readonly attempts?: number;
  /**
   * Whether the response to a request that failed shows the crash report, in place of an error id. Default: where the variable
   * `WASM_REVIVE_DEVELOPMENT` of `env` is `1`, which belongs into `.dev.vars`.
   */
  readonly development?: boolean | ((env: unknown) => boolean);
  /** Writes the log line of a failure. Default: `console.error` of the record as JSON. */
  readonly log?: (record: FailureRecordLine) => void;
  /**
   * The name of a binding of Workers Analytics Engine: each failure is written there as a data point. Its index is the fingerprint, its blobs are message,
   * module, build, kind, cause, recovery, entrypoints, object, error id, its doubles calls lost and generation.
   */
  readonly analytics?: string;
  /** Is given the control handle when the Worker starts, before anything of it runs: to listen to events, or for `instrument` of `@wasm-revive/opentelemetry`. */
  readonly setup?: (revive: Revive) => void;
  /** When a request is refused, with status 422, that crashes again and again. Default: never. */
  readonly quarantine?: boolean | StatelessQuarantine;
  /** Is told where the state of an object can't be saved, or be restored, once for each reason and class. Default: `console.warn` of the record as JSON. */
  readonly keepFailed?: (record: KeepFailedLine) => void;
  /** Keeps the request's event open until its response was made, though the client may have gone (worker-build's `RUN_TO_COMPLETION`). */
  readonly runToCompletion?: boolean;
  /** Options of the control handle, `__revive.configure`. By default, `maxInstances` is 1,000 and `memoryBudgetMiB` 96. */
  readonly revive?: ReviveOptions;
}

/** What is logged of each failure, once. */
export interface FailureRecordLine {
  readonly message: string;
  /** What the response to the request that failed gives, too. */
  readonly errorId: string;
  /** The entrypoints whose calls may have caused it, most often one. */
  readonly calls: readonly string[];
  readonly report: CrashReport;
}

/** Why an object's state isn't kept (`keepState`). The object works as without. */
export interface KeepFailedLine {
  readonly message: string;
  /** Its class and id. */
  readonly object: string;
  /** `restore`: it begins anew. `save`: it begins anew should it be evicted before a later event is saved. */
  readonly action: 'save' | 'restore';
  readonly reason: string;
}

type Constructor = new (ctx: never, env: never) => object;

/** What the Worker's main module exports. */
export interface WorkerApp {
  /** The default entrypoint. */
  readonly default: Constructor;
  /** Durable Objects and entrypoints, by the names of their classes. */
  readonly classes: Readonly<Record<string, Constructor>>;
}
