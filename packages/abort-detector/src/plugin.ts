import {
  type Aborted,
  hasStackRoom,
  type InstanceView,
  lazyProperty,
  type MatchedPackage,
  type PanicInfo,
  type Plugin,
  type Thrown,
  wasmFrames,
} from '@wasm-revive/kernel';
import manifest from '../package.json' with { type: 'json' };
import { abortOf, panickingAbort, panicOfHook } from './abort-of.js';
import { isAbort, isStackExhausted } from './cause.js';

const PACKAGE: MatchedPackage = { name: '@wasm-revive/abort-detector', version: manifest.version, crate: 'wasm-revive-abort-detector' };

/** Recognises traps, exhausted stacks and exceptions that tore Rust frames down. */
export function abortDetector(): Plugin {
  const hooks: Hooks = new WeakMap();
  return {
    name: 'abort-detector',
    package: PACKAGE,
    leavesHook: (instance, error, suspected) =>
      void hooks.set(instance, noted(hooks.get(instance), error, panicOfHook(instance), suspected)),
    threw: (thrown) => classify(thrown, hooks),
  };
}

/** What was thrown into a panic's hook, which may have left Rust panicking, and what was read of the panic then. */
interface Hook {
  readonly error: unknown;
  readonly panic: Partial<PanicInfo> | undefined;
  /** What was thrown last, where something had left frames of the instance before. */
  readonly again?: Hook;
}

type Hooks = WeakMap<InstanceView, Hook>;

/** Where the panic's frames may have been left, what is read there may be of another panic: it is believed where it was read before. */
function noted(before: Hook | undefined, error: unknown, panic: Hook['panic'], suspected: boolean): Hook {
  if (!suspected || before === undefined) return { error, panic };
  return { ...before, again: { error, panic: panic?.message === before.panic?.message ? panic : undefined } };
}

function classify(thrown: Thrown, hooks: Hooks): Aborted | undefined {
  const { error, origin, instance, quiescent, tornPoll } = thrown;
  if (origin === 'own') {
    if (!isAbort(error)) return undefined;
    thrown.condemn();
    return abortOf(error, instance);
  }
  // Where the stack is still full, it is nobody's own: the frames that were torn can't be trusted. With room here, JavaScript that an import
  // called has filled the stack by itself, and an ordinary exception has left Rust's frames. Traps of another module are not ours.
  if (origin === 'foreign' && isStackExhausted(error) && !hasStackRoom()) {
    thrown.condemn();
    return { kind: 'aborted', cause: 'stack-overflow', trap: error, frames: wasmFrames(error) };
  }
  // Whoever threw it: what leaves while Rust panics is the end of a panic.
  if (instance.panicking?.isLeft(quiescent)) {
    thrown.condemn();
    const hook = hooks.get(instance);
    return panickingAbort(error, instance, [hook, hook?.again].find((one) => one?.error === error)?.panic);
  }
  // Thrown on purpose, it is a failure only where it tears a poll: what the task owes would never be settled.
  return origin === 'foreign' || (tornPoll && instance.callsInFlight > 0) ? foreign(error) : undefined;
}

// Programs may throw many of these, and engines write a stack down when it is asked for.
const withFrames = lazyProperty('frames', wasmFrames);

function foreign(error: unknown): Aborted {
  return withFrames({ kind: 'aborted', cause: 'foreign-exception', trap: error } as const, error);
}
