import { type Aborted, type BlackBox, type Plugin, readBlackBox, type Thrown, wasmFrames } from '@wasm-revive/kernel';
import { abortCause, isAbort, isStackExhausted } from './cause.js';

/**
 * What becomes of an instance through whose Rust frames a JavaScript exception passed without running destructors:
 * `keep` it and report it as tainted, or `recover` as from an abort.
 */
export type ForeignExceptions = 'keep' | 'recover';

/** Options of {@link abortDetector}. */
export interface AbortDetectorOptions {
  /**
   * Default `keep`: people rely on callbacks that throw, and losing all state for that would be worse. In a task that the event loop
   * polls, nobody is there to be thrown to: such an exception always recovers.
   */
  readonly foreignExceptions?: ForeignExceptions;
}

/** Recognises traps, exhausted stacks and exceptions that tore Rust frames down. */
export function abortDetector(options: AbortDetectorOptions = {}): Plugin {
  const onForeign = options.foreignExceptions ?? 'keep';
  return {
    name: 'abort-detector',
    threw: (thrown) => classify(thrown),
    failed(instance, failure) {
      if (failure.kind !== 'aborted') return undefined;
      // In a task's poll it tears the executor's frames too: the task stays locked, and the promise it owes would never settle.
      return failure.cause === 'foreign-exception' && onForeign === 'keep' && !instance.tornPoll ? 'keep' : 'fresh';
    },
  };
}

function classify({ error, origin, instance }: Thrown): Aborted | undefined {
  const blackBox = instance.exports && readBlackBox(instance.exports);
  switch (origin) {
    case 'own':
      return isAbort(error) ? aborted(error, blackBox, instance.shadowStackOverflowed) : undefined;
    case 'deliberate':
      // The task that a poll was about is torn, and what it owes would never be settled.
      return instance.tornPoll && instance.callsInFlight > 0 ? foreign(error) : undefined;
    case 'foreign':
      // An exhausted stack is nobody's own: whose frames were torn can't be trusted. Traps of another module are not ours.
      return isStackExhausted(error) && error instanceof Error ? aborted(error, undefined, false) : foreign(error);
  }
}

function foreign(error: unknown): Aborted {
  return { kind: 'aborted', cause: 'foreign-exception', trap: error, frames: [] };
}

function aborted(error: Error, blackBox: BlackBox | undefined, overflowed: boolean): Aborted {
  const frames = wasmFrames(error);
  const told = abortCause(error, blackBox, frames);
  // The stack pointer knows for certain what the frames show only of simple recursions.
  const cause = told === 'out-of-bounds' && overflowed ? 'stack-overflow' : told;
  const panic = cause === 'panic-abort' ? blackBox?.panic : undefined;
  const allocation = cause === 'out-of-memory' ? blackBox?.failedAllocation : undefined;
  return {
    kind: 'aborted',
    cause,
    ...(panic && { panic: { ...panic, frames } }),
    ...(allocation && { allocation }),
    trap: error,
    frames,
  };
}
