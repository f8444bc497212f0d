import type { Api, Instance, Live, ReviveError, SiblingFacade } from '@wasm-revive/kernel';
import type { Clock } from '../clock.js';
import { Place, type Shared } from '../place/place.js';
import { isFree } from '../pool/handles.js';
import { keyText } from './key-text.js';
import { siblingExports } from './sibling-exports.js';

/** In place of what binds a scope while nobody serves. Note: with the same fields in the same order as that, so that V8 sees one shape. */
export const NOBODY: Live['raw'] = { state: undefined, api: undefined, binding: undefined } as never;

/** What a {@link Sibling} needs of those around it. */
export interface SiblingSurroundings {
  /** Whether the module has been initialised. */
  isReady(): boolean;
  /** The error of a call that comes before that. */
  notReady(): ReviveError;
  /** Whether its façade asks for each call: {@link api} says where it goes. */
  asks(): boolean;
  /** The functions that its façade calls. */
  api(sibling: Sibling, serving: Instance): Api;
  /** Gives it a seat among those that have an instance. Throws `REVIVE_TOO_MANY_INSTANCES`. */
  seat(): void;
  /** All of its instances have ended, and nobody has called since. */
  left(): void;
}

/** Where the instances of a key serve. */
export class Sibling extends Place {
  /** Where calls of it go. */
  readonly live: Live;
  /** Where its façade's functions go: to the same, unless they are to ask. */
  readonly #exported: Live;
  readonly #api: SiblingSurroundings['api'];
  #exports: object | undefined;
  readonly #seat: () => void;
  readonly #clock: Clock;
  /** Whether it was called since somebody looked whether it is idle; that empties {@link live}, so that the next call is known. */
  #wasCalled = true;
  #idleSince = 0;

  constructor(shared: Shared, key: unknown, { isReady, notReady, asks, api, seat, left }: SiblingSurroundings) {
    const live: Live = { raw: NOBODY, base: 0 };
    const exported: Live = { raw: NOBODY, base: 0 };
    super(shared, {
      key: keyText(key),
      ownKey: key,
      advice: 'It is not tried again by itself: evict its key after the reason is gone.',
      standsBy: false,
      space: () => shared.module.keyedSpaces.next(),
      sendTo(instance) {
        live.raw = instance?.scope.raw ?? NOBODY;
        live.base = instance?.base ?? 0;
        exported.raw = asks() ? NOBODY : live.raw;
        exported.base = live.base;
      },
      claim: () => false,
      isReady,
      notReady,
      left,
    });
    this.live = live;
    this.#exported = exported;
    this.#api = api;
    this.#seat = seat;
    this.#clock = shared.clock;
  }

  /** What the module exports, for this key. */
  exportsBy(facade: SiblingFacade): object {
    const application = { control: { reset: () => this.slot.reset() }, wake: () => this.#api(this, this.serving()) };
    this.#exports ??= siblingExports(facade, facade.exportsFor(this.#exported, application));
    return this.#exports;
  }

  /** The façade asks next time. */
  ask(): void {
    this.#exported.raw = NOBODY;
  }

  /** Makes an instance before anybody calls. Where there can be none, the call says why. */
  makeAhead(): void {
    if (this.slot.current !== undefined || this.slot.isClosed) return;
    this.#seat();
    try {
      this.slot.recover();
    } catch {
      // See above.
    }
  }

  /** The instance that serves, for somebody who calls it. */
  serving(): Instance {
    this.slot.admit();
    this.#seat();
    this.#wasCalled = true;
    const instance = this.slot.instance();
    // It may have been evicted while it was made.
    this.#seat();
    return instance;
  }

  /** The instance of a handle, for somebody who calls a method of it: see `Slot.holder`. */
  holder(space: number, what: string): Instance | undefined {
    this.#wasCalled = true;
    return this.slot.holder(space, isFree(what));
  }

  /** Whether nothing of it runs or is in flight, nor anything of the host's leads to it. */
  get hasNothingToDo(): boolean {
    const { current, isBusy: isLeaving } = this.slot;
    return current !== undefined && !isLeaving && !isBusy(current);
  }

  /** Whether nobody has called it for so long, and it has nothing to do. To be asked again and again. */
  isIdle(ms: number): boolean {
    const { current } = this.slot;
    const time = this.#clock.now();
    if (this.#wasCalled || this.slot.isBusy || (current !== undefined && isBusy(current))) {
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
