import type { Failure, Recovery } from './failure/failure.js';
import type { PanickingView } from './failure/panicking.js';
import type { CaughtPanic } from './failure/panics.js';
import type { MatchedPackage } from './module/crates.js';
import type { ModuleFacts } from './module/module.js';
import { complain } from './program/complain.js';
import { hasStackRoom } from './program/stack-room.js';
import type { CrashReport } from './report/report.js';

/** `idle`: made, not started; `running`: may be entered; `lost`: never entered again. */
export type InstanceState = 'idle' | 'running' | 'lost';

/**
 * What plugins get of an instance: an object with these members and no others, the same one for each hook. An interface, so that a plugin of one
 * copy of this package fits the instances of another.
 */
export interface InstanceView {
  /** The key of a sibling as text, as reports give it; undefined for the instance that the module's own exports lead to. */
  readonly key: string | undefined;
  readonly generation: number;
  readonly state: InstanceState;
  /** What the transform found out about its module. */
  readonly module: ModuleFacts;
  /** The raw exports, for reading memory and globals; undefined before they are bound and once everybody has been told of a loss. */
  readonly exports: WebAssembly.Exports | undefined;
  /** What Rust believes of its panics; there as long as the exports are. */
  readonly panicking: PanickingView | undefined;
  /** The size of its memory; 0 where there are no exports. */
  readonly memoryBytes: number;
  /** How many promises it has still to settle. */
  readonly callsInFlight: number;
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
  /** Whether no frame of the instance is left on the stack. */
  readonly quiescent: boolean;
  /** Whether it has torn the executor: it left a poll, and no JavaScript in between could catch it. */
  readonly tornPoll: boolean;
  readonly instance: InstanceView;
  /**
   * Says that the instance can't be trusted, as soon as that is known and before anybody looks closer: looking may run the program's code, such
   * as its `Error.prepareStackTrace`, and that is let in no more. Whatever is decided then, it isn't kept.
   */
  condemn(): void;
}

/**
 * A feature, as a handful of small hooks. They are composed once, when the first instance is made, into plain functions:
 * a hook that no plugin has costs nothing on a call, and each is called without `this`.
 */
export interface Plugin {
  readonly name: string;
  /** The package that the plugin comes from, where a crate is matched with it: a module with another version of the crate is refused. */
  readonly package?: MatchedPackage;
  /**
   * The instance's exports are there; nothing of it has run. Throwing refuses the module. Not called again where another WebAssembly instance takes
   * over the state of this one: {@link InstanceView.exports} gives the other's from then on.
   */
  readonly instantiated?: (instance: InstanceView) => void;
  /**
   * JavaScript enters an idle instance: a turn begins. A turn is one call of the user's, however often that enters: of a function, a method, a
   * closure, a finalizer or the executor of futures. What this throws is logged, as of {@link committed}.
   */
  readonly entered?: (instance: InstanceView, entrypoint: string) => void;
  /** The turn is over and the instance goes on, also after a panic that was caught and an error that Rust threw on purpose. It is quiescent. */
  readonly committed?: (instance: InstanceView) => void;
  /**
   * The event loop is about to poll tasks, or to tell Rust that a promise is settled: the first turn of that runs in `run`. The plugin calls it
   * once, synchronously, within whatever it likes. Where it doesn't call it, that is done after it; what it throws by itself is logged, and what `run`
   * has thrown goes on to where it would go without.
   */
  readonly polls?: (instance: InstanceView, run: () => void) => void;
  /**
   * An import throws into Rust's panic hook. Unless Rust catches that, the panic ends by it, which is known only when something has left the
   * instance: by then destructors may have written over what Rust has in memory of the panic. Its own stack pointer is where the hook is.
   * @param suspected whether something has left frames of the instance before, with others further out: those may have been the panic's own
   */
  readonly leavesHook?: (instance: InstanceView, error: unknown, suspected: boolean) => void;
  /**
   * Whether something that left an export by throwing says that the instance can't be trusted. All plugins are asked before {@link threw} of any: then the
   * instance is condemned ({@link Thrown.condemn}), whichever plugin comes first, and what that calls of the module is refused. Runs nothing of the program's.
   * Where it throws, the instance is taken for lost.
   */
  readonly condemns?: (thrown: Thrown) => boolean;
  /**
   * What left an export by throwing. The first plugin that answers decides; undefined: an ordinary JavaScript error. Where one throws, the instance
   * is taken for lost.
   */
  readonly threw?: (thrown: Thrown) => Failure | undefined;
  /**
   * What to do after a failure. The first plugin that answers decides; an instance that was condemned, or whose executor is torn, isn't kept. `rollback`
   * is `fresh` where the turn can't be undone.
   */
  readonly failed?: (instance: InstanceView, failure: Failure) => Recovery | undefined;
  /**
   * An abort has cost the instance: nothing of it runs any more, and its exports can be read for the last time. Every plugin hears of it,
   * before the program does. What it throws can't break recovery. After a full stack it comes late, where there is room for it.
   */
  readonly lost?: (instance: InstanceView, report: CrashReport) => void;
  /**
   * A turn has failed, and is about to be undone: the instance's exports can still be read as the failure has left them. As {@link lost} otherwise;
   * the instance goes on.
   */
  readonly undone?: (instance: InstanceView, report: CrashReport) => void;
}

