import {
  type Aborted,
  type BlackBox,
  type Frame,
  type InstanceView,
  type PanicInfo,
  readBlackBox,
  UNKNOWN_PANIC,
  wasmFrames,
} from '@wasm-revive/kernel';
import { abortCause, hasNames } from './cause.js';
import { panicBehindHook, panicInFlight } from './panic-in-flight.js';
import { panicOnStack } from './panic-on-stack.js';

/** What is read of an instance to find out why it aborted. */
export type Witness = Pick<
  InstanceView,
  'exports' | 'unwinds' | 'panicPhase' | 'formatters' | 'shadowStackOverflowed' | 'shadowStackPointer' | 'shadowStackHasRoom'
>;

/** What is known of an abort: from the engine's error, from what the crate wrote down, and from what is left on Rust's stack. Runs no Wasm. */
export function abortOf(error: Error, instance: Witness): Aborted {
  const blackBox = instance.exports && readBlackBox(instance.exports);
  const frames = wasmFrames(error);
  const told = abortCause(error, blackBox, frames, instance.shadowStackHasRoom);
  const panic = told === 'panic-abort' || isUntold(told, frames, instance) ? panicOf(instance, blackBox) : undefined;
  // The stack pointers know for certain what the frames show only of simple recursions. That of borrowed values of JavaScript is one of
  // a table's slots, and past its end an access to the table traps.
  const overflowed = (told === 'out-of-bounds' || told === 'indirect-call') && instance.shadowStackOverflowed;
  // Where panics are caught, Rust may have caught this one; that it has not, names say, or Rust's own count.
  const ofPanic = !instance.unwinds || hasNames(frames) || panicGoesOn(instance) ? 'panic-abort' : 'unreachable';
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

/** The panic whose hook was just left. */
export function panicWithHook(instance: Witness): Partial<Told> | undefined {
  return panicWritten(instance) ?? panicLeft(instance);
}

/**
 * What an error that is no trap has made of an instance that was panicking.
 * @param known what was read of the panic when its hook was left
 */
export function panickingAbort(error: unknown, instance: Witness, known?: Partial<Told>): Aborted {
  const frames = wasmFrames(error);
  const panic = known ?? panicWritten(instance) ?? panicLeft(instance);
  return { kind: 'aborted', cause: 'panic-abort', panic: { message: UNKNOWN_PANIC, ...panic, frames }, trap: error, frames };
}

/** The panic that ended in a trap. */
function panicOf(instance: Witness, blackBox: BlackBox | undefined): Told | undefined {
  const told = blackBox?.panic ?? panicUnwinding(instance) ?? panicFound(instance);
  return told && { message: UNKNOWN_PANIC, ...told };
}

/**
 * Whether nothing has said what it was: a release often has no names, and some engines tell no frames. Where panics are caught, an earlier one
 * may be what is left on the stack.
 */
function isUntold(cause: Aborted['cause'], frames: readonly Frame[], instance: Witness): boolean {
  return cause === 'unreachable' && !hasNames(frames) && (!instance.unwinds || panicGoesOn(instance));
}

function panicGoesOn({ panicPhase }: Witness): boolean {
  return panicPhase === 'hook' || panicPhase === 'unwinding';
}

type Told = Omit<PanicInfo, 'frames'>;

/** What the crates' hook wrote down; what Rust unwinds with may be another one, of which no hook hears. */
function panicWritten(instance: Witness): Told | undefined {
  const written = instance.exports && readBlackBox(instance.exports)?.panic;
  const unwinding = written && panicUnwinding(instance);
  return unwinding === undefined || unwinding.message.startsWith(written?.message ?? '') ? written : undefined;
}

/** The panic of which something else took the frames. Where panics are caught, what is on the stack may be of an earlier one. */
function panicLeft(instance: Witness): Partial<Told> | undefined {
  const { exports, unwinds, panicPhase, shadowStackPointer, formatters } = instance;
  if (!unwinds) return panicFound(instance);
  if (panicPhase !== 'hook') return panicUnwinding(instance);
  if (!(exports?.memory instanceof WebAssembly.Memory) || shadowStackPointer === undefined) return undefined;
  return panicBehindHook(exports.memory, shadowStackPointer, formatters);
}

/** What Rust unwinds with. */
function panicUnwinding(instance: Witness): Told | undefined {
  const { exports, shadowStackPointer, formatters } = instance;
  if (!isUnwinding(instance) || !(exports?.memory instanceof WebAssembly.Memory)) return undefined;
  return panicInFlight(exports.memory, shadowStackPointer, formatters);
}

function isUnwinding({ unwinds, panicPhase }: Witness): boolean {
  return unwinds && panicPhase === 'unwinding';
}

/** The panic on Rust's stack. */
function panicFound({ exports, shadowStackPointer, formatters }: Witness): Partial<Told> | undefined {
  const memory = exports?.memory;
  if (!(memory instanceof WebAssembly.Memory) || shadowStackPointer === undefined) return undefined;
  return panicOnStack(memory, shadowStackPointer, formatters);
}
