import {
  type AbortCause,
  type Aborted,
  type Frame,
  type Instance,
  type PanicInfo,
  type Plugin,
  readBlackBox,
  type Thrown,
  UNKNOWN_PANIC,
  wasmFrames,
} from '@wasm-revive/kernel';
import { abortCause, isAbort, isStackExhausted } from './cause.js';
import { panicOnStack } from './panic-on-stack.js';

/** Recognises traps, exhausted stacks and exceptions that tore Rust frames down. */
export function abortDetector(): Plugin {
  return { name: 'abort-detector', threw: classify };
}

function classify({ error, origin, instance }: Thrown): Aborted | undefined {
  switch (origin) {
    case 'own':
      if (!isAbort(error)) return undefined;
      instance.condemn(error);
      return aborted(error, instance);
    case 'deliberate':
      // The task that a poll was about is torn, and what it owes would never be settled.
      return instance.tornPoll && instance.callsInFlight > 0 ? foreign(error) : undefined;
    case 'foreign':
      // An exhausted stack is nobody's own: whose frames were torn can't be trusted. Traps of another module are not ours.
      if (!isStackExhausted(error)) return foreign(error);
      instance.condemn(error);
      return { kind: 'aborted', cause: 'stack-overflow', trap: error, frames: wasmFrames(error) };
  }
}

function foreign(error: unknown): Aborted {
  return { kind: 'aborted', cause: 'foreign-exception', trap: error, frames: [] };
}

function aborted(error: Error, instance: Instance): Aborted {
  const blackBox = instance.exports && readBlackBox(instance.exports);
  const frames = wasmFrames(error);
  const told = abortCause(error, blackBox, frames, instance.shadowStackHasRoom);
  const panic = told === 'panic-abort' || isUntold(told, frames, instance) ? (blackBox?.panic ?? panicFound(instance)) : undefined;
  // The stack pointers know for certain what the frames show only of simple recursions. That of borrowed values of JavaScript is one of
  // a table's slots, and past its end an access to the table traps.
  const overflowed = (told === 'out-of-bounds' || told === 'indirect-call') && instance.shadowStackOverflowed;
  const cause = overflowed ? 'stack-overflow' : panic === undefined ? told : 'panic-abort';
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

/**
 * Whether nothing has said what it was: a release often has no names, and some engines tell no frames. Where panics are caught, an earlier one
 * may be what is left on the stack.
 */
function isUntold(cause: AbortCause, frames: readonly Frame[], { owner }: Instance): boolean {
  return cause === 'unreachable' && frames.every((frame) => frame.function === undefined) && owner.exceptions === undefined;
}

/** What is known of a panic without the crates' hook. */
function panicFound({ exports, shadowStackPointer, owner }: Instance): Omit<PanicInfo, 'frames'> | undefined {
  const memory = exports?.memory;
  if (!(memory instanceof WebAssembly.Memory) || shadowStackPointer === undefined) return undefined;
  const found = panicOnStack(memory, shadowStackPointer, owner.formatters);
  return found && { message: UNKNOWN_PANIC, ...found };
}
