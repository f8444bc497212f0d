import { randomOf } from '../../../scripts/lib/random.mjs';

/** Numbers that look random and are the same for the same seed, so that every variant gets the same requests. */
export interface Random {
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  /** True with this probability (0 to 1). */
  chance(probability: number): boolean;
  /** One of the items. */
  pick<T>(items: readonly [T, ...T[]]): T;
}

/** The numbers of a seed. */
export function createRandom(seed: number): Random {
  const next = randomOf(seed);
  return {
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
  };
}
