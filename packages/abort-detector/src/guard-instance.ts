import {
  type AbortCause,
  type CrashReport,
  describeFailure,
  type GuardActions,
  hasStackRoom,
  type ModuleFacts,
  ReviveError,
  RuntimeGuards,
  readFunctionTypes,
  realTrap,
  writeReport,
} from '@wasm-revive/kernel';
import { abortOf } from './abort-of.js';
import { isAbort, isStackExhausted } from './cause.js';

/** Options of {@link guardInstance}. */
export interface GuardInstanceOptions {
  /** What reports call the module. Default: `module`. */
  readonly name?: string;
  /**
   * The module's bytes, of which the types of its functions are read. With them an object that is given for a number is converted before the guard looks
   * at the instance, which the object's `valueOf` may cost.
   */
  readonly bytes?: BufferSource;
  /** Told once, when the instance aborts. What it throws is thrown in place of the abort. */
  readonly onAbort?: (report: CrashReport) => void;
}

/** What {@link guardInstance} gives, for one instance. */
export interface InstanceGuard {
  /** In place of the imports that the instance is made with. */
  imports(imports: WebAssembly.Imports): WebAssembly.Imports;
  /** In place of `instance.exports`. */
  exports<E extends WebAssembly.Exports>(exports: E): E;
  /** Why the instance aborted; undefined while it is well. */
  readonly aborted: AbortCause | undefined;
}

/**
 * Guards any instance, whoever made its JavaScript: after an abort none of its exports is entered again, and with its imports guarded, too, no
 * frame of it that is still on the stack runs on. The call that aborts throws `REVIVE_ABORT` with a report, every later one
 * `REVIVE_INSTANCE_LOST`, both with the trap as `cause`.
 *
 * Where the imports aren't guarded, JavaScript that is called by Rust and swallows a nested abort returns into the dead instance, and a trap of
 * another module that passes through counts as this one's. Without `bytes`, an object whose `valueOf` costs the instance while it becomes an
 * argument does enter it; the call throws `REVIVE_ABORT` all the same, and its frames reach no import.
 *
 * Made at run time, for code that isn't transformed; the transform emits its guards as text, which costs less on a call.
 */
export function guardInstance({ name = 'module', bytes, onAbort }: GuardInstanceOptions = {}): InstanceGuard {
  const began = performance.now();
  // Whether it catches panics isn't known, and rare in a module whose panics nobody here catches.
  const module: ModuleFacts = { name };
  let loss: { readonly cause: AbortCause; readonly error: ReviveError; readonly trap: unknown } | undefined;
  // Asked anew after every call, in which it may have happened.
  const lostTo = (): typeof loss => loss;
  /** What an import threw last. */
  let crossed: { readonly error: unknown } | undefined;

  /** The instance's exports, once they are there. */
  let guarded: WebAssembly.Exports | undefined;

  function abort(trap: Error, entrypoint: string): ReviveError {
    const exports = guarded ?? {};
    const failure = abortOf(trap, { exports, module, panicking: undefined });
    const { memory } = exports;
    const instance = {
      module,
      owner: { redact: undefined },
      generation: 1,
      exports,
      memoryBytes: memory instanceof WebAssembly.Memory ? memory.buffer.byteLength : 0,
      uptimeMs: performance.now() - began,
    };
    const report = writeReport(failure, instance, { entrypoint, recovery: 'retire', callsLost: 0, panic: undefined });
    const error = new ReviveError('REVIVE_ABORT', describeFailure(report.failure, entrypoint), { cause: trap, report });
    loss = { cause: failure.cause, error, trap };
    onAbort?.(report);
    return error;
  }

  const actions: GuardActions = {
    enter(entrypoint) {
      const before = lostTo();
      if (before === undefined) return true;
      throw new ReviveError('REVIVE_INSTANCE_LOST', `${entrypoint} was called on an instance that has aborted (${before.cause}).`, {
        cause: before.trap,
        report: before.error.report,
      });
    },
    left() {
      // While it ran, the instance was lost: what frames of that give is nobody's result.
      const lost = lostTo();
      if (lost !== undefined) throw lost.error;
    },
    threw(error, entrypoint) {
      // A nested entry may have noticed first.
      const nested = lostTo();
      if (nested !== undefined) return nested.error;
      const isForeign = crossed !== undefined && Object.is(crossed.error, error);
      crossed = undefined;
      // A trap of another module is not ours, nor a stack that JavaScript filled by itself: that has room again here.
      if (!isAbort(error) || (isForeign && (!isStackExhausted(error) || hasStackRoom()))) return error;
      return abort(error, entrypoint);
    },
    calls() {
      if (lostTo() !== undefined) throw trapForFrames();
    },
    crossed(error) {
      crossed = { error };
      return lostTo() === undefined ? error : trapForFrames();
    },
    returned() {
      if (lostTo() !== undefined) throw trapForFrames();
    },
  };
  const guards = new RuntimeGuards(actions, bytes && readFunctionTypes(bytes));

  /** While JavaScript ran, the instance was lost: its frames must not run on, nor their landing pads. */
  function trapForFrames(): unknown {
    const trap = lostTo()?.trap;
    return trap instanceof WebAssembly.RuntimeError ? trap : (realTrap() ?? trap);
  }

  return {
    imports: (imports) => guards.imports(imports),
    exports<E extends WebAssembly.Exports>(exports: E): E {
      guarded = exports;
      return guards.exports(exports);
    },
    get aborted() {
      return loss?.cause;
    },
  };
}
