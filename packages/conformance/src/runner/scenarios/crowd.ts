/** Many calls at once, and failures in the middle of them. */
import { codeOf, show } from '../checks.ts';
import { type Deferred, deferred, until, Watched } from '../runtime.ts';
import { type Scenario, thrownBy } from './scenario.ts';

export const CROWD: readonly Scenario[] = [
  {
    id: '25 calls in flight and one abort',
    invariants: ['I2', 'I5', 'I6'],
    async run({ ns, runtime }, checks) {
      const gates = Array.from({ length: 25 }, () => deferred<number>());
      const calls = gates.map(({ promise }) => new Watched(ns.wait_for(promise)));
      await runtime.turn();
      checks.equal('I6', 'all are counted', () => ns.__revive.stats.inFlight, 25);
      thrownBy(() => ns.fail('abort'));
      await until(runtime, () => calls.every(({ state }) => state !== 'pending'), 3);
      checks.that('I5', 'all settle within three turns of the event loop', () => states(calls) === '25 rejected' || states(calls));
      checks.that('I2', 'each is told REVIVE_INSTANCE_LOST', () => calls.every(({ value }) => codeOf(value) === 'REVIVE_INSTANCE_LOST'));
      checks.that('I2', 'each has an error of its own', () => new Set(calls.map(({ value }) => value)).size === 25);
      checks.equal('I6', 'none is left', () => ns.__revive.stats.inFlight, 0);
      for (const [n, { resolve }] of gates.entries()) resolve(n);
    },
  },
  {
    id: 'tasks woken together, one of which aborts',
    invariants: ['I2', 'I3', 'I5'],
    async run({ ns, runtime }, checks) {
      const gate = deferred<void>();
      let after = 0;
      const before = new Watched(ns.wait_for(gate.promise));
      const failing = new Watched(ns.fail_later_poll('abort', gate.promise));
      const next = new Watched(
        ns.wait_often(() => {
          after++;
          return gate.promise;
        }, 3),
      );
      await runtime.turn();
      const started = after;
      gate.resolve();
      await until(runtime, () => [before, failing, next].every(({ state }) => state !== 'pending'));
      // The first was polled before the abort, in the same microtask: it had its result.
      checks.that('I2', 'the one polled before has its result', () => before.state === 'resolved' || show(before.value));
      checks.that(
        'I5',
        'the one that aborts is told',
        () => /^REVIVE_(?:ABORT|INSTANCE_LOST)$/.test(String(codeOf(failing.value))) || show(failing),
      );
      checks.that('I5', 'the one after it is told', () => codeOf(next.value) === 'REVIVE_INSTANCE_LOST' || show(next));
      checks.equal('I3', 'and is not polled any more', () => after, started);
    },
  },
  {
    id: 'tasks woken together, one of which panics',
    invariants: ['I2', 'I5'],
    async run({ ns, panic, runtime }, checks) {
      const gate = deferred<string>();
      const others: Watched[] = [];
      const other = (): void => void others.push(new Watched(ns.wait_for(gate.promise)));
      other();
      const failing = new Watched(ns.fail_later_poll('panic-message', gate.promise));
      other();
      ns.spawn_fail('panic-index', gate.promise);
      other();
      await runtime.turn();
      gate.resolve('opened');
      await until(runtime, () => [...others, failing].every(({ state }) => state !== 'pending'));
      if (panic === 'unwind') {
        checks.that(
          'I2',
          'the others have their results',
          () => states(others) === '3 resolved' || `${states(others)} ${show(others.map(({ value }) => String(value)))}`,
        );
        checks.that('I5', 'the one that panics is told', () => codeOf(failing.value) === 'REVIVE_PANIC' || show(failing));
      } else {
        checks.that('I5', 'all are told', () => [...others, failing].every(({ state }) => state !== 'pending'));
      }
    },
  },
  {
    id: 'failures one after the other, each with calls in flight',
    invariants: ['I2', 'I5', 'I6'],
    async run({ ns, runtime }, checks) {
      const { __revive: control } = ns;
      const generation = control.generation;
      const calls: Watched[] = [];
      const gates: Deferred<void>[] = [];
      for (let n = 0; n < 20; n++) {
        const gate = deferred<void>();
        gates.push(gate);
        calls.push(new Watched(ns.wait_for(gate.promise)), new Watched(ns.promise_of(gate.promise)));
        thrownBy(() => ns.fail('abort'));
      }
      await until(runtime, () => calls.every(({ state }) => state !== 'pending'));
      checks.equal('I5', 'every call is told', () => states(calls), '40 rejected');
      checks.equal('I2', 'one generation a failure', () => control.generation, generation + 20);
      for (const gate of gates) gate.resolve();
      await runtime.turn();
      checks.equal('I6', 'none is left in flight', () => control.stats.inFlight, 0);
      checks.equal('I2', 'the next call is served', () => ns.bump(), 101);
    },
  },
];

function states(calls: readonly Watched[]): string {
  const counts = new Map<string, number>();
  for (const { state } of calls) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
}
