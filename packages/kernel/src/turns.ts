import { apply, assign } from './intrinsics.js';

/** What a turn's plugins hear. */
export interface TurnHooks {
  /** A turn begins: an idle instance is entered. */
  readonly entered: (entrypoint: string) => void;
  /** The call whose turn it is gives its result: what is done now is part of the turn. */
  readonly returns: (result: unknown) => void;
  /** The turn is over: nothing of it is on the stack any more, and the glue's own `finally` blocks have run. */
  readonly ended: () => void;
}

/**
 * The turns of an instance, where a plugin wants to hear of them. A turn is one call of the user's: what a function of the façade, a method, a
 * closure, a finalizer or the executor does from its first entry to its last, in one synchronous go. What enters without any of those, through
 * the raw exports, is a turn of its own.
 */
export class Turns {
  readonly #hooks: TurnHooks;
  /** The outermost call of the user's that is running, by its name. */
  #call: string | undefined;
  /** Whether it has entered the instance. */
  #isOpen = false;

  constructor(hooks: TurnHooks) {
    this.#hooks = hooks;
  }

  /** Makes a function one call of the user's. */
  call<A extends unknown[], R>(name: string, run: (...args: A) => R): (...args: A) => R {
    const turns = this;
    return function (this: unknown, ...args) {
      // Within another turn, it belongs to that.
      if (turns.#call !== undefined || turns.#isOpen) return apply(run, this, args);
      turns.#call = name;
      try {
        const result = apply(run, this, args);
        turns.#hooks.returns(result);
        return result;
      } finally {
        turns.#call = undefined;
        turns.#end();
      }
    };
  }

  /** The same for a closure of Rust, with what the glue has put on it. */
  closure<F>(closure: F): F {
    return assign(this.call('a closure', closure as () => unknown), closure) as F;
  }

  /** No frame of the instance was on the stack, and one is about to be. @param entry the name of the export, for what no call of the user's is */
  entered(entry: string): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#hooks.entered(this.#call ?? entry);
  }

  /** The call whose turn it is, by its name. */
  get name(): string | undefined {
    return this.#call;
  }

  /** Whether nothing of a turn is on the stack. Note: where the stack was full, nobody may have said that a turn has ended. */
  get areIdle(): boolean {
    return this.#call === undefined;
  }

  /** No frame of the instance is left on the stack. */
  left(): void {
    if (this.#call === undefined) this.#end();
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#hooks.ended();
  }
}
