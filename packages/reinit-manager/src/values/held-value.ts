import { ReviveError } from '@wasm-revive/kernel';

/** Why a value is disposed of: it was lost, or it was well. */
export type DisposeReason = 'lost' | 'recycled' | 'evicted' | 'reset' | 'disposed';

/** What a {@link HeldValue} needs of the seat around it. */
export interface HeldSurroundings<T> {
  isFatal(error: unknown, value: T): boolean;
  /** It was lost. @param callsLost how many other calls were in flight */
  lost(held: HeldValue<T>, error: unknown, callsLost: number): void;
  /** A call has ended well, or with an error that is none of the value's. */
  served(held: HeldValue<T>): void;
  /** To be called once, when it is not needed any more. */
  dispose(value: T, reason: DisposeReason): void;
}

/** A call that has not settled. */
interface Pending {
  readonly idempotent: boolean;
  reject(error: ReviveError): void;
}

/** One value that was made, and the calls that are in flight on it. */
export class HeldValue<T> {
  readonly value: T;
  readonly generation: number;
  readonly madeAt: number;
  uses = 0;
  readonly #around: HeldSurroundings<T>;
  readonly #pending = new Set<Pending>();
  /** How many calls are on the stack. */
  #running = 0;
  #ended: { readonly reason: DisposeReason; readonly error: unknown } | undefined;
  #whenIdle: (() => void)[] = [];
  /** The calls that it was lost through. */
  readonly #culprits = new WeakSet<object>();

  constructor(value: T, generation: number, madeAt: number, around: HeldSurroundings<T>) {
    this.value = value;
    this.generation = generation;
    this.madeAt = madeAt;
    this.#around = around;
  }

  /** Whether it serves no more. */
  get isGone(): boolean {
    return this.#ended !== undefined;
  }

  get callsInFlight(): number {
    return this.#pending.size;
  }

  /** Whether it was lost through this call, which `run` was given. */
  isLostThrough(call: object): boolean {
    return this.#culprits.has(call);
  }

  /**
   * Calls a function of the program's with it. A promise that the function gives is rejected as soon as the value is lost through another call.
   * @param call stands for the call, see {@link isLostThrough}
   */
  run<R>(fn: (value: T) => R, idempotent: boolean, call: object = {}): R {
    this.uses++;
    this.#running++;
    let result: R;
    try {
      result = fn(this.value);
    } catch (error) {
      this.#running--;
      this.#threw(error, call);
      throw error;
    }
    this.#running--;
    if (isThenable(result)) return this.#follow(result, idempotent, call) as R;
    // A nested call has lost it, and the function has swallowed that: what it gives can't be believed.
    if (this.#ended?.reason === 'lost') throw this.lostError(idempotent);
    this.#served();
    return result;
  }

  #follow(promise: PromiseLike<unknown>, idempotent: boolean, call: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const pending: Pending = { idempotent, reject };
      // Lost, or ended, while it ran.
      if (this.#ended !== undefined) reject(this.lostError(idempotent));
      else this.#pending.add(pending);
      promise.then(
        (value) => {
          if (!this.#pending.delete(pending)) return;
          resolve(value);
          this.#served();
        },
        (error: unknown) => {
          const wasPending = this.#pending.delete(pending);
          if (wasPending) reject(error);
          this.#threw(error, call);
        },
      );
    });
  }

  #threw(error: unknown, call: object): void {
    // What it throws when it is gone already is a consequence, and was told.
    if (this.#ended !== undefined || !this.#around.isFatal(error, this.value)) {
      if (this.#ended === undefined) this.#served();
      else this.#settle();
      return;
    }
    this.#culprits.add(call);
    const callsLost = this.#pending.size;
    this.#reject('lost', error);
    // Before it is disposed of: what that runs of the program may want another one.
    this.#around.lost(this, error, callsLost);
    this.#around.dispose(this.value, 'lost');
  }

  #served(): void {
    if (this.#ended === undefined) this.#around.served(this);
    this.#settle();
  }

  /** Ends it now: calls in flight are rejected. Nothing the second time. */
  end(reason: DisposeReason, error: unknown): void {
    if (this.#ended !== undefined) return;
    this.#reject(reason, error);
    this.#around.dispose(this.value, reason);
  }

  #reject(reason: DisposeReason, error: unknown): void {
    this.#ended = { reason, error };
    for (const { reject, idempotent } of this.#pending) reject(this.lostError(idempotent));
    this.#pending.clear();
    this.#settle();
  }

  /** Runs something as soon as no call is in flight. */
  whenIdle(then: () => void): void {
    this.#whenIdle.push(then);
    this.#settle();
  }

  #settle(): void {
    if (this.#pending.size > 0 || this.#running > 0) return;
    for (const then of this.#whenIdle.splice(0)) then();
  }

  lostError(retryable: boolean): ReviveError {
    const { reason, error } = this.#ended ?? { reason: 'lost', error: undefined };
    const why = reason === 'lost' ? 'was lost through another call' : `was ${reason === 'reset' ? 'replaced by a reset' : reason}`;
    return new ReviveError('REVIVE_INSTANCE_LOST', `This call was in flight on generation ${this.generation}, which ${why}.`, {
      cause: error,
      retryable,
    });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
