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
  // Looked at once: that may run Rust, of which nothing may run any more once it is condemned.
  const verdicts = new WeakMap<Thrown, Verdict>();
  return {
    name: 'abort-detector',
    package: PACKAGE,
    leavesHook: (instance, error, suspected) =>
      void hooks.set(instance, noted(hooks.get(instance), error, panicOfHook(instance), suspected)),
    condemns(thrown) {
      const found = verdict(thrown);
      verdicts.set(thrown, found);
      return found !== 'live';
    },
    threw: (thrown) => classify(thrown, verdicts.get(thrown) ?? verdict(thrown), hooks),
  };
}

/** What is known of an instance at a first look: that it has trapped, that the stack is full, that it panicked and something else took the frames. */
type Verdict = 'trapped' | 'exhausted' | 'panicking' | 'live';

function verdict({ error, origin, instance, quiescent }: Thrown): Verdict {
  if (origin === 'own') return isAbort(error) ? 'trapped' : 'live';
  // Where the stack is still full, it is nobody's own: the frames that were torn can't be trusted. With room here, JavaScript that an import
  // called has filled the stack by itself, and an ordinary exception has left Rust's frames. Traps of another module are not ours.
  if (origin === 'foreign' && isStackExhausted(error) && !hasStackRoom()) return 'exhausted';
  // Whoever threw it: what leaves while Rust panics is the end of a panic.
  return instance.panicking?.isLeft(quiescent) ? 'panicking' : 'live';
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

function classify(thrown: Thrown, found: Verdict, hooks: Hooks): Aborted | undefined {
  const { error, origin, instance, tornPoll } = thrown;
  if (found !== 'live') thrown.condemn();
  switch (found) {
    case 'trapped':
      return abortOf(error as Error, instance);
    case 'exhausted':
      return { kind: 'aborted', cause: 'stack-overflow', trap: error, frames: wasmFrames(error) };
    case 'panicking': {
      const hook = hooks.get(instance);
      return panickingAbort(error, instance, [hook, hook?.again].find((one) => one?.error === error)?.panic);
    }
    case 'live':
      break;
  }
  if (origin === 'own') return undefined;
  // Thrown on purpose, it is a failure only where it tears a poll: what the task owes would never be settled.
  return origin === 'foreign' || (tornPoll && instance.callsInFlight > 0) ? foreign(error) : undefined;
}

// Programs may throw many of these, and engines write a stack down when it is asked for.
const withFrames = lazyProperty('frames', wasmFrames);

function foreign(error: unknown): Aborted {
  return withFrames({ kind: 'aborted', cause: 'foreign-exception', trap: error } as const, error);
}
