import type { Api, Instance, Live } from '@wasm-revive/kernel';
import type { Place } from '../place/place.js';
import { type Call, Calls } from './calls.js';

const NO_CALLS: readonly Call[] = [];

/** A place to which calls of the module's own exports may go. */
export class Seat {
  readonly place: Place;
  /** Where a façade for that place alone would go. */
  readonly live: Live;
  readonly #serving: () => Instance;
  /** The instance that was called last, and its functions. */
  #instance: Instance | undefined;
  #api: Api | undefined;
  #calls: readonly Call[] = NO_CALLS;

  /** @param serving gives the instance that serves there, for somebody who calls it; makes one where there is none */
  constructor(place: Place, live: Live, serving: () => Instance) {
    this.place = place;
    this.live = live;
    this.#serving = serving;
  }

  /** The instance that serves, if one does. */
  get current(): Instance | undefined {
    const { api } = this.live.raw;
    if (api !== undefined && api === this.#api) return this.#instance;
    const { current } = this.place.slot;
    if (current === undefined) this.#forget();
    return current;
  }

  /** Of an instance that is gone, nothing is kept. */
  #forget(): void {
    this.#instance = undefined;
    this.#api = undefined;
    this.#calls = NO_CALLS;
  }

  /** The functions of the instance that serves. Throws what a call gets where none can be had. */
  calls(): readonly Call[] {
    const { api } = this.live.raw;
    return api !== undefined && api === this.#api ? this.#calls : this.#otherCalls();
  }

  #otherCalls(): readonly Call[] {
    const instance = this.#serving();
    const { api } = instance.scope;
    if (api !== this.#api) this.#calls = Calls.of(api);
    this.#api = api;
    this.#instance = instance;
    return this.#calls;
  }
}