/** {@link Plugin}s made one. */
export interface Hooks {
  /** Those that {@link Plugin.package} names. */
  readonly packages: readonly MatchedPackage[];
  readonly instantiated: ((instance: InstanceView) => void) | undefined;
  readonly entered: ((instance: InstanceView, entrypoint: string) => void) | undefined;
  readonly committed: ((instance: InstanceView) => void) | undefined;
  readonly polls: ((instance: InstanceView, run: () => void) => void) | undefined;
  readonly leavesHook: ((instance: InstanceView, error: unknown, suspected: boolean) => void) | undefined;
  /** Whether one of them condemns the instance. */
  readonly condemns: (thrown: Thrown) => boolean;
  readonly threw: (thrown: Thrown) => Failure | undefined;
  /** Undefined: no plugin answers. */
  readonly failed: (instance: InstanceView, failure: Failure) => Recovery | undefined;
  readonly lost: ((instance: InstanceView, report: CrashReport) => void) | undefined;
  readonly undone: ((instance: InstanceView, report: CrashReport) => void) | undefined;
}

/** Makes one set of hooks from many plugins, in their order. */
export function composePlugins(plugins: readonly Plugin[]): Hooks {
  const condemns = present(plugins.map((plugin) => plugin.condemns));
  const threw = present(plugins.map((plugin) => plugin.threw));
  const failed = present(plugins.map(orNothing));
  return {
    packages: present(plugins.map((plugin) => plugin.package)),
    instantiated: sequence(present(plugins.map((plugin) => plugin.instantiated))),
    entered: sequence(present(plugins.map(({ name, entered }) => harmless(name, entered)))),
    committed: sequence(present(plugins.map(({ name, committed }) => harmless(name, committed)))),
    polls: nested(present(plugins.map(({ name, polls }) => harmless(name, polls)))),
    leavesHook: sequence(present(plugins.map(({ name, leavesHook }) => harmless(name, leavesHook)))),
    condemns: (thrown) => condemns.some((hook) => hook(thrown)),
    threw: (thrown) => first(threw, (hook) => hook(thrown)),
    failed: (instance, failure) => first(failed, (hook) => hook(instance, failure)),
    lost: sequence(present(plugins.map(({ name, lost }) => harmless(name, lost)))),
    undone: sequence(present(plugins.map(({ name, undone }) => harmless(name, undone)))),
  };
}

/** A plugin's `failed`, as if it had not answered where it throws or gives what is no recovery. */
function orNothing({ name, failed }: Plugin): Plugin['failed'] {
  if (failed === undefined) return undefined;
  return (instance, failure) => {
    try {
      const answer = failed(instance, failure);
      if (answer === undefined || answer === 'keep' || answer === 'rollback' || answer === 'fresh' || answer === 'retire') return answer;
      complain(`the plugin ${name} wants a recovery that there is not`, answer);
      return undefined;
    } catch (error) {
      // Where there is no stack, that is what matters.
      if (!hasStackRoom()) throw error;
      complain(`the plugin ${name} threw`, error);
      return undefined;
    }
  };
}

/** A hook that can break nothing of what comes after it: a caller has to get its result, and those in flight have still to be told. */
function harmless<A extends unknown[]>(name: string, hook: ((...args: A) => void) | undefined): ((...args: A) => void) | undefined {
  if (hook === undefined) return undefined;
  return (...args) => {
    try {
      hook(...args);
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

/** The first one outermost. */
function nested(hooks: readonly NonNullable<Plugin['polls']>[]): Plugin['polls'] {
  return hooks.reduceRight<Plugin['polls']>(
    (inner, hook) => (inner === undefined ? hook : (instance, run) => hook(instance, () => inner(instance, run))),
    undefined,
  );
}

function first<H, R>(hooks: readonly H[], ask: (hook: H) => R | undefined): R | undefined {
  for (const hook of hooks) {
    const answer = ask(hook);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
