import { readPanicCount } from './black-box.js';
import { setProperty } from './intrinsics.js';

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
  const { stackTraceLimit } = Error as { stackTraceLimit?: number };
  if (stackTraceLimit === undefined || stackTraceLimit >= DEEP) return new Error();
  // Where the program has frozen it, it stays as it is.
  setProperty(Error, 'stackTraceLimit', DEEP);
  try {
    return new Error();
  } finally {
    setProperty(Error, 'stackTraceLimit', stackTraceLimit);
  }
}
