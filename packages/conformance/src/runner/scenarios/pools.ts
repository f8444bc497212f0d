/** Several instances that serve the module's own exports, and calls that are run again: `configure({ pool, retry })`. */
import { deferred, until, Watched } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

const never = (): Promise<never> => new Promise(() => {});

export const POOLS: readonly Scenario[] = [
  {
    id: 'pools',
    invariants: ['I1', 'I2', 'I3', 'I4', 'I5', 'I7', 'I9'],
    async run(ground, checks) {
      const { ns, runtime, panic } = ground;
      const { __revive: control } = ns;
      const { failures, stop } = listen(ground);
      const own = ns.count();
      control.configure({ pool: { max: 3 } });
      ns.bump();
      const first = new ns.Counter(1);
      const wait = (): Watched => new Watched(ns.wait_for(never()));
      const flights = [wait()];
      checks.that('I2', 'a call goes to an instance that owes nothing', () => ns.count() !== own + 1);
      const second = new ns.Counter(10);
      const points = [new ns.Point(3, 4), new ns.Point(3, 4)];
      flights.push(wait(), wait());
      checks.equal('I2', 'where all owe as much, to the first', () => ns.count(), own + 1);
      checks.equal('I4', 'methods find the instance by the object', () => [first.inc(), second.inc()].join(), '2,11');
      checks.equal('I4', 'functions, by objects that they are given', () => ns.sum_points(points), 10);
      checks.throwsCode('I4', 'objects of two instances are refused', () => second.add(first), 'REVIVE_FOREIGN_HANDLE');
      checks.equal(
        'I3',
        'a nested call stays where it is',
        () => {
          let count = 0;
          ns.nested(() => {
            flights.push(wait(), wait());
            count = ns.count();
          });
          return count;
        },
        own + 1,
      );
      checks.equal('I2', 'each owes what it was given', () => control.stats.inFlight, 5);

      // The second owes least, and is lost.
      checks.throwsCode('I1', 'an abort is told', () => ns.fail('abort'), 'REVIVE_ABORT');
      await until(runtime, () => flights[1]?.state !== 'pending', 10);
      checks.equal(
        'I5',
        'what is in flight on that instance is rejected, and nothing else',
        () => flights.map(({ state }) => state).join(),
        'pending,rejected,pending,pending,pending',
      );
      checks.equal('I1', 'the report says which it was', () => failures.map(({ instance }) => instance).join(), 'pool 2');
      checks.throwsCode('I3', 'its objects are stale', () => second.inc(), 'REVIVE_STALE_HANDLE');
      checks.equal('I2', 'those of the others are not', () => [first.inc(), ns.add(1, 2)].join(), '3,3');
      if (panic === 'unwind') {
        const kept = new ns.Counter(5);
        checks.throwsCode('I1', 'a panic is told', () => ns.fail('panic-message'), 'REVIVE_PANIC');
        checks.equal('I7', 'and keeps its instance', () => kept.inc(), 6);
      }

      control.configure({ pool: { max: 3, route: (_, [key]) => (typeof key === 'number' ? key : undefined) } });
      await until(runtime, () => flights[2]?.state !== 'pending', 10);
      checks.equal('I5', 'what is in flight on those that go is rejected', () => flights[2]?.state, 'rejected');
      const keyed = new ns.Counter(7);
      checks.equal(
        'I2',
        'a call goes to the instance of its key',
        () => [ns.add(7, 1), keyed.add(new (control.instance(7).Counter)(1))].join(),
        '8,8',
      );
      checks.equal('I2', 'without a key, to the default instance', () => ns.count(), own + 1);
      ns.add(8, 1);
      checks.throwsCode('I9', 'there are as many as are allowed', () => ns.add(9, 1), 'REVIVE_TOO_MANY_INSTANCES');
      const theirs = new (control.instance(7).Point)(3, 4);
      control.configure({ pool: { max: 2 }, consecutiveFailures: 2 });
      checks.throwsCode('I4', 'without keys, an object of a key is foreign', () => ns.sum_points([theirs]), 'REVIVE_FOREIGN_HANDLE');
      for (const key of [7, 8]) control.evict(key);
      for (let n = 0; n < 4; n++) thrownBy(() => ns.fail('abort'));
      checks.throwsCode('I2', 'where all fail, all breakers open', () => ns.add(1, 2), 'REVIVE_CRASH_LOOP');
      control.configure({ consecutiveFailures: Number.POSITIVE_INFINITY });
      control.reset();

      const retried: string[] = [];
      const stopRetried = control.on('retried', ({ entrypoint, attempt }) => retried.push(`${entrypoint} ${attempt}`));
      control.configure({ pool: undefined, retry: { idempotent: ['wait_for', 'Faller.fail_static', 'nested_catching'], attempts: 3 } });
      const { promise, resolve } = deferred<number>();
      const repeated = new Watched(ns.wait_for(promise));
      const lost = new Watched(ns.promise_of(never()));
      checks.throwsCode('I2', 'a call that fails by itself is run again once', () => ns.Faller.fail_static('abort'), 'REVIVE_ABORT');
      await until(runtime, () => lost.state !== 'pending', 10);
      resolve(1);
      await until(runtime, () => repeated.state !== 'pending', 10);
      checks.equal('I5', 'one in flight gives what the next instance gives', () => [repeated.state, repeated.value].join(), 'resolved,1');
      let runs = 0;
      const once = (): unknown => ++runs === 1 && ns.fail('abort');
      checks.quiet('I1', 'a synchronous one does so in the same call', () => ns.nested_catching(once));
      checks.equal('I1', 'each is told', () => retried.sort().join(), 'Faller.fail_static 1,nested_catching 1,wait_for 1');
      checks.equal('I2', 'and another one is rejected', () => lost.state, 'rejected');
      control.configure({ retry: undefined });
      checks.equal('I2', 'the module’s own exports are served', () => ns.add(1, 2), 3);
      stopRetried();
      stop();
    },
  },
];
