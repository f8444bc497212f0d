import type { AbortCause, Aborted, Failure, Frame, PanicInfo, Recovery } from './failure.js';

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

/** Plain JSON about one failure. Holds no memory contents and no arguments. */
export interface CrashReport {
  readonly failure: FailureRecord;
  /** The entrypoint through which the instance was entered, as its user calls it; undefined where nobody called (a task's later poll). */
  readonly entrypoint: string | undefined;
  readonly module: string;
  /** Which instance: counted up at every fresh one. */
  readonly generation: number;
  /** Size of the linear memory in bytes when it failed. */
  readonly memoryBytes: number;
  /** Milliseconds since the instance was started. */
  readonly uptimeMs: number;
  /** Calls that were in flight on the instance and have been rejected. */
  readonly callsLost: number;
  /** What was done. */
  recovery: Recovery;
  /** How long that took, in milliseconds; undefined until it is done, and for `keep`. */
  recoveryMs: number | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Takes the engine's error object out of a failure. */
export function toFailureRecord(failure: Failure): FailureRecord {
  if (failure.kind === 'unwound') return { kind: 'unwound', panic: failure.panic };
  const { trap, ...rest } = failure;
  return { ...rest, trap: describeThrown(trap) };
}

function describeThrown(value: unknown): { name: string; message: string } {
  if (value instanceof Error) return { name: value.name, message: value.message };
  return { name: typeof value, message: String(value) };
}

/** One line that says what happened, in Rust's words where there are any. */
export function describeFailure(failure: Failure, entrypoint: string | undefined): string {
  const where = entrypoint === undefined ? '' : ` in ${entrypoint}`;
  const said = failure.panic && describePanic(failure.panic);
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

function describePanic(panic: PanicInfo): string {
  const at = panic.location;
  return at === undefined ? panic.message : `${panic.message} (${at.file}:${at.line}:${at.column})`;
}

const CAUSES: Record<AbortCause, string> = {
  'panic-abort': 'a panic, whose message is known only with the wasm-revive-abort-detector crate',
  abort: 'the process was aborted',
  unreachable: 'unreachable code was executed',
  'out-of-memory': 'out of memory',
  'stack-overflow': 'stack overflow',
  'out-of-bounds': 'memory access out of bounds',
  'indirect-call': 'a call through an invalid function pointer',
  arithmetic: 'an arithmetic trap',
  'foreign-exception': 'a JavaScript exception passed through Rust frames, whose destructors did not run',
  terminated: 'the instance had been terminated',
  unknown: 'an unknown trap',
};

function describeAbort(failure: Aborted): string {
  const { cause, allocation, trap } = failure;
  if (cause === 'out-of-memory' && allocation) return `out of memory (${allocation.size} bytes could not be allocated)`;
  const { message } = describeThrown(trap);
  return `${CAUSES[cause]}${message && message !== CAUSES[cause] ? ` (${message})` : ''}`;
}
