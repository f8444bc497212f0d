import { readPanicCount } from '../module/black-box.js';
import { setProperty } from '../program/intrinsics.js';
import { lookAt } from '../program/thrown.js';

/**
 * Where Rust was when it panicked last, if the unwind-catcher crate has said that it did: wasm-bindgen catches a panic where most of its
 * stack is gone.
 */
export class PanicSite {
  #last: { readonly count: number; readonly error: Error } | undefined;

  /** Writes the stack down, for everything that led to the panic is on it. */
  note(exports: WebAssembly.Exports): void {
    const count = readPanicCount(exports);
    this.#last = count > 0 ? { count, error: errorWithDeepStack() } : undefined;
  }

  forget(): void {
    this.#last = undefined;
  }

  /** An error with that stack; undefined when no panic has been noted, or it isn't the last one. */
  of(exports: WebAssembly.Exports): Error | undefined {
    return this.#last?.count === readPanicCount(exports) ? this.#last.error : undefined;
  }
}

/** As many frames as Rust's way to its panic handler takes, and then some: by default, engines keep ten. */
const DEEP = 40;

/** An error with more frames than engines keep by default. */
export function errorWithDeepStack(): Error {
  return withStackTraceLimit(
    (limit) => Math.max(limit, DEEP),
    () => new Error(),
  );
}

/** Makes an error with another limit of frames. Where the program has frozen it, or made something else of it, it stays as it is. */
export function withStackTraceLimit<E extends Error>(limit: (now: number) => number, make: () => E): E {
  const errors = Error as { stackTraceLimit?: unknown };
  const now = lookAt(() => errors.stackTraceLimit, undefined);
  if (typeof now !== 'number') return make();
  const set = (value: number): boolean => lookAt(() => setProperty(errors, 'stackTraceLimit', value), false);
  set(limit(now));
  try {
    return make();
  } finally {
    set(now);
  }
}
