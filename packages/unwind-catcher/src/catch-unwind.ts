import type { PanicError } from '@wasm-revive/kernel';
import { isPanic, toPanicError } from './panic.js';

/** Options of {@link catchUnwind} and `catchExports`. */
export interface CatchUnwindOptions {
  /** Told of every panic before the caller is. What it throws is ignored. */
  readonly onPanic?: (panic: PanicError) => void;
}

/**
 * Wraps one function of an untransformed wasm-bindgen package built with panic=unwind, synchronous or async:
 * a Rust panic reaches the caller as a {@link PanicError} (`REVIVE_PANIC`); everything else passes through untouched.
 */
export function catchUnwind<A extends unknown[], R>(call: (...args: A) => R, options: CatchUnwindOptions = {}): (...args: A) => R {
  const rethrow = (error: unknown): never => {
    if (!isPanic(error)) throw error;
    const panic = toPanicError(error);
    tell(panic, options);
    throw panic;
  };
  return function (this: unknown, ...args: A): R {
    let result: R;
    try {
      result = call.apply(this, args);
    } catch (error) {
      return rethrow(error);
    }
    return result instanceof Promise ? (result.catch(rethrow) as R) : result;
  };
}

/** Tells the listener of a panic. Its own failure must not take the panic's place. */
export function tell(panic: PanicError, { onPanic }: CatchUnwindOptions): void {
  try {
    onPanic?.(panic);
  } catch {
    // The caller hears of the panic.
  }
}
