import type { Api, Instance, Live, Raw } from '@wasm-revive/kernel';
import type { ReviveOptions } from '../control.js';
import type { Place, Shared } from '../place/place.js';
import { NOBODY, type Sibling } from '../siblings/sibling.js';

/** Where calls of the module's own exports go: to the default instance. The façade is told which, and nothing here is on the path of a call. */
export class DirectRouter {
  protected readonly shared: Shared;
  readonly #place: Place;
  /** Where the façade goes without a pool. */
  readonly live: Live = { raw: NOBODY, base: 0 };

  constructor(shared: Shared, place: Place) {
    this.shared = shared;
    this.#place = place;
  }

  /** The default instance's place says whom it sends calls to. */
  sendTo(instance: Instance | undefined): void {
    this.live.raw = instance?.scope.raw ?? NOBODY;
    this.live.base = instance?.base ?? 0;
    this.tell();
  }

  /** Tells the façade. A handle of any instance is sent to the runtime, which finds whose it is. */
  protected tell(): void {
    const { raw, base } = this.live;
    const { description, spaces } = this.shared.module;
    // Once spaces are used again, older handles may have greater pointers.
    description.onCurrent(raw === NOBODY ? undefined : (raw as Raw), spaces.areReused ? Number.POSITIVE_INFINITY : base);
  }

  /** The default instance serves. The façade is told that only when it has served a call. */
  started(): void {}

  /** @param changes those that changed */
  configure(_changes: ReviveOptions): void {}

  /** Whether calls are run again. */
  get repeats(): boolean {
    return false;
  }

  /** The functions of a sibling's façade. */
  apiOf(_sibling: Sibling, { scope }: Instance): Api {
    return scope.api;
  }

  /** Those beside the default instance that serve the module's own exports, whoever has made them. */
  places(): Place[] {
    return [];
  }

  /** How many promises the instances have still to settle that serve the module's own exports. */
  get callsInFlight(): number {
    return this.#place.slot.current?.callsInFlight ?? 0;
  }

  /** The module is reset: with the default instance, all go to which its exports lead. */
  reset(): void {}

  /** Whether an idle instance may go. */
  maySpare(_sibling: Sibling): boolean {
    return true;
  }
}
