import { isReviveError } from './errors.js';
import { whenSettled } from './intrinsics.js';
import type { PromiseExecutor } from './scope.js';

/**
 * The promises that an instance has to settle. Each is rejected when the instance is lost, so that nobody waits for the dead.
 * They are caught where Rust makes them (js-sys `Promise::new`, on which wasm-bindgen-futures' `future_to_promise` stands),
 * so their identity is what the program expects and a synchronous call pays nothing.
 */
export class InFlight {
  readonly #owed = new Set<Owed>();

  get size(): number {
    return this.#owed.size;
  }

  /** `new Promise(executor)`, remembered until it is resolved or rejected. */
  promise<T>(executor: PromiseExecutor<T>): Promise<T> {
    let made: Settler<T> | undefined;
    const promise = new Promise<T>((resolve, reject) => {
      made = { resolve, reject };
    });
    const settler = made as NonNullable<typeof made>;
    const { reject } = settler;
    // Note: Workers with an old compatibility date have neither weak references nor finalizers.
    const owed: Owed = { promise, reject, settler: typeof WeakRef === 'function' ? new WeakRef(settler) : undefined, watched: false };
    this.#owed.add(owed);
    try {
      executor(
        (value) => {
          this.#owed.delete(owed);
          settler.resolve(value);
        },
        (reason) => {
          this.#owed.delete(owed);
          if (isReviveError(reason)) markHandled(promise);
          settler.reject(reason);
        },
      );
    } catch (error) {
      // As `new Promise` has it: an executor that throws rejects.
      this.#owed.delete(owed);
      reject(error);
    }
    return promise;
  }

  /** Rejects all of them, each with its own error. Returns how many there were. */
  rejectAll(reason: () => unknown): number {
    const lost = [...this.#owed];
    this.#owed.clear();
    for (const { promise, reject } of lost) {
      markHandled(promise);
      reject(reason());
    }
    return lost.length;
  }

  /**
   * A panic has unwound, and with what it dropped may have gone what was to settle one of them, such as a closure that had `resolve` in it.
   * Those whose `resolve` and `reject` are garbage nobody can settle any more: they are rejected, each with its own error.
   */
  rejectAbandoned(reason: () => unknown): void {
    for (const owed of this.#owed) {
      if (owed.watched || owed.settler === undefined) continue;
      owed.watched = true;
      const abandoned = (): void => {
        if (!this.#owed.delete(owed)) return;
        markHandled(owed.promise);
        owed.reject(reason());
      };
      const settler = owed.settler.deref();
      if (settler === undefined) abandoned();
      else whenGarbage().register(settler, abandoned);
    }
  }
}

/** What is behind the two functions that Rust is given: alive as long as it keeps one of them. */
interface Settler<T> {
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason: unknown) => void;
}

/** A promise that has not been settled yet. */
interface Owed {
  readonly promise: Promise<unknown>;
  readonly reject: (reason: unknown) => void;
  readonly settler: WeakRef<object> | undefined;
  /** Whether somebody waits for the settler to become garbage. */
  watched: boolean;
}

let registry: FinalizationRegistry<() => void> | undefined;

/** One for all, which never becomes garbage: see `SharedRegistry`. */
function whenGarbage(): FinalizationRegistry<() => void> {
  registry ??= new FinalizationRegistry((run) => run());
  return registry;
}

/** A rejection that nobody awaits must not end the process: it has been reported already. Whoever does await it still gets it. */
export function markHandled(promise: unknown): void {
  try {
    whenSettled(promise as Promise<unknown>, undefined, () => {});
  } catch {
    // No promise.
  }
}
