import { type Plugin, readBlackBox } from '@wasm-revive/kernel';
import { isWasmException, panicInfo, uncaughtPanicInfo } from './panic.js';

/** Recognises panics that wasm-bindgen caught at the boundary, and keeps their instance. */
export function unwindCatcher(): Plugin {
  return {
    name: 'unwind-catcher',
    threw({ error, origin, panic, instance }) {
      const blackBox = instance.exports && readBlackBox(instance.exports);
      if (panic !== undefined) return { kind: 'unwound', panic: panicInfo(panic, blackBox) };
      // A Wasm exception that carries no JavaScript value and that no import threw is the unwinding of Rust itself.
      if (origin !== 'own' || !isWasmException(error)) return undefined;
      return { kind: 'unwound', panic: uncaughtPanicInfo(blackBox) };
    },
    failed: (_instance, failure) => (failure.kind === 'unwound' ? 'keep' : undefined),
  };
}
