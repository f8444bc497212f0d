import { isReviveError } from './errors.js';
import type { PromiseExecutor } from './scope.js';

/**
 * The promises that an instance has to settle. Each is rejected when the instance is lost, so that nobody waits for the dead.
 * They are caught where Rust makes them (js-sys `Promise::new`, on which wasm-bindgen-futures' `future_to_promise` stands),
 * so their identity is what the program expects and a synchronous call pays nothing.
 */
export class InFlight {
  readonly #rejects = new Map<(reason: unknown) => void, Promise<unknown>>();

  get size(): number {
    return this.#rejects.size;
  }

  /** `new Promise(executor)`, remembered until it is resolved or rejected. */
  promise<T>(executor: PromiseExecutor<T>): Promise<T> {
    let settle: { resolve: (value: T | PromiseLike<T>) => void; reject: (reason: unknown) => void } | undefined;
    const promise = new Promise<T>((resolve, reject) => {
      settle = { resolve, reject };
    });
    const { resolve, reject } = settle as NonNullable<typeof settle>;
    this.#rejects.set(reject, promise);
    try {
      executor(
        (value) => {
          this.#rejects.delete(reject);
          resolve(value);
        },
        (reason) => {
          this.#rejects.delete(reject);
          if (isReviveError(reason)) markHandled(promise);
          reject(reason);
        },
      );
    } catch (error) {
      // As `new Promise` has it: an executor that throws rejects.
      this.#rejects.delete(reject);
      reject(error);
    }
    return promise;
  }

  /** Rejects all of them, each with its own error. Returns how many there were. */
  rejectAll(reason: () => unknown): number {
    const lost = [...this.#rejects];
    this.#rejects.clear();
    for (const [reject, promise] of lost) {
      markHandled(promise);
      reject(reason());
    }
    return lost.length;
  }
}

/** A rejection that nobody awaits must not end the process: it has been reported already. Whoever does await it still gets it. */
export function markHandled(promise: unknown): void {
  if (promise instanceof Promise) promise.catch(() => {});
}
