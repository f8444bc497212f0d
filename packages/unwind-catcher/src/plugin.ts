import { type Instance, isReviveError, PANICKING_EXPORT, type Plugin, readBlackBox } from '@wasm-revive/kernel';
import { isWasmException, panicInfo, uncaughtPanicInfo } from './panic.js';

/** Recognises panics that wasm-bindgen caught at the boundary, and keeps their instance. */
export function unwindCatcher(): Plugin {
  // Those out of which a panic went that nobody caught: it stays counted, and what Rust believes tells no more.
  const miscounted = new WeakSet<Instance>();
  return {
    name: 'unwind-catcher',
    threw({ error, origin, panic, instance }) {
      const blackBox = instance.exports && readBlackBox(instance.exports);
      // A Wasm exception that carries no JavaScript value and that no import threw is the unwinding of Rust itself.
      const uncaught = origin === 'own' && isWasmException(error) ? uncaughtPanicInfo(blackBox) : undefined;
      const told = panic === undefined ? uncaught : panicInfo(panic, blackBox);
      if (uncaught !== undefined) miscounted.add(instance);
      // After a trap nothing of the instance may run, not even to be asked.
      const wasPanic = panic !== undefined || isReviveError(error, 'REVIVE_PANIC');
      if (wasPanic && !miscounted.has(instance) && isStillPanicking(instance)) {
        return { kind: 'aborted', cause: 'abort', ...(told && { panic: told }), trap: error, frames: told?.frames ?? [] };
      }
      return told && { kind: 'unwound', panic: told };
    },
    failed: (_instance, failure) => (failure.kind === 'unwound' ? 'keep' : undefined),
  };
}

/**
 * Whether a destructor panicked while a panic unwound. Elsewhere Rust aborts then. On wasm it goes on, without the rest of the destructors
 * and believing for ever that it panics, which locks and destructors ask about: the instance can't be trusted. Only the crate can tell.
 */
function isStillPanicking({ quiescent, exports }: Instance): boolean {
  const panicking = exports?.[PANICKING_EXPORT];
  return quiescent && typeof panicking === 'function' && panicking() !== 0;
}
