/** Handles that the garbage collector takes, of the instance that serves and of one that is lost. */
import { show } from '../checks.ts';
import { until } from '../runtime.ts';
import { collect, type Scenario, thrownBy } from './scenario.ts';

export const FINALIZERS: readonly Scenario[] = [
  {
    id: 'finalizers of a lost instance',
    invariants: ['I3', 'I4', 'I5'],
    needsGc: true,
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
    id: 'finalizers of the instance that serves',
    invariants: ['I6'],
    needsGc: true,
    async run(ground, checks) {
      const { ns, probe } = ground;
      thrownBy(() => ns.fail('abort'));
      ns.add(1, 2);
      await collect(ground);
      (() => {
        for (let n = 0; n < 100; n++) new ns.Counter(n);
      })();
      const made = probe.entries();
      // V8 cleans up one registry a task, and those of the rows before may be waiting.
      let turns = 0;
      await until(
        ground.runtime,
        () => {
          if (turns++ % 20 === 0) ground.runtime.gc?.();
          return probe.entries() - made >= 100;
        },
        2_000,
      );
      checks.that('I6', 'free what nobody holds any more', () => probe.entries() - made >= 100 || `${probe.entries() - made} of 100`);
    },
  },
];
