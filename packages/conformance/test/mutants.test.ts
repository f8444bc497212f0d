/** Mutated packages: each is refused in words with its folder unchanged, or accepted and does what it did. `npm run soak` has no end of them. */
import { describe, expect, it } from 'vitest';
import { describeWrong, mutantOrigins, runMutantsOn } from '../src/drive/run-mutants.ts';
import type { Mutant } from '../src/mutants/arbitrary.ts';
import { LIMITS } from '../src/mutants/limits.ts';

// The same each time, so that a change is judged by what it changes. `npm run soak` draws others.
const seed = Number(process.env.CONFORMANCE_SEED ?? 1);
const origins = mutantOrigins();

describe(`mutated packages (seed ${seed}; CONFORMANCE_SEED draws others)`, () => {
  it('are refused in words, or do what they did', async () => {
    const { refused, compared, wrong } = await runMutantsOn({ origins, seed, ms: LIMITS.boundedMs });
    expect(wrong && describeWrong(wrong)).toBeUndefined();
    expect(refused).toBeGreaterThan(0);
    expect(compared).toBeGreaterThan(0);
  });

  it('a trap that ends in a promise which nobody looks at poisons the untransformed package, too', async () => {
    // The executor of futures can't be made: the first exception leaves what starts the executor of futures half made, and every later use of it traps.
    const mutant: Mutant = { origin: 2, mutations: [{ do: 'edit', from: 'Promise.resolve(', to: 'Promise.resolved(' }] };
    const { compared, wrong } = await runMutantsOn({ origins, seed, mutant, ms: LIMITS.boundedMs });
    expect(wrong && describeWrong(wrong)).toBeUndefined();
    expect(compared).toBe(1);
  });

  it('notices an emitter that adds up wrong', async () => {
    const { wrong } = await runMutantsOn({ origins: origins.slice(0, 1), seed, ms: LIMITS.boundedMs, spoilt: true });
    expect(wrong?.what).toMatch(/"integers" gives/);
  });
});
