import {
  CATCH_EXPORT,
  errorWithDeepStack,
  IMPORT_MODULE,
  PANICKED_IMPORT,
  RETHROW_IMPORT,
  ReviveError,
  SIGNAL_IMPORT,
  STACK_POINTER_EXPORT,
} from '@wasm-revive/kernel';

/** What left an export and is to go back into Rust; only while {@link endPanic} runs. */
let caught: unknown;

/** Where the last panic was that a module said it had, until somebody has taken it. */
let site: Error | undefined;

/** An error with the stack of where the panic was that {@link endPanic} has just ended; undefined where it had no hook to say so. */
export function takePanicSite(): Error | undefined {
  const taken = site;
  site = undefined;
  return taken;
}

/** What a module imports that has the crates with their feature `raw`: part of its import object. */
export const rawImports: WebAssembly.Imports = {
  [IMPORT_MODULE]: {
    [RETHROW_IMPORT]: () => {
      throw caught;
    },
    [PANICKED_IMPORT]: () => {
      site = errorWithDeepStack();
    },
    // Here is nobody who gives the program what it asks for.
    [SIGNAL_IMPORT]: () => {},
  },
};

/** What became of a Wasm exception: the panic it was has been `ended`; it is `other` than a panic of this instance; or only the crate could tell. */
export type RawPanic = 'ended' | 'other' | 'unknown';

/**
 * Ends a panic that left an export as a Wasm exception. The exception holds memory of the instance, and Rust believes that it panics until
 * it has caught it; only Rust can. So it is thrown once more, into Rust that catches it.
 *
 * @param exports the raw ones
 */
export function endPanic(exports: WebAssembly.Exports, exception: unknown): RawPanic {
  const catchPanic = exports[CATCH_EXPORT];
  if (typeof catchPanic !== 'function') return 'unknown';
  const before = caught;
  caught = exception;
  try {
    catchPanic();
    return 'ended';
  } catch (error) {
    if (error === exception) return 'other';
    throw error;
  } finally {
    caught = before;
  }
}

/**
 * Refuses a module whose panics can't be ended properly: what leaves Rust frames by throwing doesn't put their stack pointer back.
 * @throws ReviveError `REVIVE_NO_STACK_POINTER`
 */
export function checkStackPointer(exports: WebAssembly.Exports): void {
  if (CATCH_EXPORT in exports && !(STACK_POINTER_EXPORT in exports)) {
    throw new ReviveError(
      'REVIVE_NO_STACK_POINTER',
      'The module catches panics with the unwind-catcher crate (its feature `raw`) and does not export the global `__stack_pointer`, which ' +
        'a panic leaves where it was thrown. Link with `--export=__stack_pointer`: put ' +
        '`println!("cargo:rustc-cdylib-link-arg=--export=__stack_pointer");` into build.rs.',
    );
  }
}
