import { inMicrotask } from '@wasm-revive/kernel';
import type { Emitter } from '../events.js';
import type { Place } from '../place/place.js';
import type { Slot } from '../place/slot.js';
import type { Sibling } from './sibling.js';

const MIB = 2 ** 20;

/** What a {@link MemoryBudget} needs of the module around it. */
export interface BudgetSurroundings {
  readonly emitter: Emitter;
  /** See `ReviveOptions.memoryBudgetMiB`. */
  limitMiB(): number | undefined;
  places(): readonly Place[];
  /** The keyed instances that there are. */
  seated(): Iterable<Sibling>;
  /** Whether an idle instance may go. */
  maySpare(sibling: Sibling): boolean;
  /** Ends the instance of one until somebody calls it, and says why. */
  giveUp(sibling: Sibling, reason: string): void;
}

/**
 * Keeps the memories of a module's instances under a limit: by ending keyed instances that have nothing to do, the one that was used longest ago
 * first, then those that were made ahead. What is in use is never ended, nor the keyed instance that was used last, which would be the next to be
 * made again.
 */
export class MemoryBudget {
  readonly #around: BudgetSurroundings;
  /** Of each place, when it was used last, and the memory of its instance by then. */
  readonly #used = new WeakMap<Place, { readonly nth: number; readonly bytes: number }>();
  #uses = 0;
  #isDue = false;
  /** Whether nothing was left to be given up when somebody looked last. */
  #isOver = false;

  constructor(around: BudgetSurroundings) {
    this.#around = around;
  }

  /** What all instances take together, in bytes. */
  get bytes(): number {
    return this.#around.places().reduce((sum, { slot }) => sum + bytesOf(slot), 0);
  }

  /** How many bytes may be made ahead for a slot. */
  roomAhead(slot: Slot): number {
    const { limit } = this;
    return limit === undefined ? Number.POSITIVE_INFINITY : limit - this.bytes + slot.reserveBytes;
  }

  /** The limit, in bytes. */
  get limit(): number | undefined {
    const limit = this.#around.limitMiB();
    return limit === undefined ? undefined : limit * MIB;
  }

  /** A turn of a place's instance is over. */
  turnEnded(place: Place): void {
    const bytes = place.slot.current?.memoryBytes ?? 0;
    const before = this.#used.get(place)?.bytes;
    this.#used.set(place, { nth: ++this.#uses, bytes });
    // While there is too much, whatever has come to an end may be what can be given up.
    if (bytes !== before || this.#isOver) this.look();
  }

  /** There is another instance, one has grown, or the limit is another: looks at all of them, off the stack of whoever called. */
  look(): void {
    if (this.#isDue || this.limit === undefined) return;
    this.#isDue = true;
    inMicrotask(() => {
      this.#isDue = false;
      this.#enforce();
    });
  }

  #enforce(): void {
    const { limit } = this;
    if (limit === undefined) return;
    for (const sibling of this.bytes > limit ? this.#idle() : []) {
      // What listeners have called meanwhile is in use.
      if (this.bytes <= limit) break;
      if (this.#maySpare(sibling)) this.#giveUp(sibling, limit);
    }
    for (const { slot } of this.#around.places()) {
      const { reserveBytes } = slot;
      if (reserveBytes === 0 || this.bytes <= limit) continue;
      slot.dropReserve();
      this.#tell({ givenUp: 'standby', freed: reserveBytes }, limit);
    }
    const wasOver = this.#isOver;
    this.#isOver = this.bytes > limit;
    if (this.#isOver && !wasOver) this.#tell({ givenUp: 'nothing', freed: 0 }, limit);
  }

  #giveUp(sibling: Sibling, limit: number): void {
    const freed = bytesOf(sibling.slot);
    this.#around.giveUp(
      sibling,
      `${sibling.name} was idle, and the module's instances took more than ${limit / MIB} MiB (memoryBudgetMiB).`,
    );
    const { key } = sibling;
    this.#tell({ givenUp: 'instance', freed, ...(key !== undefined && { instance: key }) }, limit);
  }

  #tell(what: { givenUp: 'instance' | 'standby' | 'nothing'; freed: number; instance?: string }, limit: number): void {
    const event = { ...what, bytes: this.bytes, limit };
    this.#around.emitter.emit('overBudget', () => event);
  }

  #maySpare(sibling: Sibling): boolean {
    return sibling.hasNothingToDo && this.#around.maySpare(sibling);
  }

  /** Keyed instances that have nothing to do, but for the one that was used last; the one that was used longest ago first. */
  #idle(): Sibling[] {
    const nth = (sibling: Sibling): number => this.#used.get(sibling)?.nth ?? 0;
    const all = [...this.#around.seated()].filter(({ slot }) => slot.current !== undefined).sort((a, b) => nth(a) - nth(b));
    return all.slice(0, -1).filter((sibling) => this.#maySpare(sibling));
  }
}

function bytesOf({ instances, reserveBytes }: Slot): number {
  return instances.reduce((sum, { memoryBytes }) => sum + memoryBytes, reserveBytes);
}
