import type { ReviveError } from '@wasm-revive/kernel';

/** A promise for those who wait until an instance serves. */
export class Ready {
  #waiting: { readonly promise: Promise<void>; readonly resolve: () => void; readonly reject: (error: ReviveError) => void } | undefined;

  /** @param isThere whether an instance serves already */
  promise(isThere: boolean): Promise<void> {
    if (isThere) return Promise.resolve();
    if (this.#waiting !== undefined) return this.#waiting.promise;
    let settle: [resolve: () => void, reject: (error: ReviveError) => void] | undefined;
    const promise = new Promise<void>((...both) => {
      settle = both;
    });
    // Nobody has to wait for it.
    promise.catch(() => {});
    const [resolve, reject] = settle as unknown as [() => void, (error: ReviveError) => void];
    this.#waiting = { promise, resolve, reject };
    return promise;
  }

  /** An instance serves. */
  serves(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** None will, unless somebody calls again. */
  fails(error: ReviveError): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

/** A promise that nobody has to handle. */
export function refused(error: ReviveError): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => {});
  return promise;
}
