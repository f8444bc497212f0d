import type { PanicInfo } from './failure/failure.js';
import { bare, define, hasOwn, tryToDefine } from './program/intrinsics.js';
import type { CrashReport } from './report/report.js';
import { shorten } from './report/text-limits.js';

/**
 * Every code that a {@link ReviveError} can carry, and what it means to the caller.
 * Build-time codes are in `@wasm-revive/bindgen`.
 */
export const ERROR_CODES = {
  REVIVE_PANIC: 'Rust panicked; destructors ran, the instance is intact.',
  REVIVE_ABORT: 'The instance aborted during this call (trap, abort, out of memory, stack overflow, panic under panic=abort).',
  REVIVE_INSTANCE_LOST: 'This call was in flight on an instance that was lost through another failure.',
  REVIVE_STALE_HANDLE: 'The object points into an instance that is gone, or that is not the one it was given to.',
  REVIVE_FOREIGN_HANDLE: 'The object belongs to another instance of the module than the one to which it was given; both are well.',
  REVIVE_TOO_MANY_INSTANCES: 'There are as many keyed instances of the module as are allowed.',
  REVIVE_DRAINING: 'The module admits no new calls: `drain()` or `dispose()` was called. This call did nothing.',
  REVIVE_DISPOSED: 'The module was disposed of; `reset()` brings it back. This call did nothing.',
  REVIVE_QUARANTINED: 'The same call with the same arguments has crashed too often; it is refused. This call did nothing.',
  REVIVE_CRASH_LOOP: 'The module failed too often; it is not started again for now.',
  REVIVE_VERSION_MISMATCH:
    'The module was built with a crate that does not match this package, or is not the one that was transformed with it.',
  REVIVE_CONTRACT_MISMATCH: 'The package was transformed by a version of wasm-revive that does not match its runtime.',
  REVIVE_NOT_READY: 'The module was called before it was initialised.',
  REVIVE_RECOVERING: 'A fresh instance is being made, asynchronously: the call did nothing, repeat it when `ready` is settled.',
  REVIVE_NO_INSTANCE: 'The engine could not make a fresh instance; the cause says why.',
  REVIVE_NO_MODULE: 'No WebAssembly.Module could be obtained, so no instance can be made.',
  REVIVE_NO_STACK_POINTER: 'The module does not export its stack pointer, which has to be put back after a panic that leaves it.',
  REVIVE_NOT_SAVED: 'The state of the instance can not be saved now, or not at all; the message says why. Nothing was changed.',
  REVIVE_NOT_RESTORED: 'The bytes are no saved state of this build of the module; the message says what was found. Nothing was changed.',
  REVIVE_UNSUPPORTED_ENGINE: 'This engine does not run the encoding of exception handling that the module uses.',
} as const;

/** One of {@link ERROR_CODES}. */
export type ReviveErrorCode = keyof typeof ERROR_CODES;

/** What a {@link ReviveError} is made from. */
export interface ReviveErrorInit {
  /** The error that led to this one; always kept. */
  readonly cause?: unknown;
  /** True when repeating the call can't do anything twice, or the program has declared the call idempotent. False when that is not known. */
  readonly retryable?: boolean;
  readonly report?: CrashReport | undefined;
  /** See {@link ReviveError.retryAfter}. */
  readonly retryAfter?: number | undefined;
  /** See {@link ReviveError.ready}. */
  readonly ready?: Promise<void> | undefined;
}

const NO_INIT: ReviveErrorInit = bare({});

// A registered symbol, so that two copies of this package recognise each other's errors.
const BRAND = Symbol.for('wasm-revive.error');

/** What Node.js and others ask of an object that they are to write on the console. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Of what is worked out when it is read, consoles show only that it is. */
function showReport(this: ReviveError): ReviveError {
  const { report } = this;
  if (report !== undefined) tryToDefine(this, 'report', bare(fieldOf(report)));
  return this;
}

/** The one base class of what wasm-revive throws at run time. */
export class ReviveError extends Error {
  readonly code: ReviveErrorCode;
  readonly retryable: boolean;
  /** The crash report, on errors that stand for a failure. */
  declare readonly report?: CrashReport | undefined;
  /** After how many milliseconds to repeat the call, on errors that say that no instance is there for now. */
  declare readonly retryAfter?: number | undefined;
  /** Settled when an instance serves, or none could be made, on errors with the code `REVIVE_RECOVERING`. No unhandled rejection comes of it. */
  declare readonly ready?: Promise<void> | undefined;

  constructor(code: ReviveErrorCode, message: string, init: ReviveErrorInit = NO_INIT) {
    super(message, hasOwn(init, 'cause') ? { cause: init.cause } : undefined);
    this.code = code;
    this.retryable = init.retryable ?? false;
    if (init.report !== undefined) define(this, 'report', fieldOf(init.report));
    if (init.retryAfter !== undefined) define(this, 'retryAfter', fieldOf(init.retryAfter));
    // Not enumerable: of no use in a log.
    if (init.ready !== undefined) define(this, 'ready', { value: init.ready });
  }

  static {
    // Not enumerable: a log of the error shows code, retryable and report, not the plumbing.
    define(ReviveError.prototype, BRAND, { value: true });
    define(ReviveError.prototype, INSPECT, { value: showReport });
    define(ReviveError.prototype, 'name', { value: 'ReviveError', configurable: true, writable: true });
    // A minifier calls the class otherwise.
    define(ReviveError, 'name', { value: 'ReviveError', configurable: true });
  }
}

/** A field as an assignment makes it, which `Object.prototype` may have a setter for. */
function fieldOf(value: unknown): PropertyDescriptor {
  return { value, writable: true, enumerable: true, configurable: true };
}

/** What is known of panics without a report. Not a private field, for which two copies of this package would have two types. */
const KNOWN = new WeakMap<Error, PanicInfo>();

/**
 * A Rust panic that was unwound and caught (`REVIVE_PANIC`).
 * It takes the place of the `PanicError` in wasm-bindgen's glue (0.2.115 and later), whose constructor takes the panic's message.
 */
export class PanicError extends ReviveError {
  /**
   * @param message of any length; the error's has at most 16,384 UTF-16 code units, and says how many were left out
   * @param panic what is known of it, where there will be no report
   */
  constructor(message: string, init: ReviveErrorInit = NO_INIT, panic?: PanicInfo) {
    super('REVIVE_PANIC', shorten(message), init);
    if (panic !== undefined) KNOWN.set(this, panic);
  }

  /** Message, and location where the module has the crate's hook. */
  get panic(): PanicInfo | undefined {
    return this.report?.failure.panic ?? KNOWN.get(this);
  }

  static {
    define(PanicError.prototype, 'name', { value: 'PanicError', configurable: true, writable: true });
    define(PanicError, 'name', { value: 'PanicError', configurable: true });
  }
}

/** Whether a value is a {@link ReviveError}, from this copy of the package or another; optionally of one code. */
export function isReviveError(value: unknown, code: 'REVIVE_PANIC'): value is PanicError;
export function isReviveError(value: unknown, code?: ReviveErrorCode): value is ReviveError;
export function isReviveError(value: unknown, code?: ReviveErrorCode): value is ReviveError {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return BRAND in value && (code === undefined || ('code' in value && value.code === code));
  } catch {
    // A proxy that lets nothing be read is none of ours.
    return false;
  }
}
