import { complain } from './complain.js';
import type { Failure, Recovery } from './failure.js';
import type { PanicPhase } from './panicking.js';
import type { CaughtPanic } from './panics.js';
import type { CrashReport } from './report.js';
import type { Formatters } from './scope.js';
import { hasStackRoom } from './stack-room.js';

/** `idle`: made, not started; `running`: may be entered; `lost`: never entered again. */
export type InstanceState = 'idle' | 'running' | 'lost';

/** What plugins see of an instance. An interface, so that a plugin of one copy of this package fits the instances of another. */
export interface InstanceView {
  readonly generation: number;
  readonly state: InstanceState;
  /** The raw exports, for reading memory and globals; undefined before they are bound and once everybody has been told of a loss. */
  readonly exports: WebAssembly.Exports | undefined;
  /** The size of its memory; 0 where there are no exports. */
  readonly memoryBytes: number;
  /** How many promises it has still to settle. */
  readonly callsInFlight: number;
  /** Whether what was caught last left no frame of it on the stack. */
  readonly quiescent: boolean;
  /**
   * Whether something has left frames of it, with others further out, of which it isn't known yet whether it has left Rust panicking. What Rust
   * had left in memory for it is written over as Rust goes on.
   */
  readonly suspected: boolean;
  /** Whether the failure being told has torn the executor: it left a poll, and no JavaScript in between could catch it. */
  readonly tornPoll: boolean;
  /** Whether its module catches panics: it was built with panic=unwind. */
  readonly unwinds: boolean;
  /** What writes the arguments of Rust's messages, where the module has names. */
  readonly formatters: Formatters | undefined;
  /** How far Rust is with a panic, read from memory; undefined where the transform hasn't found where Rust counts them. */
  readonly panicPhase: PanicPhase | undefined;
  /** Whether a stack that Rust has is full: the one in linear memory, or that of borrowed values of JavaScript. The engine has one of its own. */
  readonly shadowStackOverflowed: boolean;
  /** Where the stack that Rust has in linear memory is, as an address; undefined where nobody has exported its pointer. */
  readonly shadowStackPointer: number | undefined;
  /** Whether that stack is known to have room for any function's frame. */
  readonly shadowStackHasRoom: boolean;
  /** Whether Rust counts for ever a panic that has ended, because nobody could tell it so: what it says of panics means nothing from then on. */
  readonly miscounted: boolean;
  /** Says that a panic has ended which left the instance as an exception that nobody in Rust has caught, so that Rust counts it no longer. */
  endPanic(): void;
  /**
   * Says that the instance can't be trusted, as soon as that is known and before anybody looks closer: looking may run the program's code, such
   * as its `Error.prepareStackTrace`, and that is let in no more. Whatever is decided then, it isn't kept.
   */
  condemn(trap: unknown): void;
}

/** What a guard caught, as plugins see it. */
export interface Thrown {
  readonly error: unknown;
  /**
   * How the error got to the guard: `own`, Wasm raised it; `foreign`, an import threw it through Wasm frames;
   * `deliberate`, Rust threw it on purpose through one of wasm-bindgen's own throwing imports.
   */
  readonly origin: 'own' | 'foreign' | 'deliberate';
  /** The panic that wasm-bindgen caught at the boundary, when this is one. */
  readonly panic: CaughtPanic | undefined;
  /** Undefined where the event loop entered. */
  readonly entrypoint: string | undefined;
  readonly instance: InstanceView;
}

/**
 * A feature, as a handful of small hooks. They are composed once, when the first instance is made, into plain functions:
 * a hook that no plugin has costs nothing on a call.
 */
export interface Plugin {
  readonly name: string;
  /** The instance's exports are there; nothing of it has run. Throwing refuses the module. */
  readonly instantiated?: (instance: InstanceView) => void;
  /** JavaScript enters an idle instance: a turn begins. */
  readonly entered?: (instance: InstanceView, entrypoint: string) => void;
  /** The turn ended well: the instance is quiescent again. */
  readonly committed?: (instance: InstanceView) => void;
  /**
   * What left an export by throwing. The first plugin that answers decides; undefined: an ordinary JavaScript error. Where one throws, the instance
   * is taken for lost.
   */
  readonly threw?: (thrown: Thrown) => Failure | undefined;
  /** What to do after a failure. The first plugin that answers decides; an instance that was condemned, or whose executor is torn, isn't kept. */
  readonly failed?: (instance: InstanceView, failure: Failure) => Recovery | undefined;
  /**
   * An abort has cost the instance: nothing of it runs any more, and its exports can be read for the last time. Every plugin hears of it,
   * before the program does. What it throws can't break recovery. After a full stack it comes late, where there is room for it.
   */
  readonly lost?: (instance: InstanceView, report: CrashReport) => void;
}

/** {@link Plugin}s made one. */
export interface Hooks {
  readonly instantiated: ((instance: InstanceView) => void) | undefined;
  readonly entered: ((instance: InstanceView, entrypoint: string) => void) | undefined;
  readonly committed: ((instance: InstanceView) => void) | undefined;
  readonly threw: (thrown: Thrown) => Failure | undefined;
  readonly failed: (instance: InstanceView, failure: Failure) => Recovery;
  readonly lost: ((instance: InstanceView, report: CrashReport) => void) | undefined;
}

/** Makes one set of hooks from many plugins, in their order. */
export function composePlugins(plugins: readonly Plugin[]): Hooks {
  const threw = present(plugins.map((plugin) => plugin.threw));
  const failed = present(plugins.map(orNothing));
  return {
    instantiated: sequence(present(plugins.map((plugin) => plugin.instantiated))),
    entered: sequence(present(plugins.map((plugin) => plugin.entered))),
    committed: sequence(present(plugins.map((plugin) => plugin.committed))),
    threw: (thrown) => first(threw, (hook) => hook(thrown)),
    failed: (instance, failure) => first(failed, (hook) => hook(instance, failure)) ?? (failure.kind === 'unwound' ? 'keep' : 'fresh'),
    lost: sequence(present(plugins.map(harmless))),
  };
}

/** A plugin's `failed`, without whose answer it goes as well. */
function orNothing({ name, failed }: Plugin): Plugin['failed'] {
  if (failed === undefined) return undefined;
  return (instance, failure) => {
    try {
      return failed(instance, failure);
    } catch (error) {
      // Where there is no stack, that is what matters.
      if (!hasStackRoom()) throw error;
      complain(`the plugin ${name} threw`, error);
      return undefined;
    }
  };
}

/** A plugin's `lost`, which can't break what comes after it: those in flight have still to be told. */
function harmless({ name, lost }: Plugin): Hooks['lost'] {
  if (lost === undefined) return undefined;
  return (instance, report) => {
    try {
      lost(instance, report);
    } catch (error) {
      complain(`the plugin ${name} threw`, error);
    }
  };
}

function present<T>(hooks: readonly (T | undefined)[]): T[] {
  return hooks.filter((hook): hook is T => hook !== undefined);
}

function sequence<A extends unknown[]>(hooks: ((...args: A) => void)[]): ((...args: A) => void) | undefined {
  if (hooks.length < 2) return hooks[0];
  return (...args) => {
    for (const hook of hooks) hook(...args);
  };
}

function first<H, R>(hooks: readonly H[], ask: (hook: H) => R | undefined): R | undefined {
  for (const hook of hooks) {
    const answer = ask(hook);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
