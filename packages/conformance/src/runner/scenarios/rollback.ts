/** What packages do that were transformed with `--recovery rollback`: run only on those, by name. */
import { codeOf } from '../checks.ts';
import { fitsSchema } from '../report-schema.ts';
import { deferred, until, Watched } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

const KINDS = ['abort', 'oom', 'stack-overflow', 'shadow-stack-overflow', 'out-of-bounds', 'indirect-call', 'arithmetic'] as const;

/** How often each of them. */
const ROUNDS = 5;

export const ROLLBACK: readonly Scenario[] = [
  {
    id: 'nothing is left of a call that failed, and everything else goes on',
    invariants: ['I1', 'I2', 'I3', 'I4', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { failures, stop } = listen(ground);
      const gate = deferred<string>();
      const pending = new Watched(ns.wait_for(gate.promise));
      const [counter, eater, ticker, adder] = [new ns.Counter(5), new ns.Counter(1), new ns.Ticker(0), ns.length_adder()];
      const { tick } = ticker;
      adder('four');
      ns.remember('key', 'value');
      const started = ns.__revive.generation;
      for (let round = 1; round <= ROUNDS * KINDS.length; round++) {
        const kind = KINDS[round % KINDS.length] ?? 'abort';
        const food = new ns.Counter(2);
        let made: { get(): number } | undefined;
        const error = thrownBy(() =>
          ns.nested(() => {
            made = new ns.Counter(9);
            eater.eat(food);
            counter.inc();
            ticker.free();
            ns.remember('key', 'x'.repeat(5000));
            ns.fail(kind);
          }),
        );
        checks.equal('I1', `${kind}: the caller is told`, () => codeOf(error), 'REVIVE_ABORT');
        checks.equal('I7', `${kind}: an object that was used`, () => counter.inc(), 5 + round);
        checks.equal('I7', `${kind}: an object that was used up`, () => food.get(), 2);
        checks.equal('I7', `${kind}: a closure whose owner was freed`, () => tick(), round);
        checks.that('I7', `${kind}: the value that Rust has of it`, () => ticker.tick === tick);
        checks.equal('I7', `${kind}: a closure`, () => adder(''), 4);
        checks.equal('I7', `${kind}: what Rust remembers`, () => ns.recall('key'), 'value');
        checks.equal('I4', `${kind}: an object that was made`, () => codeOf(thrownBy(() => made?.get())), 'REVIVE_STALE_HANDLE');
        food.free();
      }
      checks.equal('I7', 'the same instance serves', () => ns.__revive.generation, started);
      checks.equal('I1', 'each failure was reported, once', () => failures.length, ROUNDS * KINDS.length);
      gate.resolve('settled');
      await runtime.turn();
      checks.equal('I5', 'a promise that was pending all the time', () => pending.value, 'settled');
      checks.that('I1', 'each failure says so', () => failures.every(({ recovery }) => recovery === 'rollback'));
      stop();
    },
  },
  {
    id: 'futures that fail, are run once more and fail again are one failure',
    invariants: ['I1', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { failures, stop } = listen(ground);
      const again: unknown[] = [];
      const off = ns.__revive.on('retried', ({ entrypoint, error }) => again.push(entrypoint, codeOf(error), failures.length));
      for (let round = 1; round <= ROUNDS; round++) {
        ns.add(1, 2);
        const pending = new Watched(ns.wait_for(new Promise(() => {})));
        const { failures: before, recoveries } = ns.__revive.stats;
        ns.spawn_fail('abort', Promise.resolve());
        await until(runtime, () => pending.state !== 'pending');
        checks.equal('I5', 'what was in flight is rejected', () => pending.state, 'rejected');
        checks.equal('I7', 'the next call is served', () => ns.add(1, 2), 3);
        const report = failures.at(-1);
        checks.equal('I1', 'it is reported once', () => failures.length, round);
        checks.equal('I1', 'and counted once', () => ns.__revive.stats.failures - before, 1);
        checks.equal('I1', 'as is what was done', () => ns.__revive.stats.recoveries - recoveries, 1);
        checks.equal('I1', 'by a fresh instance', () => report?.recovery, 'fresh');
        checks.equal('I1', 'the report says what the first time ended in', () => report?.firstAttempt?.cause, report?.failure.cause);
        checks.that('I1', 'as its schema has it', () => fitsSchema(report));
        checks.equal(
          'I1',
          'before the second time there was an event',
          () => again.splice(0).join(),
          `a poll of futures,REVIVE_ABORT,${round - 1}`,
        );
      }
      checks.equal('I5', 'nothing reaches the process', () => runtime.takeUncaught().length, 0);
      off();
      stop();
    },
  },
  {
    id: 'a state that was saved comes back, with what futures have left, closures, data and objects of the host',
    invariants: ['I3', 'I4', 'I5', 'I7'],
    async run({ ns, runtime }, checks) {
      await ns.ready(1);
      const data: Record<string, unknown> = { list: [1, new Map([['key', new Uint8Array([7])]])] };
      data.own = data;
      ns.hold('data', data);
      const known = [globalThis, globalThis.console, Promise, Symbol.iterator, Array.prototype.push, globalThis.fetch];
      ns.hold('known', known);
      const old = ns.held_adder();
      old(2);
      ns.remember('key', 'saved');
      const bytes = ns.__revive.checkpoint();
      ns.remember('key', 'later');
      for (let round = 1; round <= ROUNDS; round++) {
        ns.__revive.restore(bytes);
        const adder = ns.held_adder();
        checks.equal('I7', 'what Rust remembers', () => ns.recall('key'), 'saved');
        checks.equal('I7', 'a closure of Rust, with what it has captured', () => adder(round), 2 + round);
        checks.that('I7', 'the value that Rust has of it', () => ns.held_adder() === adder);
        const [held, ofHost] = [ns.held('data') as typeof data, ns.held('known') as typeof known];
        checks.that('I7', 'data is a copy that leads back to itself', () => held !== data && held.own === held);
        checks.equal('I7', 'what is in it', () => (held.list as [number, Map<string, Uint8Array>])[1].get('key')?.[0], 7);
        checks.that('I7', 'objects of the host', () => known.every((value, nth) => ofHost[nth] === value));
        checks.equal('I7', 'a call that fails is undone', () => codeOf(thrownBy(() => ns.fail('abort'))), 'REVIVE_ABORT');
        const two = new Watched(ns.ready(1));
        await runtime.turn();
        checks.equal('I5', 'a future that was made in the restored state', () => two.value, 2);
      }
      await runtime.turn();
      checks.equal('I4', 'a closure of the instance before', () => old(1), undefined);
    },
  },
];
