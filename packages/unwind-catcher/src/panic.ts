import {
  type BlackBox,
  type CaughtPanic,
  type Frame,
  isError,
  isReviveError,
  lazyProperty,
  lookAt,
  NO_FRAMES,
  PanicError,
  type PanicInfo,
  wasmFrames,
} from '@wasm-revive/kernel';

// As they are when this is loaded: the program may replace them.
const { getPrototypeOf, hasOwn } = Object;

/**
 * Whether a value is a Rust panic that was unwound: our own `PanicError`, or the one in wasm-bindgen's glue (0.2.115 and later). Every glue has a
 * class of its own, `class PanicError extends Error {}` with its name on the prototype, and is told by that.
 */
export function isPanic(value: unknown): value is Error {
  return isReviveError(value, 'REVIVE_PANIC') || (isError(value) && isOfGlue(value));
}

/** Not an error that a program has only given the name. */
function isOfGlue(error: Error): boolean {
  const prototype: unknown = getPrototypeOf(error);
  return lookAt(
    () =>
      typeof prototype === 'object' &&
      prototype !== null &&
      hasOwn(prototype, 'name') &&
      error.name === 'PanicError' &&
      !hasOwn(error, 'name'),
    false,
  );
}

/** Turns wasm-bindgen's `PanicError` into ours, keeping the original as `cause`. Gives ours back as it is. */
export function toPanicError(panic: Error): PanicError {
  return isReviveError(panic, 'REVIVE_PANIC') ? (panic as PanicError) : new PanicError(panic.message, { cause: panic });
}

/** Engines without exception handling have no `WebAssembly.Exception`; nothing can be one there. */
export function isWasmException(value: unknown): boolean {
  return typeof WebAssembly.Exception === 'function' && lookAt(() => value instanceof WebAssembly.Exception, false);
}

/**
 * What is known of a panic that left an export of which wasm-bindgen catches no panics, such as what `free()` calls.
 * @param site has the stack of where it happened
 */
export function uncaughtPanicInfo(blackBox: BlackBox | undefined, site: Error | undefined): PanicInfo {
  if (blackBox?.panic === undefined) {
    return { message: 'a panic, whose message is known only with the wasm-revive-unwind-catcher crate', frames: NO_FRAMES };
  }
  const { message, location } = blackBox.panic;
  // What `resume_unwind` starts, no hook hears of, and it is nowhere.
  if (location.file === '') return { message, frames: NO_FRAMES };
  return site === undefined ? { message, location, frames: NO_FRAMES } : withFrames({ message, location }, site);
}

// Engines write a stack down when it is asked for: half of what a panic costs, and most are never looked at.
const withFrames = lazyProperty('frames', framesOfPanic);

/** The frames without the innermost ones, in which the crate's hook tells of the panic. */
function framesOfPanic(error: Error): readonly Frame[] {
  const frames = wasmFrames(error);
  const ours = frames.slice(0, HOOK_FRAMES).findLastIndex((frame) => HOOK.some((crate) => frame.function?.includes(crate)));
  return frames.slice(ours + 1);
}

const HOOK = ['wasm_revive_abi', 'wasm_revive_unwind_catcher'];

/** How many frames the hook takes at most, in any profile. */
const HOOK_FRAMES = 8;

/**
 * What is known of a panic that wasm-bindgen caught: its message, and its location when the crate's hook wrote it down. Without the crate, its
 * stack is that of where it was caught.
 */
export function panicInfo({ error, blackBox, site }: CaughtPanic): PanicInfo {
  // A payload that isn't a string leaves wasm-bindgen with a message of its own; the hook knows the location all the same.
  const location = blackBox?.panic?.location;
  return withFrames({ message: error.message, ...(location && { location }) }, site ?? error);
}
