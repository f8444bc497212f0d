/** Many calls at once, and failures in the middle of them. */
import { codeOf, show } from '../checks.ts';
import type { Fixtures, Told } from '../fixtures.ts';
import { type Deferred, deferred, until, Watched } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

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
    id: '2,000 calls in flight and one abort',
    invariants: ['I2', 'I5', 'I6'],
    async run({ ns, runtime }, checks) {
      const gate = deferred<number>();
      const calls = Array.from({ length: 2_000 }, () => new Watched(ns.wait_for(gate.promise)));
      await runtime.turn();
      thrownBy(() => ns.fail('abort'));
      await until(runtime, () => calls.every(({ state }) => state !== 'pending'), 3);
      checks.equal('I5', 'all settle within three turns of the event loop', () => states(calls), '2000 rejected');
      checks.equal('I6', 'none is left', () => ns.__revive.stats.inFlight, 0);
      gate.resolve(1);
      await runtime.turn();
    },
  },
  {
    id: 'a closure that the event loop calls',
    invariants: ['I2', 'I5'],
    async run({ ns, runtime }, checks) {
      const closure = ns.failing_closure();
      const fine = ns.length_adder();
      setTimeout(closure, 0, 'abort');
      setTimeout(fine, 0, 'abc');
      await new Promise((resolve) => setTimeout(resolve, 2));
      await runtime.turn();
      // Whoever gives a function to a timer has its exceptions end where those of any function do.
      const uncaught = runtime.takeUncaught();
      const seen = runtime.seesExceptions ? 'REVIVE_ABORT' : '';
      checks.equal('I5', 'its failure goes where that of any function goes', () => uncaught.map(codeOf).join(), seen);
      checks.equal('I2', 'the next call is served', () => ns.bump(), 101);
      setTimeout(fine, 0, 'abc');
      await new Promise((resolve) => setTimeout(resolve, 2));
      checks.equal('I5', 'a stale one says nothing', () => runtime.takeUncaught().length, 0);
    },
  },
  {
    id: 'an argument that the memory has no room for',
    invariants: ['I1', 'I2'],
    async run({ ns, runtime }, checks) {
      const generation = ns.__revive.generation;
      // The fixtures' memory ends at 64 MiB.
      const error = thrownBy(() => ns.echo('x'.repeat(70 * 1024 * 1024)));
      checks.that('I1', 'the caller is told', () => error instanceof Error || show(error));
      checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
      await runtime.turn();
      const lost = ns.__revive.generation - generation;
      checks.that('I1', 'as running out of memory, if the instance is lost', () => {
        return (
          lost === 0 ||
          (codeOf(error) === 'REVIVE_ABORT' && /out-of-memory|unreachable|abort/.test((error as Told).report?.failure.cause ?? '')) ||
          show(error)
        );
      });
      checks.equal('I2', 'and memory is to be had', () => ns.echo('x'.repeat(1024 * 1024)).length, 1024 * 1024);
    },
  },
  {
    id: 'two packages side by side',
    invariants: ['I2', 'I4'],
    needs: ['another copy'],
    async run({ ns, another, runtime }, checks) {
      const other = (await another?.()) as Fixtures;
      const [mine, theirs] = [new ns.Counter(1), new other.Counter(2)];
      checks.equal(
        'I4',
        'a handle of the other is of another class',
        () => (thrownBy(() => mine.add(theirs)) as Error).message,
        'expected instance of Counter',
      );
      const gate = deferred<string>();
      const watched = new Watched(other.wait_for(gate.promise));
      thrownBy(() => ns.fail('abort'));
      checks.equal('I2', 'an abort of the one leaves the other alone', () => theirs.inc(), 3);
      checks.equal('I2', 'and its generation', () => other.__revive.generation, 1);
      gate.resolve('opened');
      await until(runtime, () => watched.state !== 'pending');
      checks.equal('I2', 'and its calls', () => watched.value, 'opened');
      const error = thrownBy(() => ns.nested(() => other.fail('abort')));
      checks.that(
        'I2',
        'an abort of the other that passes through the one is no failure of the one',
        () => codeOf(error) === 'REVIVE_ABORT' || show(error),
      );
      checks.equal('I2', 'which is kept', () => ns.bump(), 101);
      checks.equal('I2', 'while the other is made anew', () => other.bump(), 101);
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
    id: 'calls that panic in one turn',
    invariants: ['I1', 'I5'],
    async run(ground, checks) {
      const { ns, panic, runtime } = ground;
      const { failures, stop } = listen(ground);
      // Their first polls come one after the other, in one microtask.
      const kinds = ['panic-message', 'panic-index', 'panic-expect'];
      const calls = kinds.map((kind) => new Watched(ns.fail_first_poll(kind)));
      await until(runtime, () => calls.every(({ state }) => state !== 'pending'));
      checks.equal('I5', 'every call is told', () => states(calls), '3 rejected');
      const messages = failures.map(({ failure }) => failure.panic?.message);
      checks.equal('I1', 'every panic is told once', () => new Set(messages).size, panic === 'unwind' ? 3 : 1);
      checks.equal('I1', 'and nothing twice', () => messages.length, panic === 'unwind' ? 3 : 1);
      const reports = calls.map(({ value }) => (value as { report?: unknown }).report);
      checks.that('I1', 'every error has its report', () => reports.every((report) => report !== undefined));
      if (panic === 'unwind' && ns.fail_marked !== undefined) {
        const lines = failures.map(({ failure }) => failure.panic?.location?.line);
        checks.equal('I1', 'each is told where it was', () => new Set(lines).size, 3);
      }
      stop();
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
