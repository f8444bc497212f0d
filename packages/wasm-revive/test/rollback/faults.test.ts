/**
 * Turns on published crates, which fail at a chosen store, call or import, or by a panic or an exception that unwinds them from there: wherever it is,
 * nothing of the turn is left, and the same turn gives the same afterwards as on an instance that never failed. A panic may be kept, too. SEED and PATH_ repeat random ones.
 */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Panic, removeFolders } from '../fixtures.js';
import {
  everyPlace,
  Failing,
  type FailingModule,
  failingModule,
  isPanic,
  NAMES,
  PANICS,
  type Place,
  placesOf,
  type Turn,
  WORKLOADS,
} from './workloads.js';

/** How many turns go well before the one that is to fail at all its places. */
const TURNS_BEFORE = 3;

/** So many stores it has at most: the first turns make what a workload keeps, and have millions. */
const MOST_STORES = 12_000;

const failing = new Map<Panic, FailingModule>();
/** Turns that were failed by these tests. */
let faults = 0;
/** Stack traces of traps that are expected take most of the time. */
const { stackTraceLimit } = Error;

beforeAll(() => {
  for (const panic of PANICS) failing.set(panic, failingModule(panic));
  Error.stackTraceLimit = 0;
}, 120_000);

afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
  removeFolders();
});

function instanceOf(panic: Panic): Failing {
  return new Failing(failing.get(panic) as FailingModule);
}

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

/** The other encoding of what is thrown is left to random turns. */
const SWEEPS = NAMES.flatMap((of) => (['abort', 'unwind'] as const).map((panic) => [of, panic] as const));

describe('I7: a turn that fails leaves nothing, wherever it fails', () => {
  it.each(SWEEPS)('%s, panic=%s', { timeout: 120_000 }, (of, panic) => {
    const [instance, wellInstance] = [instanceOf(panic), instanceOf(panic)];
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

/** How many panics of a workload are kept. */
const KEPT = 12;

describe('I7: a panic that is kept', () => {
  it.each(NAMES)('leaves %s an instance whose turns are undone', (of) => {
    const instance = instanceOf('unwind');
    let panics = 0;
    for (let seed = 0; panics < KEPT; seed++) {
      const turn: Turn = { of, seed, size: WORKLOADS[of] };
      const counts = instance.count(turn);
      instance.rollBack();
      const k = 1 + ((seed * 7919) % (counts.panics as number));
      // What is half done stays so, and may be what the next turn panics at by itself.
      expect(instance.fail(turn, 'panics', k)).toBe(true);
      instance.commit();
      panics++;
      const [before, next] = [instance.image(), { ...turn, seed: seed + 1000 }];
      for (const place of ['stores', 'calls', 'panics'] as const) {
        for (const at of [1, 3, 20, 100]) {
          try {
            if (instance.fail(next, place, at)) faults++;
          } catch (error) {
            if (!isPanic(error)) throw error;
          }
          instance.rollBack();
          expect(instance.changeSince(before)).toBeUndefined();
        }
      }
    }
  });
});

const turns = fc.array(
  fc.record({
    turn: fc.record({ of: fc.constantFrom(...NAMES), seed: fc.nat(1_000_000), size: fc.integer({ min: 1, max: 3 }) }),
    // Where it is to fail: how far into the turn, of 1.
    failures: fc.array(fc.tuple(fc.nat(99), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), {
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
      fc.property(fc.constantFrom(...PANICS), turns, (panic, all) => {
        const [instance, wellInstance] = [instanceOf(panic), instanceOf(panic)];
        const kinds = placesOf(panic);
        for (const { turn, failures } of all) {
          const expected = wellInstance.run(turn);
          wellInstance.commit();
          const counts = instance.count(turn);
          instance.rollBack();
          const places = failures.flatMap(([which, at]) => {
            const place = kinds[which % kinds.length] as Place;
            const count = counts[place] ?? 0;
            return count > 0 ? [[place, 1 + Math.floor(at * count)] as const] : [];
          });
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
