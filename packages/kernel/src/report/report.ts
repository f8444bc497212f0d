import type { AbortCause, Failure, Frame, PanicInfo, Recovery } from '../failure/failure.js';
import { isInstance, own } from '../program/intrinsics.js';
import { describeThrown, lookAt } from '../program/thrown.js';
import type { GivenUp } from '../rollback/checkpoints.js';
import { frozen } from './frames.js';
import { lazyProperty } from './lazy.js';
import { LONGEST_NAME, redactAndShorten, shorten } from './text-limits.js';

/** A failure without the engine's error object in it, so that it survives `JSON.stringify`. */
export type FailureRecord =
  | { readonly kind: 'unwound'; readonly panic: PanicInfo }
  | {
      readonly kind: 'aborted';
      readonly cause: AbortCause;
      readonly panic?: PanicInfo;
      readonly allocation?: { readonly size: number; readonly align: number };
      readonly trap: { readonly name: string; readonly message: string };
      readonly frames: readonly Frame[];
    };

/** Which build of a module it was. */
export interface Build {
  /** 16 hexadecimal digits: the beginning of the SHA-256 of the contents of the wasm file's code section. */
  readonly id: string;
  /** Where those contents begin in the file that ran, in bytes: addresses in DWARF count from there, offsets of frames from the file's start. */
  readonly codeOffset: number;
  /**
   * What the wasm file's section `build_id` holds, in hexadecimal digits: debuggers and crash services know by it which debug file is of the
   * same build. Undefined where the transform left the file as it was.
   */
  readonly debugId?: string;
}

/** The version of {@link CrashReport} and of its schema, `crash-report.schema.json`. */
export const REPORT_VERSION = 1;

