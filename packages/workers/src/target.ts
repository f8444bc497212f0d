import { isReviveError } from '@wasm-revive/kernel';

type Members = Record<string, unknown>;

/** Runs what enters an object. */
export type Turn = <R>(run: () => R) => R;

/** Runs an event of the object, from its beginning to its end. */
export type AnEvent = <R>(object: object, run: () => R) => R;

/** What an object's constructor is given by workerd. */
interface State {
  readonly blockConcurrencyWhile?: (callback: () => Promise<unknown>) => Promise<unknown>;
}

/**
 * The object of Rust's behind a Durable Object or an entrypoint. Its instance may be lost, or replaced, at any time; then it is constructed anew,
 * from what workerd had given, before the next event reaches it.
 */
export class Target {
  readonly #construct: () => object;
  readonly #turn: Turn;
  readonly #event: AnEvent;
  readonly #state: State;
  #object: Members;
  /** What the constructor has asked to be waited for, where it was run again. */
  #ready: Promise<unknown> | undefined;

  /**
   * @param construct makes the object
   * @param state what workerd gave to its constructor
   * @param turn runs each call that enters the object, the constructor's, too
   * @param event runs each event, which may be over later than the call
   */
  constructor(construct: () => object, state: object, turn: Turn = (run) => run(), event: AnEvent = (_, run) => run()) {
    this.#construct = () => turn(construct);
    this.#turn = turn;
    this.#event = event;
    this.#state = state;
    // In workerd's own constructor the runtime waits by itself.
    this.#object = this.#construct() as Members;
  }

  call(key: string, args: unknown[]): unknown {
    return this.#use((object) => (object[key] as (...args: unknown[]) => unknown)(...args));
  }

  read(key: string): unknown {
    return this.#use((object) => object[key]);
  }

  write(key: string, value: unknown): void {
    this.#use((object) => {
      object[key] = value;
    });
  }

  #use(use: (object: Members) => unknown): unknown {
    if (this.#ready !== undefined) return this.#ready.then(() => this.#use(use));
    const object = this.#object;
    try {
      return this.#event(object, () => this.#turn(() => use(object)));
    } catch (error) {
      // Nothing of the call has run. Code that it ran may have thrown the same error for another object, though.
      if (!isReviveError(error, 'REVIVE_STALE_HANDLE') || !this.#isReplaced(object)) throw error;
    }
    return this.#use(use);
  }

  /** Constructs the object anew, and keeps the new one where the old one belongs to an instance that is gone. */
  #isReplaced(object: Members): boolean {
    if (object !== this.#object) return true;
    const fresh = this.#constructAgain() as Members;
    if (instanceOf(fresh) === instanceOf(object)) return false;
    this.#object = fresh;
    return true;
  }

  /**
   * The events that come while workerd constructs an object wait for what its constructor asks by `blockConcurrencyWhile`. One that is being
   * delivered already doesn't wait by itself.
   */
  #constructAgain(): object {
    const state = this.#state;
    const block = state.blockConcurrencyWhile;
    if (block === undefined) return this.#construct();
    const asked: Promise<unknown>[] = [];
    const value: typeof block = (callback) => {
      // Note: not now. workerd fires timers one by one, and one that is due waits for the gate: with a timer of somebody else's before it, no timer of
      // the callback would ever fire. What the lost instance had is taken back; what is due already fires first.
      const promise = new Promise((resolve) => setTimeout(resolve)).then(() => block.call(state, callback));
      asked.push(promise);
      return promise;
    };
    Object.defineProperty(state, 'blockConcurrencyWhile', { value, configurable: true });
    try {
      return this.#construct();
    } finally {
      Reflect.deleteProperty(state, 'blockConcurrencyWhile');
      if (asked.length > 0) this.#waitFor(asked);
    }
  }

  #waitFor(asked: readonly Promise<unknown>[]): void {
    // Where it fails, workerd ends the object, and the events that wait for it.
    const ready = Promise.all(asked).finally(() => {
      if (this.#ready === ready) this.#ready = undefined;
    });
    ready.catch(() => undefined);
    this.#ready = ready;
  }
}

/** Which instance a handle belongs to: 2³² times that is added to its address. See `handle.ts` of the kernel. */
function instanceOf({ __wbg_ptr: pointer }: Members): number {
  return Math.floor(Number(pointer) / 2 ** 32);
}
