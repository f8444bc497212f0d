import type { CrashReport } from '@wasm-revive/kernel';
import type { RecoveryChoice, Revive, ReviveOptions } from '@wasm-revive/reinit-manager';

/** A package of the `worker` crate that `wasm-revive transform` has transformed. */
export interface WorkerPackage {
  readonly __revive: Revive;
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
}

/** Options of `serve`. */
export interface ServeOptions {
  /** The exported functions that are handlers of events or methods of the default entrypoint. Default: all but those that begin with `__`. */
  readonly functions?: readonly string[];
  /** The exported classes that are Durable Objects. */
  readonly objects?: readonly string[];
  /** The exported classes that are entrypoints beside the default one. */
  readonly entrypoints?: readonly string[];
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

type Constructor = new (ctx: never, env: never) => object;

/** What the Worker's main module exports. */
export interface WorkerApp {
  /** The default entrypoint. */
  readonly default: Constructor;
  /** Durable Objects and entrypoints, by the names of their classes. */
  readonly classes: Readonly<Record<string, Constructor>>;
}
