import { type Instance, type Live, lookAt, type ReviveError, type SiblingFacade } from '@wasm-revive/kernel';
import { Place, type Shared } from './place.js';
import { siblingExports } from './sibling-exports.js';

/** In place of what binds a scope while nobody serves. Note: with the same fields in the same order as that, so that V8 sees one shape. */
export const NOBODY: Live['raw'] = { state: undefined, api: undefined, binding: undefined } as never;

/** What a {@link Sibling} needs of those around it. */
export interface SiblingSurroundings {
  /** Whether the module has been initialised. */
  isReady(): boolean;
  /** The error of a call that comes before that. */
  notReady(): ReviveError;
  /** Gives it a seat among those that have an instance. Throws `REVIVE_TOO_MANY_INSTANCES`. */
  seat(): void;
}

/** Where the instances of a key serve. */
export class Sibling extends Place {
  /** Where the façade's functions for it go. */
  readonly live: Live;
  readonly exports: object;
  readonly #seat: () => void;
  /** Whether it was called since somebody looked whether it is idle; that empties {@link live}, so that the next call is known. */
  #wasCalled = true;
  #idleSince = 0;

  constructor(shared: Shared, facade: SiblingFacade, key: unknown, { isReady, notReady, seat }: SiblingSurroundings) {
    const live: Live = { raw: NOBODY, base: 0 };
    super(shared, {
      key: textOf(key),
      advice: 'It is not tried again by itself: evict its key after the reason is gone.',
      keepsReserve: false,
      space: () => shared.module.keyedSpaces.next(),
      sendTo(instance) {
        live.raw = instance?.scope.raw ?? NOBODY;
        live.base = instance?.base ?? 0;
      },
      claim: () => false,
      isReady,
      notReady,
    });
    this.live = live;
    this.#seat = seat;
    const application = { control: { reset: () => this.slot.reset() }, wake: () => this.serving().scope.api };
    this.exports = siblingExports(facade, facade.exportsFor(live, application));
  }

  /** The instance that serves, for somebody who calls it. */
  serving(): Instance {
    this.#seat();
    this.#wasCalled = true;
    const instance = this.slot.instance();
    // It may have been evicted while it was made.
    this.#seat();
    return instance;
  }

  /** Whether nobody has called it for so long, and it has nothing to do. To be asked again and again. */
  isIdle(ms: number): boolean {
    const { current } = this.slot;
    const time = performance.now();
    if (this.#wasCalled || (current !== undefined && isBusy(current))) {
      this.#wasCalled = false;
      this.#idleSince = time;
      if (current !== undefined) this.slot.suspect(current);
      return false;
    }
    return time - this.#idleSince >= ms;
  }
}

/** Whether it owes promises, has listeners or timers, or frames of it are on the stack. */
function isBusy({ callsInFlight, registrations, scope }: Instance): boolean {
  return callsInFlight > 0 || registrations.areAny || !scope.isQuiescent();
}

/** A key in messages and reports: a text as it is, anything else as JavaScript writes it. */
function textOf(key: unknown): string {
  return typeof key === 'string' ? key : lookAt(() => String(key), `(${typeof key})`);
}
