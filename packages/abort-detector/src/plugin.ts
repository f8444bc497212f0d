import { type Aborted, hasStackRoom, lazyProperty, type Plugin, type Thrown, wasmFrames } from '@wasm-revive/kernel';
import { abortOf } from './abort-of.js';
import { isAbort, isStackExhausted } from './cause.js';

/** Recognises traps, exhausted stacks and exceptions that tore Rust frames down. */
export function abortDetector(): Plugin {
  return { name: 'abort-detector', threw: classify };
}

function classify({ error, origin, instance }: Thrown): Aborted | undefined {
  switch (origin) {
    case 'own':
      if (!isAbort(error)) return undefined;
      instance.condemn(error);
      return abortOf(error, instance);
    case 'deliberate':
      // The task that a poll was about is torn, and what it owes would never be settled.
      return instance.tornPoll && instance.callsInFlight > 0 ? foreign(error) : undefined;
    case 'foreign':
      // Traps of another module are not ours. JavaScript that an import called may have filled the stack by itself: with room here, Rust's frames
      // were no part of that, and an ordinary exception has left them.
      if (!isStackExhausted(error) || hasStackRoom()) return foreign(error);
      instance.condemn(error);
      return { kind: 'aborted', cause: 'stack-overflow', trap: error, frames: wasmFrames(error) };
  }
}

// Programs may throw many of these, and engines write a stack down when it is asked for.
const withFrames = lazyProperty('frames', wasmFrames);

function foreign(error: unknown): Aborted {
  return withFrames({ kind: 'aborted', cause: 'foreign-exception', trap: error } as const, error);
}
