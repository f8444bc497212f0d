/** Instances beside the one that the module's own exports lead to, `__revive.instance(key)`. */
import { show } from '../checks.ts';
import type { Fixtures } from '../fixtures.ts';
import { until, Watched } from '../runtime.ts';
import { collect, listen, type Scenario, thrownBy } from './scenario.ts';

const never = (): Promise<never> => new Promise(() => {});

export const SIBLINGS: readonly Scenario[] = [
  {
    id: 'siblings',
    invariants: ['I1', 'I2', 'I3', 'I4', 'I5', 'I7', 'I9'],
    needs: ["today's wasm-bindgen"],
    async run(ground, checks) {
      const { ns, runtime, panic } = ground;
      const { __revive: control } = ns;
      const { failures, stop } = listen(ground);
      const [a, b] = [control.instance('a'), control.instance('b')];
      const all: readonly Fixtures[] = [a, b, ns];
      const counts = (): string => all.map((one) => one.count()).join();
      const before = counts();
      a.bump();
      checks.that('I7', 'each has a memory of its own', () => counts() !== before && b.count() === before.split(',').map(Number)[1]);
      checks.that('I4', 'the same key gives the same', () => control.instance('a') === a && a !== b);

      const counters = all.map((one) => new one.Counter(1));
      const [mine, theirs, own] = counters as [(typeof counters)[0], (typeof counters)[0], (typeof counters)[0]];
      checks.that('I4', 'the classes are the same', () =>
        counters.every((counter) => counter instanceof ns.Counter && counter instanceof a.Counter),
      );
      checks.equal(
        'I4',
        'methods and accessors find the instance by the handle',
        () => counters.map((one) => one.inc() + one.value).join(),
        '4,4,4',
      );
      checks.equal('I4', 'static methods are the sibling’s', () => a.Counter.of(7).inc(), 8);
      class Twice extends a.Counter {
        override inc(): number {
          return super.inc() * 2;
        }
      }
      checks.equal('I4', 'subclasses too', () => new Twice(1).inc(), 4);
      const made = [b, ns].map((one) => one.Animal.made).join();
      new a.Dog('Rex').free();
      a.Dog.made += 4;
      checks.equal('I4', 'inherited statics too', () => [a.Dog.tally(), a.Animal.made].join(), '5,5');
      checks.equal('I2', 'and of nobody else', () => [b, ns].map((one) => one.Animal.made).join(), made);
      checks.that('I4', 'a base class is the sibling’s', () => Object.getPrototypeOf(a.Dog) === a.Animal);
      Object.assign(Twice, { cache: 1 });
      Object.assign(a.Counter, { extra: 1 });
      checks.equal(
        'I2',
        'what is written on a class stays there',
        () => [Twice, a.Counter, b.Counter, ns.Counter].map((one) => [Object.hasOwn(one, 'cache'), 'extra' in one].join()).join(' '),
        'true,true false,true false,false false,false',
      );
      checks.that(
        'I9',
        'a class is not called without `new`',
        () => thrownBy(() => (a.Counter as unknown as () => void)()) instanceof TypeError,
      );
      const closure = a.length_adder();
      checks.equal('I4', 'a closure is its sibling’s', () => [closure('abc'), closure('ab')].join(), '3,5');
      for (const [name, one, other] of [
        ['of another sibling', mine, theirs],
        ['of the default instance', mine, own],
        ['of a sibling, to the default instance', own, mine],
      ] as const) {
        checks.throwsCode('I4', `an object ${name} is refused`, () => one.add(other), 'REVIVE_FOREIGN_HANDLE');
        checks.throwsCode('I4', `an object ${name} is refused, by value`, () => one.eat(other), 'REVIVE_FOREIGN_HANDLE');
      }
      checks.that('I1', 'by the names of both', () => {
        const text = String(thrownBy(() => mine.add(theirs)));
        return (text.includes('instance "a"') && text.includes('instance "b"')) || text;
      });
      theirs.free();
      checks.equal('I4', 'one that is freed frees nothing of the others', () => [mine.inc(), own.inc()].join(), '3,3');

      const flights = all.map((one) => new Watched(one.wait_for(never())));
      const { recoveries } = control.stats;
      checks.throwsCode('I1', 'an abort is told', () => a.fail('abort'), 'REVIVE_ABORT');
      await until(runtime, () => flights[0]?.state !== 'pending', 10);
      checks.equal(
        'I5',
        'what is in flight on it is rejected, and nothing else',
        () => flights.map(({ state }) => state).join(),
        'rejected,pending,pending',
      );
      checks.equal('I1', 'the report says which it was', () => failures.map(({ instance }) => instance).join(), 'a');
      checks.throwsCode('I3', 'its objects are stale', () => mine.inc(), 'REVIVE_STALE_HANDLE');
      checks.equal('I2', 'those of the others are not', () => own.inc(), 4);
      checks.equal('I7', 'and its state is the initial one, of it alone', counts, before);
      checks.equal('I2', 'it recovers once', () => control.stats.recoveries - recoveries, 1);
      if (panic === 'unwind') {
        const kept = new a.Counter(5);
        checks.throwsCode('I1', 'a panic is told', () => a.fail('panic-message'), 'REVIVE_PANIC');
        checks.equal('I7', 'and keeps it', () => kept.inc(), 6);
      }
      checks.that('I3', 'one is lost below the frames of another, which goes on', () => {
        const caught = ns.catch_from(() => a.fail('abort'));
        return (ns.add(1, 2) === 3 && a.add(1, 2) === 3) || show(caught);
      });
      checks.that('I3', 'and the default instance below those of a sibling', () => {
        b.catch_from(() => ns.fail('abort'));
        return b.add(1, 2) === 3 && ns.add(1, 2) === 3;
      });

      const owed = new Watched(b.wait_for(never()));
      const last = new b.Counter(1);
      checks.equal('I5', 'one is evicted, once', () => [control.evict('b'), control.evict('b')].join(), 'true,false');
      await until(runtime, () => owed.state !== 'pending', 10);
      checks.equal('I5', 'what it owed is rejected', () => owed.state, 'rejected');
      checks.throwsCode('I3', 'its objects are stale, too', () => last.inc(), 'REVIVE_STALE_HANDLE');
      checks.throwsCode(
        'I4',
        'stale, and not foreign, are those of one that ends in this turn',
        () => {
          const former = new a.Counter(1);
          control.evict('a');
          return new a.Counter(2).add(former);
        },
        'REVIVE_STALE_HANDLE',
      );
      checks.equal('I7', 'the next call makes a fresh one', () => String(b.count()), before.split(',')[1] ?? '');
      control.configure({ maxInstances: 2 });
      checks.throwsCode('I9', 'there are as many as are allowed', () => control.instance('c').bump(), 'REVIVE_TOO_MANY_INSTANCES');
      control.configure({ maxInstances: 64 });
      for (const key of ['a', 'b']) control.evict(key);
      await collect(ground);
      checks.equal('I2', 'the module’s own exports are served', () => ns.add(1, 2), 3);
      stop();
    },
  },
];