/** Plain JSON about one failure. Holds no arguments, and of the memory only what the program left for it: messages and breadcrumbs. */
export interface CrashReport {
  readonly version: typeof REPORT_VERSION;
  readonly failure: FailureRecord;
  /** The same for the same bug: 16 hexadecimal digits, see {@link fingerprint}. */
  readonly fingerprint: string;
  /**
   * The entrypoint through which the instance was entered, as its user calls it. Where nobody called (a task's later poll), what Rust said
   * was running, if it said so.
   */
  readonly entrypoint?: string;
  /** The task that was being polled, by the number that the entrypoint-shim crate gave it. */
  readonly task?: number;
  /** The last things that the program said it was doing, oldest first (the abort-detector crate's `breadcrumb!`). */
  readonly breadcrumbs?: readonly string[];
  readonly module: string;
  /** Undefined where the module was not transformed. */
  readonly build?: Build;
  /** The key of the instance, as text, where it is one of `instance(key)`. */
  readonly instance?: string;
  /** Which instance: counted up at every fresh one. */
  readonly generation: number;
  /** Size of the linear memory in bytes when it failed. */
  readonly memoryBytes: number;
  /** Milliseconds since the instance was started. */
  readonly uptimeMs: number;
  /** Calls that were in flight on the instance and have been rejected. */
  readonly callsLost: number;
  /** What is done. */
  readonly recovery: Recovery;
  /** With `rollback`, where the instance goes back to an older state (the option `checkpoints`): what is lost besides the turn. */
  readonly givenUp?: GivenUp;
  /**
   * What the turn had failed with the first time, where it was undone and run once more (futures that are no tasks): this report is of the second time,
   * and there is none of the first.
   */
  readonly firstAttempt?: FailureRecord;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Takes the engine's error object out of a failure, and the program's text through its redaction. */
export function toFailureRecord(failure: Failure, redact: Redact = asItIs): FailureRecord {
  return recordOf(takeDown(failure, redact), failure);
}

type Told = Omit<PanicInfo, 'frames'>;

type AbortRecord = Extract<FailureRecord, { kind: 'aborted' }>;

/** What of a failure may be changed later. */
export type Taken =
  | { readonly kind: 'unwound'; readonly panic: Told }
  | (Pick<AbortRecord, 'kind' | 'cause' | 'trap'> & {
      readonly panic?: Told | undefined;
      readonly allocation?: AbortRecord['allocation'] | undefined;
    });

/** Writes that down. */
export function takeDown(failure: Failure, redact: Redact): Taken {
  const { kind } = failure;
  if (kind === 'unwound') return { kind, panic: redactPanic(failure.panic, redact) };
  const { cause, trap } = failure;
  const panic = own(failure, 'panic');
  const allocation = own(failure, 'allocation');
  const { name, message } = describeThrown(trap);
  const said = isOfProgram(failure) ? redact : asItIs;
  return {
    kind,
    cause,
    panic: panic && redactPanic(panic, redact),
    allocation,
    trap: { name: shorten(said(name), LONGEST_NAME), message: said(message) },
  };
}

/** What was written down of a failure, and its frames, which are made when they are read. */
export function recordOf(taken: Taken, failure: Failure): FailureRecord {
  const told = own(taken, 'panic');
  const source = own(failure, 'panic');
  const panic = told && source && withFramesOf({ ...told }, source);
  if (taken.kind === 'unwound' || failure.kind === 'unwound') return { kind: 'unwound', panic: panic as PanicInfo };
  const { kind, cause, allocation, trap } = taken;
  return withFramesOf({ kind, cause, ...(panic && { panic }), ...(allocation && { allocation }), trap }, failure);
}

/** Whether what was thrown came from JavaScript, and what it says is the program's. What an engine says of a trap is its own. */
export function isOfProgram({ cause, trap }: Extract<Failure, { kind: 'aborted' }>): boolean {
  return cause === 'foreign-exception' || (cause === 'panic-abort' && !isTrap(trap));
}

function isTrap(value: unknown): boolean {
  return lookAt(() => isInstance(value, WebAssembly.RuntimeError), false);
}

/** Takes out of a text of the program's what must not get into reports and messages. */
export type Redact = (text: string) => string;

/** No redaction; only what is too long is shortened. */
export const asItIs: Redact = (text) => shorten(text);

/** A program's redaction, made safe: where it fails, nothing of the text is told. What it gives is no longer than {@link LONGEST_TEXT}. */
export function safely(redact: Redact | undefined): Redact {
  if (redact === undefined) return asItIs;
  return (text) => {
    try {
      return redactAndShorten(text, (part) => String(redact(part)));
    } catch {
      return '[the redaction failed]';
    }
  };
}

const withFramesOf = lazyProperty('frames', (of: { readonly frames: readonly Frame[] }) => frozen(of.frames));

function redactPanic(panic: PanicInfo, redact: Redact): Told {
  const location = own(panic, 'location');
  return { message: redact(panic.message), ...(location && { location }) };
}

/** One line that says what happened, in Rust's words where there are any. */
export function describeFailure(failure: Taken, entrypoint: string | undefined): string {
  const where = entrypoint === undefined ? '' : ` in ${entrypoint}`;
  const panic = own(failure, 'panic');
  const said = panic && describePanic(panic);
  switch (failure.kind) {
    case 'unwound':
      return `Rust panicked${where}: ${describePanic(failure.panic)}`;
    case 'aborted':
      return said === undefined
        ? `Rust aborted${where}: ${describeAbort(failure)}`
        : failure.cause === 'panic-abort'
          ? `Rust panicked${where}: ${said}`
          : `Rust aborted${where}: ${describeAbort(failure)}, after the panic: ${said}`;
  }
}

function describePanic(panic: Told): string {
  const at = own(panic, 'location');
  return at === undefined ? panic.message : `${panic.message} (${at.file}:${at.line}:${at.column})`;
}

/** Said of a panic of which no more is known. */
export const UNKNOWN_PANIC = 'a panic, whose message is known only with the wasm-revive-abort-detector crate';

const CAUSES: Record<AbortCause, string> = {
  'panic-abort': UNKNOWN_PANIC,
  abort: 'the process was aborted',
  unreachable: 'unreachable code was executed',
  'out-of-memory': 'out of memory',
  'stack-overflow': 'stack overflow',
  'out-of-bounds': 'memory access out of bounds',
  'indirect-call': 'a call through an invalid function pointer',
  arithmetic: 'an arithmetic trap',
  corruption: 'memory was damaged during the call',
  'foreign-exception': 'a JavaScript exception passed through Rust frames, whose destructors did not run',
  terminated: 'the instance had been terminated',
  unknown: 'an unknown trap',
};

function describeAbort(failure: Extract<Taken, { kind: 'aborted' }>): string {
  const { cause } = failure;
  const allocation = own(failure, 'allocation');
  if (cause === 'out-of-memory' && allocation) return `out of memory (${allocation.size} bytes could not be allocated)`;
  const { message } = failure.trap;
  return `${CAUSES[cause]}${message && message !== CAUSES[cause] ? ` (${message})` : ''}`;
}
