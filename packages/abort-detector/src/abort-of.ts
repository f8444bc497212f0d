import { type Aborted, type Frame, type InstanceView, type PanicInfo, readBlackBox, UNKNOWN_PANIC, wasmFrames } from '@wasm-revive/kernel';
import { abortCause } from './cause.js';
import { panicOnStack } from './panic-on-stack.js';

/** What is read of an instance to find out why it aborted. */
export type Witness = Pick<
  InstanceView,
  'exports' | 'unwinds' | 'formatters' | 'shadowStackOverflowed' | 'shadowStackPointer' | 'shadowStackHasRoom'
>;

/** What is known of an abort: from the engine's error, from what the crate wrote down, and from what is left on Rust's stack. Runs no Wasm. */
export function abortOf(error: Error, instance: Witness): Aborted {
  const blackBox = instance.exports && readBlackBox(instance.exports);
  const frames = wasmFrames(error);
  const told = abortCause(error, blackBox, frames, instance.shadowStackHasRoom);
  const panic = told === 'panic-abort' || isUntold(told, frames, instance) ? (blackBox?.panic ?? panicFound(instance)) : undefined;
  // The stack pointers know for certain what the frames show only of simple recursions. That of borrowed values of JavaScript is one of
  // a table's slots, and past its end an access to the table traps.
  const overflowed = (told === 'out-of-bounds' || told === 'indirect-call') && instance.shadowStackOverflowed;
  // Where panics are caught, Rust may have caught this one, and what says that it ended so are names alone.
  const ofPanic = !instance.unwinds || hasNames(frames) ? 'panic-abort' : 'unreachable';
  const cause = overflowed ? 'stack-overflow' : panic === undefined ? told : ofPanic;
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
function isUntold(cause: Aborted['cause'], frames: readonly Frame[], { unwinds }: Witness): boolean {
  return cause === 'unreachable' && !hasNames(frames) && !unwinds;
}

function hasNames(frames: readonly Frame[]): boolean {
  return frames.some((frame) => frame.function !== undefined);
}

/** What is known of a panic without the crates' hook. */
function panicFound({ exports, shadowStackPointer, formatters }: Witness): Omit<PanicInfo, 'frames'> | undefined {
  const memory = exports?.memory;
  if (!(memory instanceof WebAssembly.Memory) || shadowStackPointer === undefined) return undefined;
  const found = panicOnStack(memory, shadowStackPointer, formatters);
  return found && { message: UNKNOWN_PANIC, ...found };
}
