import {
  type AbortCause,
  type Aborted,
  type BlackBox,
  bytesMissingForLog,
  catchesPanics,
  framesIn,
  type InstanceView,
  lazyProperty,
  nameIn,
  type PanicInfo,
  readBlackBox,
  StackPointers,
  stackPointerNames,
  UNKNOWN_PANIC,
  wasmFrames,
  wasmLines,
} from '@wasm-revive/kernel';
import { causeOf, hasNames, isRecursion, type Names } from './cause.js';
import { panicBehindHook, panicBehindLeftHook, panicInFlight } from './panic-in-flight.js';
import { panicOnStack } from './panic-on-stack.js';

/** What is read of an instance to find out why it aborted. */
export type Witness = Pick<InstanceView, 'exports' | 'module' | 'panicking'>;

/** What is known of an abort: from the engine's error, from what the crate wrote down, and from what is left on Rust's stack. Runs no Wasm. */
export function abortOf(error: Error, instance: Witness): Aborted {
  const blackBox = instance.exports && readBlackBox(instance.exports);
  const lines = wasmLines(error);
  const missing = instance.exports === undefined ? 0 : bytesMissingForLog(instance.exports);
  if (missing > 0) {
    return withFrames({ kind: 'aborted', cause: 'out-of-memory', trap: error, allocation: { size: missing, align: PAGE } }, lines);
  }
  const names = lines.map(nameIn);
  const told = causeOf(error, blackBox, names, () => stacksOf(instance)?.hasRoom !== true && isRecursion(lines));
  const panic = told === 'panic-abort' || isUntold(told, names, instance) ? panicOf(instance, blackBox) : undefined;
  const cause = panic === undefined ? (overflowed(told, instance) ? 'stack-overflow' : told) : causeAfterPanic(names, instance);
  const allocation = cause === 'out-of-memory' ? blackBox?.failedAllocation : undefined;
  const failure: Mutable<Omit<Aborted, 'frames'>> = { kind: 'aborted', cause, trap: error };
  if (panic !== undefined) failure.panic = withFrames(panic, lines);
  if (allocation !== undefined) failure.allocation = allocation;
  return withFrames(failure, lines);
}

/** Bytes of a page of memory. */
const PAGE = 65_536;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Few reports are read, and fewer to their frames. */
const withFrames = lazyProperty('frames', framesIn);

/**
 * The stack pointers know for certain what the frames show only of simple recursions. That of borrowed values of JavaScript is one of a table's
 * slots, and past its end an access to the table traps.
 */
function overflowed(told: AbortCause, instance: Witness): boolean {
  return (told === 'out-of-bounds' || told === 'indirect-call') && stacksOf(instance)?.overflowed === true;
}

/** Where panics are caught, Rust may have caught the one that was found; that it has not, names say, or Rust's own count. */
function causeAfterPanic(names: Names, instance: Witness): AbortCause {
  return !catchesPanics(instance.module) || hasNames(names) || panicGoesOn(instance) ? 'panic-abort' : 'unreachable';
}

/** The panic into whose hook something is being thrown, as Rust has it in memory. */
export function panicOfHook(instance: Witness): Partial<Told> | undefined {
  return panicWritten(instance) ?? panicHooked(instance, panicBehindHook);
}

/**
 * What an error that is no trap has made of an instance that was panicking.
 * @param known what was read of the panic when something was thrown into its hook
 */
export function panickingAbort(error: unknown, instance: Witness, known: Partial<Told> | undefined): Aborted {
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
function isUntold(cause: AbortCause, names: Names, instance: Witness): boolean {
  return cause === 'unreachable' && !hasNames(names) && (!catchesPanics(instance.module) || panicGoesOn(instance));
}

function panicGoesOn({ panicking }: Witness): boolean {
  const phase = panicking?.phase;
  return phase === 'hook' || phase === 'unwinding';
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
  if (!catchesPanics(instance.module)) return panicFound(instance);
  return instance.panicking?.phase === 'hook' ? panicHooked(instance, panicBehindLeftHook) : panicUnwinding(instance);
}

function panicHooked(instance: Witness, read: typeof panicBehindHook): Told | undefined {
  const memory = instance.exports?.memory;
  const shadowStack = stacksOf(instance)?.shadowStack;
  if (!(memory instanceof WebAssembly.Memory) || shadowStack === undefined) return undefined;
  return read(memory, shadowStack, instance.module.formatters);
}

/** What Rust unwinds with. */
function panicUnwinding(instance: Witness): Told | undefined {
  const { exports, module } = instance;
  if (!isUnwinding(instance) || !(exports?.memory instanceof WebAssembly.Memory)) return undefined;
  return panicInFlight(exports.memory, stacksOf(instance)?.shadowStack, module.formatters);
}

function isUnwinding({ module, panicking }: Witness): boolean {
  return catchesPanics(module) && panicking?.phase === 'unwinding';
}

/** The panic on Rust's stack. */
function panicFound(instance: Witness): Partial<Told> | undefined {
  const memory = instance.exports?.memory;
  const shadowStack = stacksOf(instance)?.shadowStack;
  if (!(memory instanceof WebAssembly.Memory) || shadowStack === undefined) return undefined;
  return panicOnStack(memory, shadowStack, instance.module.formatters);
}

/** The exports that point to stacks, the same in every instance of a module: to list the exports takes longer than all else here. */
const pointers = new WeakMap<Witness['module'], readonly string[]>();

/** The stacks that Rust has besides the engine's. */
function stacksOf({ exports, module }: Witness): StackPointers | undefined {
  if (exports === undefined) return undefined;
  const names = pointers.get(module) ?? stackPointerNames(exports);
  // Exports that are made when they are read can't be listed; those of the next instance can.
  if (names.length > 0) pointers.set(module, names);
  return new StackPointers(exports, names);
}
