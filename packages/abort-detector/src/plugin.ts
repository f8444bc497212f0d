import { type Aborted, hasStackRoom, isLeftPanicking, lazyProperty, type Plugin, type Thrown, wasmFrames } from '@wasm-revive/kernel';
import { abortOf, panickingAbort } from './abort-of.js';
import { isAbort, isStackExhausted } from './cause.js';

/** Recognises traps, exhausted stacks and exceptions that tore Rust frames down. */
export function abortDetector(): Plugin {
  return { name: 'abort-detector', threw: classify };
}

function classify({ error, origin, instance, quiescent, tornPoll, condemn }: Thrown): Aborted | undefined {
  if (origin === 'own') {
    if (!isAbort(error)) return undefined;
    condemn();
    return abortOf(error, instance);
  }
  // Where the stack is still full, it is nobody's own: the frames that were torn can't be trusted. With room here, JavaScript that an import
  // called has filled the stack by itself, and an ordinary exception has left Rust's frames. Traps of another module are not ours.
  if (origin === 'foreign' && isStackExhausted(error) && !hasStackRoom()) {
    condemn();
    return { kind: 'aborted', cause: 'stack-overflow', trap: error, frames: wasmFrames(error) };
  }
  // Whoever threw it: what leaves while Rust panics is the end of a panic.
  if (isLeftPanicking(instance, quiescent)) {
    condemn();
    return panickingAbort(error, instance);
  }
  // Thrown on purpose, it is a failure only where it tears a poll: what the task owes would never be settled.
  return origin === 'foreign' || (tornPoll && instance.callsInFlight > 0) ? foreign(error) : undefined;
}

// Programs may throw many of these, and engines write a stack down when it is asked for.
const withFrames = lazyProperty('frames', wasmFrames);

function foreign(error: unknown): Aborted {
  return withFrames({ kind: 'aborted', cause: 'foreign-exception', trap: error } as const, error);
}
