/** Where in the Rust source something happened. Lines and columns count from 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One Wasm frame of a stack trace, innermost first. `offset` is in bytes from the start of the module. */
export interface Frame {
  readonly function?: string;
  readonly index?: number;
  readonly offset?: number;
}

/** What Rust said when it panicked. */
export interface PanicInfo {
  readonly message: string;
  readonly location?: Location;
  readonly frames: readonly Frame[];
}

/**
 * Why an instance can no longer be trusted. `corruption`: nothing has trapped, but at the end of a turn memory was found to be damaged (only where turns
 * can be undone).
 */
export type AbortCause =
  | 'panic-abort'
  | 'abort'
  | 'unreachable'
  | 'out-of-memory'
  | 'stack-overflow'
  | 'out-of-bounds'
  | 'indirect-call'
  | 'arithmetic'
  | 'corruption'
  | 'foreign-exception'
  | 'terminated'
  | 'unknown';

/** A Rust panic that ran its destructors and was caught: the instance is intact. */
export interface Unwound {
  readonly kind: 'unwound';
  readonly panic: PanicInfo;
}

/** The instance can no longer be trusted. */
export interface Aborted {
  readonly kind: 'aborted';
  readonly cause: AbortCause;
  /** What Rust said, when it could say it. */
  readonly panic?: PanicInfo;
  /** Size and alignment in bytes of the allocation that could not be made. */
  readonly allocation?: { readonly size: number; readonly align: number };
  /** The error that the engine raised. */
  readonly trap: unknown;
  readonly frames: readonly Frame[];
}

/** Everything that can go wrong inside an instance. An error that Rust threw on purpose is not a failure. */
export type Failure = Unwound | Aborted;

/**
 * What is done after a failure: the instance is kept as it is, or kept as it was before the turn that failed (`rollback`); a fresh one takes its
 * place; or none does any more.
 */
export type Recovery = 'keep' | 'rollback' | 'fresh' | 'retire';

/** Whether JavaScript threw, through frames of Rust that were not ready for it. */
export function isForeign(failure: Failure): failure is Aborted & { readonly cause: 'foreign-exception' } {
  return failure.kind === 'aborted' && failure.cause === 'foreign-exception';
}
