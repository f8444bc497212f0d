import { type AbortCause, ReviveError, readBlackBox } from '@wasm-revive/kernel';
import { abortCause, isAbort } from './cause.js';

/** Options of {@link guardExports}. */
export interface GuardExportsOptions {
  /** Told once, when the instance aborts. */
  readonly onAbort?: (cause: AbortCause, error: Error) => void;
}

/** What {@link guardExports} gives. */
export interface GuardedInstance {
  /** In place of `instance.exports`. */
  readonly exports: WebAssembly.Exports;
  /** Why the instance aborted; undefined while it is well. */
  readonly aborted: AbortCause | undefined;
}

/**
 * Guards the exports of any instance, whoever made its JavaScript: after an abort none of them is entered again.
 * The call that aborts throws `REVIVE_ABORT`, every later one `REVIVE_INSTANCE_LOST`, both with the trap as `cause`.
 *
 * Made at run time, for code that isn't transformed; the transform emits its guards as text, which costs less on a call.
 */
export function guardExports(exports: WebAssembly.Exports, options: GuardExportsOptions = {}): GuardedInstance {
  let aborted: AbortCause | undefined;
  let trap: unknown;
  const guarded: WebAssembly.Exports = {};
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value !== 'function') {
      guarded[name] = value;
      continue;
    }
    guarded[name] = (...args: unknown[]): unknown => {
      if (aborted !== undefined) {
        throw new ReviveError('REVIVE_INSTANCE_LOST', `${name} was called on an instance that has aborted (${aborted}).`, {
          cause: trap,
        });
      }
      try {
        return value(...args);
      } catch (error) {
        // A nested entry may have noticed first.
        if (aborted === undefined) {
          if (!isAbort(error)) throw error;
          aborted = abortCause(error, readBlackBox(exports));
          trap = error;
          options.onAbort?.(aborted, error);
        }
        throw new ReviveError('REVIVE_ABORT', `Rust aborted in ${name}: ${aborted}.`, { cause: trap });
      }
    };
  }
  return {
    exports: guarded,
    get aborted() {
      return aborted;
    },
  };
}
