import { type Plugin, readBlackBox } from '@wasm-revive/kernel';
import { panicInfo } from './panic.js';

/** Recognises panics that wasm-bindgen caught at the boundary, and keeps their instance. */
export function unwindCatcher(): Plugin {
  return {
    name: 'unwind-catcher',
    threw({ panic, instance }) {
      if (panic === undefined) return undefined;
      const blackBox = instance.exports && readBlackBox(instance.exports);
      return { kind: 'unwound', panic: panicInfo(panic, blackBox) };
    },
    failed: (_instance, failure) => (failure.kind === 'unwound' ? 'keep' : undefined),
  };
}
