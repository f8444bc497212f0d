/** The promises that Rust has to settle, and those that it was given to handle. */
import { codeOf, show } from '../checks.ts';
import { deferred, until, Watched } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

/** The ways in which Rust makes a promise to settle it by hand, as far as the engine has them. */
function ways(): string[] {
  return ['new', 'construct', ...('withResolvers' in Promise ? ['with-resolvers'] : [])];
}

export const OWED: readonly Scenario[] = [
  {
    id: 'promises that Rust makes in any way, and an abort',
    invariants: ['I2', 'I5', 'I6'],
    async run({ ns, runtime }, checks) {
      for (const way of ways()) {
        const paid = new Watched(ns.owe(way));
        ns.pay('paid');
        await until(runtime, () => paid.state !== 'pending');
        checks.equal('I2', `${way}: Rust settles it`, () => paid.value, 'paid');
        const promise = ns.owe(way);
        checks.that('I2', `${way}: it is a promise as any other`, () => promise instanceof Promise && promise.constructor === Promise);
        const pending = new Watched(promise);
        checks.equal('I6', `${way}: it is counted`, () => ns.__revive.stats.inFlight, 1);
        thrownBy(() => ns.fail('abort'));
        await until(runtime, () => pending.state !== 'pending', 3);
        checks.equal('I5', `${way}: it is rejected when the instance is lost`, () => codeOf(pending.value), 'REVIVE_INSTANCE_LOST');
      }
      checks.equal('I5', 'nothing reaches the process', () => runtime.takeUncaught().length, 0);
    },
  },
  {
    id: 'a panic that drops what was to settle a promise, in a task',
    invariants: ['I1', 'I2', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, panic, runtime } = ground;
      const { generation } = ns.__revive;
      const { failures, stop } = listen(ground);
      const waits = deferred<string>();
      const bystander = new Watched(ns.promise_of(waits.promise));
      const failing = new Watched(ns.ready_then_fails('panic-message'));
      await until(runtime, () => failing.state !== 'pending', 3);
      checks.equal('I5', 'a future whose destructor panics has its promise rejected at once', () => failing.state, 'rejected');
      if (panic === 'abort' && failures.at(-1)?.recovery === 'fresh') {
        checks.equal('I2', 'and so has any other', () => codeOf(bystander.value), 'REVIVE_INSTANCE_LOST');
        return stop();
      }
      const [code, told] = panic === 'abort' ? ['REVIVE_ABORT', 'as an abort'] : ['REVIVE_PANIC', 'as a panic'];
      checks.equal('I1', told, () => codeOf(failing.value), code);
      checks.that('I1', 'in its words', () => String(failing.value).includes('the message of panic-message') || show(failing.value));
      for (const way of panic === 'abort' ? [] : ways()) {
        const owed = new Watched(ns.owe(way));
        ns.fail_owing_later('panic-message', Promise.resolve());
        await until(runtime, () => owed.state !== 'pending', 3);
        checks.equal('I5', `${way}: what a task drops as it panics is rejected at once`, () => codeOf(owed.value), 'REVIVE_PANIC');
      }
      checks.equal('I2', 'another call goes on', () => bystander.state, 'pending');
      waits.resolve('done');
      await until(runtime, () => bystander.state !== 'pending');
      checks.equal('I2', 'and has its result', () => bystander.value, 'done');
      checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
      checks.equal('I5', 'nothing reaches the process', () => runtime.takeUncaught().length, 0);
      stop();
    },
  },
  {
    id: 'a panic drops what was to settle a promise, in a call',
    invariants: ['I2', 'I5'],
    needs: ['unwind'],
    async run({ ns, runtime }, checks) {
      const kept = new Watched(ns.owe('new'));
      const dropped = new Watched(ns.owe('new'));
      thrownBy(() => ns.fail_owing('panic-message'));
      await until(runtime, () => dropped.state !== 'pending', 3);
      // Only the crate says when Rust begins to panic. Without it the collector has to find out.
      const told = ns.fail_marked === undefined ? undefined : 'REVIVE_PANIC';
      checks.equal('I5', 'it is rejected at once, with the crate', () => codeOf(dropped.value), told);
      checks.equal('I2', 'another promise isn\u2019t', () => kept.state, 'pending');
      ns.pay('paid');
      await until(runtime, () => kept.state !== 'pending');
      checks.equal('I2', 'and resolves', () => kept.value, 'paid');
    },
  },
  {
    id: 'promises whose functions JavaScript has, and panics',
    invariants: ['I2', 'I5'],
    needs: ['unwind'],
    async run({ ns, runtime }, checks) {
      const resolves: ((value: unknown) => void)[] = [];
      const promises: Watched[] = [];
      const owe = (way: string): void => void promises.push(new Watched(ns.owe(way)));
      const panics: readonly (() => unknown)[] = [
        () => thrownBy(() => ns.fail('panic-message')),
        () => new Watched(ns.fail_first_poll('panic-message')),
        () => new Watched(ns.ready_then_fails('panic-message')),
        () => ns.spawn_fail('panic-message', Promise.resolve()),
      ];
      for (const way of ways()) {
        for (const panicNow of panics) {
          // In the turn in which they were made, and in a later one.
          owe(way);
          ns.hand_over((resolve) => resolves.push(resolve));
          owe(way);
          await runtime.turn();
          ns.hand_over((resolve) => resolves.push(resolve));
          panicNow();
          await runtime.turn();
        }
      }
      const timers = [new Watched(ns.timeout(0)), new Watched(ns.timeout(1))];
      for (const panicNow of panics) panicNow();
      await runtime.turn();
      checks.equal('I2', 'none is rejected', () => promises.filter(({ state }) => state !== 'pending').length, 0);
      for (const resolve of resolves) resolve('by JavaScript');
      await until(runtime, () => promises.every(({ state }) => state !== 'pending'));
      checks.equal('I2', 'all resolve', () => promises.filter(({ value }) => value === 'by JavaScript').length, resolves.length);
      await new Promise((resolve) => setTimeout(resolve, 5));
      checks.equal('I2', 'timers resolve theirs', () => timers.map(({ state }) => state).join(), 'resolved,resolved');
      checks.equal('I5', 'nothing reaches the process', () => runtime.takeUncaught().length, 0);
    },
  },
  {
    id: 'promises that a lost call was given to handle',
    invariants: ['I2', 'I5'],
    async run({ ns, runtime }, checks) {
      const ways: readonly [string, () => unknown][] = [
        ['an abort', () => thrownBy(() => ns.fail('abort'))],
        ['an exhausted stack', () => thrownBy(() => ns.fail('stack-overflow'))],
        ['a reset', () => ns.__revive.reset()],
      ];
      for (const [what, lose] of ways) {
        const gates = Array.from({ length: 3 }, () => deferred<void>());
        const [alone, ...listed] = gates.map(({ promise }) => promise);
        // Neither call is polled before the instance is lost.
        const calls = [new Watched(ns.or_default(alone as Promise<void>)), new Watched(ns.count_resolved(listed))];
        lose();
        for (const { reject } of gates) reject(new Error('connection reset'));
        await until(runtime, () => calls.every(({ state }) => state !== 'pending'), 3);
        await runtime.turn();
        checks.that('I5', `${what}: the calls are rejected`, () => calls.every(({ value }) => codeOf(value) === 'REVIVE_INSTANCE_LOST'));
        checks.equal(
          'I5',
          `${what}: a promise that rejects later does not end the process`,
          () => runtime.takeUncaught().map(String).join(),
          '',
        );
        checks.equal('I2', `${what}: the next call is served`, () => ns.add(1, 2), 3);
      }
      thrownBy(() =>
        ns.handle_result(async () => {
          ns.fail('abort');
        }),
      );
      await runtime.turn();
      checks.equal('I5', 'nor does one that comes when the instance is lost', () => runtime.takeUncaught().map(String).join(), '');
      checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
    },
  },
];
