/**
 * Turns on published crates, which fail at a chosen store, call or import: wherever it is, nothing of the turn is left, and the same turn
 * gives the same afterwards as on an instance that never failed. SEED and PATH_ repeat random ones.
 */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolders } from '../fixtures.js';
import { Failing, type FailingModule, failingModule, NAMES, PLACES, type Place, type Turn, WORKLOADS } from './workloads.js';

/** How many turns go well before the one that is to fail at all its places. */
const TURNS_BEFORE = 3;

/** So many stores it has at most: the first turns make what a workload keeps, and have millions. */
const MOST_STORES = 12_000;

let failing: FailingModule;
/** Turns that were failed by these tests. */
let faults = 0;
/** Stack traces of traps that are expected take most of the time. */
const { stackTraceLimit } = Error;

beforeAll(() => {
  failing = failingModule();
  Error.stackTraceLimit = 0;
}, 120_000);

afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
  removeFolders();
});

/** Fails a turn at some places, then runs it to its end. Gives what was wrong. */
function failAt(instance: Failing, turn: Turn, expected: number, places: Iterable<readonly [Place, number]>): string | undefined {
  const before = instance.image();
  // Whatever is wrong at one place would be wrong at all others behind it.
  for (const [place, k] of places) {
    const hasFailed = instance.fail(turn, place, k);
    instance.rollBack();
    if (hasFailed) faults++;
    else if (!instance.hasGrownSince(before)) return `there is no ${k}th of the ${place}`;
    const change = instance.changeSince(before);
    if (change !== undefined) return `after a failure at the ${k}th of the ${place}: ${change}`;
    const result = instance.run(turn);
    instance.rollBack();
    if (result !== expected) return `after a failure at the ${k}th of the ${place}, the turn gives ${result}, not ${expected}`;
  }
  const change = instance.changeSince(before);
  return change === undefined ? undefined : `after a whole turn: ${change}`;
}

function* everyPlace(counts: Record<Place, number>): Iterable<readonly [Place, number]> {
  for (const place of PLACES) for (let k = 1; k <= counts[place]; k++) yield [place, k];
}

describe('I7: a turn that fails leaves nothing, wherever it fails', () => {
  it.each(NAMES)('%s', { timeout: 120_000 }, (of) => {
    const [instance, wellInstance] = [new Failing(failing), new Failing(failing)];
    let isSwept = false;
    for (let seed = 0; !isSwept; seed++) {
      const turn: Turn = { of, seed, size: WORKLOADS[of] };
      const expected = wellInstance.run(turn);
      wellInstance.commit();
      const counts = instance.count(turn);
      instance.rollBack();
      if (seed >= TURNS_BEFORE && counts.stores <= MOST_STORES) {
        expect(failAt(instance, turn, expected, everyPlace(counts))).toBeUndefined();
        isSwept = true;
      }
      expect(instance.run(turn)).toBe(expected);
      instance.commit();
    }
  });
});

const turns = fc.array(
  fc.record({
    turn: fc.record({ of: fc.constantFrom(...NAMES), seed: fc.nat(1_000_000), size: fc.integer({ min: 1, max: 3 }) }),
    // Where it is to fail: how far into the turn, of 1.
    failures: fc.array(fc.tuple(fc.constantFrom(...PLACES), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), {
      maxLength: 40,
      size: 'max',
    }),
  }),
  { minLength: 1, maxLength: 30, size: 'max' },
);

describe('random turns that fail at random places', () => {
  const { SEED = process.env.CONFORMANCE_SEED, PATH_, WASM_REVIVE_SOAK: minutes, RUNS = '60' } = process.env;
  it('I7: leave nothing', { timeout: 240_000 + Number(minutes ?? 0) * 60_000 }, () => {
    fc.assert(
      fc.property(turns, (all) => {
        const [instance, wellInstance] = [new Failing(failing), new Failing(failing)];
        for (const { turn, failures } of all) {
          const expected = wellInstance.run(turn);
          wellInstance.commit();
          const counts = instance.count(turn);
          instance.rollBack();
          const places = failures
            .filter(([place]) => counts[place] > 0)
            .map(([place, at]) => [place, 1 + Math.floor(at * counts[place])] as const);
          const wrong = failAt(instance, turn, expected, places);
          if (wrong !== undefined) throw new Error(`${inspect(turn)}: ${wrong}`);
          expect(instance.run(turn)).toBe(expected);
          instance.commit();
        }
      }),
      {
        numRuns: minutes === undefined ? Number(RUNS) : 2 ** 31,
        ...(minutes !== undefined && { interruptAfterTimeLimit: Number(minutes) * 60_000 }),
        ...(SEED !== undefined && { seed: Number(SEED) }),
        ...(PATH_ !== undefined && { path: PATH_ }),
        reporter: (run) => {
          if (!run.failed) return;
          throw new Error(`SEED=${run.seed} PATH_=${run.counterexamplePath}: ${inspect(run.counterexample, { depth: 6 })}`, {
            cause: run.errorInstance,
          });
        },
      },
    );
  });
});

it('that was 50,000 failures at least', () => {
  console.log(`${faults.toLocaleString('en')} failures`);
  expect(faults).toBeGreaterThan(50_000);
});
