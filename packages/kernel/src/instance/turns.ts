import type { TurnState } from '../contract/contract.js';
import { apply, assign } from '../program/intrinsics.js';

/** What hears of turns. */
export interface TurnHooks {
  /** A turn begins: an idle instance is entered. Undefined: nobody wants to hear of that, and generated code tells of turns that end alone. */
  readonly entered?: ((entrypoint: string) => void) | undefined;
  /** The call whose turn it is gives its result: what is done now is part of the turn. */
  readonly returns?: (result: unknown, entrypoint: string) => void;
  /** The turn is over: nothing of it is on the stack any more, and the glue's own `finally` blocks have run. */
  readonly ended: () => void;
}

/**
 * The turns of an instance, where a plugin wants to hear of them, or they can be undone. A turn is one call of the user's: what a function of the
 * façade, a method, a closure, a finalizer or the executor does from its first entry to its last, in one synchronous go. What enters without any
 * of those, through the raw exports, is a turn of its own.
 */
export class Turns {
  /** What generated code knows of them, too. */
  readonly state: TurnState = { isCalled: false, hasChanged: true, hasReached: false };
  readonly #hooks: TurnHooks;
  /** What the outermost call of the user's is called, where somebody hears of it. */
  #name: string | undefined;
  /** Whether a turn has begun that somebody has heard of. */
  #isOpen = false;

  constructor(hooks: TurnHooks) {
    this.#hooks = hooks;
  }

  /** Whether somebody hears of turns that begin. */
  get areHeard(): boolean {
    return this.#hooks.entered !== undefined;
  }

  /** Makes a function one call of the user's. */
  call<A extends unknown[], R>(name: string, run: (...args: A) => R): (...args: A) => R {
    const turns = this;
    const { state } = turns;
    return function (this: unknown, ...args) {
      // Within another turn, it belongs to that.
      if (state.isCalled || turns.#isOpen) return apply(run, this, args);
      state.isCalled = true;
      turns.#name = name;
      try {
        const result = apply(run, this, args);
        turns.returns(result, name);
        return result;
      } finally {
        state.isCalled = false;
        turns.#name = undefined;
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
    this.#hooks.entered?.(this.#name ?? entry);
  }

  /** The call whose turn it is gives its result. @param name of the call */
  returns(result: unknown, name: string): void {
    this.#hooks.returns?.(result, name);
  }

  /** Whether nothing of a turn is on the stack. Note: where the stack was full, nobody may have said that a turn has ended. */
  get areIdle(): boolean {
    return !this.state.isCalled;
  }

  /** No frame of the instance is left on the stack. */
  left(): void {
    if (!this.state.isCalled) this.#end();
  }

  #end(): void {
    if (this.areHeard && !this.#isOpen) return;
    this.#isOpen = false;
    this.#hooks.ended();
  }
}
