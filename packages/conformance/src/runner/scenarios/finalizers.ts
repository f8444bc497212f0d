/** Handles that the garbage collector takes, of the instance that serves and of one that is lost. */
import { type Checks, show } from '../checks.ts';
import type { Fixtures } from '../fixtures.ts';
import type { Ground } from '../row.ts';
import { until } from '../runtime.ts';
import { collect, type Scenario, thrownBy } from './scenario.ts';

export const FINALIZERS: readonly Scenario[] = [
  {
    id: 'finalizers of a lost instance',
    invariants: ['I3', 'I4', 'I5'],
    isLong: true,
    needs: ['gc'],
    async run(ground, checks) {
      const { ns, probe } = ground;
      (() => {
        for (let n = 0; n < 100; n++) {
          new ns.Counter(n);
          ns.length_adder();
        }
        thrownBy(() => ns.fail('abort'));
      })();
      const live = Array.from({ length: 100 }, (_, n) => new ns.Counter(n));
      const entered = probe.entries();
      await collect(ground);
      checks.equal('I4', 'enter no instance', () => probe.entries(), entered);
      checks.that(
        'I4',
        'leave the handles of the next one alone',
        () => live.every((counter, n) => counter.get() === n) || show(live.map((counter) => counter.get())),
      );
      for (const counter of live) counter.free();
    },
  },
  {
    id: 'an instance that is lost with finalizers due',
    invariants: ['I6'],
    isLong: true,
    needs: ['gc'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      await collect(ground);
      // V8 has handles to clean up for, and before it does the instance goes, and all that was its own.
      abandon(ns, 100);
      runtime.gc?.();
      thrownBy(() => ns.fail('abort'));
      ns.add(1, 2);
      // Microtasks only: a turn of the event loop would clean up.
      for (let n = 0; n < 10; n++) await undefined;
      for (let n = 0; n < 3; n++) runtime.gc?.();
      await runtime.turn();
      await checkFreed(ground, checks);
    },
  },
  {
    id: 'finalizers of the instance that serves',
    invariants: ['I6'],
    isLong: true,
    needs: ['gc'],
    async run(ground, checks) {
      const { ns } = ground;
      thrownBy(() => ns.fail('abort'));
      ns.add(1, 2);
      await collect(ground);
      await checkFreed(ground, checks);
    },
  },
];

/** Makes handles that nobody holds. */
function abandon(ns: Fixtures, count: number): void {
  for (let n = 0; n < count; n++) new ns.Counter(n);
}

async function checkFreed({ ns, probe, runtime }: Ground, checks: Checks): Promise<void> {
  abandon(ns, 100);
  const made = probe.entries();
  let turns = 0;
  await until(
    runtime,
    () => {
      if (turns++ % 10 === 0) runtime.gc?.();
      return probe.entries() - made >= 100;
    },
    500,
  );
  checks.that('I6', 'what nobody holds any more is freed', () => probe.entries() - made >= 100 || `${probe.entries() - made} of 100`);
}
