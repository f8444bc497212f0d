import { createRandom, type Random } from '../random.ts';

/** How many Durable Objects count. */
export const OBJECTS = 8;

/** Where a request goes: to one of the objects, or to the Worker itself, which serves without one. */
export type Place = 'worker' | number;

/** A way to make Rust fail. */
export type PoisonKind = 'panic' | 'abort' | 'memory' | 'stack';

/** What each is called for people. */
export const POISONS: Readonly<Record<PoisonKind, string>> = {
  panic: 'panic',
  abort: 'abort',
  memory: 'out of memory',
  stack: 'stack overflow',
};

export const POISON_KINDS: readonly PoisonKind[] = Object.keys(POISONS) as PoisonKind[];

/** A request. A good one waits, and then counts where it goes to an object; with `poison` it fails after it has waited. */
export interface WorkerRequest {
  readonly place: Place;
  readonly waitMs: number;
  readonly poison?: PoisonKind | undefined;
}

/** Its path: what `crates/worker-fixture` does, one step a segment. */
export function pathOf({ place, waitMs, poison }: WorkerRequest): string {
  const waits = waitMs > 0 ? `wait-${waitMs}/` : '';
  return place === 'worker' ? `/task/${waits}${poison ?? 'wait-0'}` : `/kept/${place}/${waits}${poison ?? 'inc'}`;
}

/** Every place. */
export const PLACES: readonly Place[] = ['worker', ...Array.from({ length: OBJECTS }, (_, object) => object)];

/** Makes requests without an end, the same ones for the same seed. */
export class RequestMaker {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = createRandom(seed);
  }

  /** @param poisonShare how many of them are poison, from 0 to 1 */
  next(poisonShare: number): WorkerRequest {
    const random = this.#random;
    const poison = random.chance(poisonShare) ? random.pick(POISON_KINDS as [PoisonKind, ...PoisonKind[]]) : undefined;
    const place = random.chance(0.7) ? random.between(0, OBJECTS - 1) : 'worker';
    // A third are slow, so that others fail while they are in flight.
    const waitMs = random.chance(0.35) ? random.between(50, 300) : random.between(0, 2);
    return { place, waitMs: poison === undefined ? waitMs : 1, poison };
  }

  /** One that is asked for. @param place any object, where it isn't said */
  poison(kind: PoisonKind, place: Place | undefined): WorkerRequest {
    return { place: place ?? this.#random.between(0, OBJECTS - 1), waitMs: 1, poison: kind };
  }
}
