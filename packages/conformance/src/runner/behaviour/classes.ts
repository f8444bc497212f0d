/** Classes and closures. */
import { loosely, using } from './all-fixtures.ts';
import type { Use } from './behaviour.ts';

function messageOf(run: () => unknown): string {
  try {
    return `no error: ${String(run())}`;
  } catch (error) {
    return error instanceof Error ? `${error.constructor.name}: ${error.message}` : String(error);
  }
}

export const CLASSES: Readonly<Record<string, Use>> = {
  'a handle': (ns) =>
    using(new ns.Counter(5), (counter) => [
      counter,
      counter instanceof ns.Counter,
      counter.constructor === ns.Counter,
      Object.getPrototypeOf(counter) === ns.Counter.prototype,
      Object.keys(counter),
      Object.getOwnPropertyNames(counter),
      String(counter),
    ]),
  'JSON of a handle': (ns) => using(new ns.Counter(5), (counter) => JSON.stringify(counter).replace(/\d+/, 'pointer')),
  'JSON of an inspectable handle': (ns) => using(new ns.Point(1, 2), (point) => [JSON.stringify(point), point.toString(), `${point}`]),
  'for…in over a handle': (ns) =>
    using(new ns.Counter(5), (counter) => {
      const keys: string[] = [];
      for (const key in counter) keys.push(key);
      return keys;
    }),
  methods: (ns) => using(new ns.Counter(5), (counter) => [counter.inc(), counter.get(), counter.dec(), counter.value]),
  'a method that throws on purpose': (ns) => using(new ns.Counter(0), (counter) => [messageOf(() => counter.dec()), counter.get()]),
  statics: (ns) => using(ns.Counter.of(3), (counter) => [counter instanceof ns.Counter, counter.get()]),
  'a static taken off its class': (ns) => {
    const { of } = ns.Counter;
    return using(of(3), (counter) => counter.get());
  },
  'accessors and fields': (ns) =>
    using(new ns.Counter(5), (counter) => {
      counter.value = 10;
      counter.step = 3;
      counter.label = 'other';
      return [
        counter.inc(),
        counter.step,
        counter.id,
        counter.label,
        counter.isEven,
        messageOf(() => ((counter as { id: number }).id = 1)),
      ];
    }),
  'handles as arguments': (ns) => {
    const [a, b, c, d, e] = [1, 2, 3, 4, 5].map((n) => new ns.Counter(n));
    if (!a || !b || !c || !d || !e) return undefined;
    return [
      a.add(b),
      a.drain(c),
      c.get(),
      a.eat(d),
      a.eat_maybe(e),
      a.eat_maybe(),
      a.get(),
      messageOf(() => d.get()),
      messageOf(() => e.free()),
    ];
  },
  'a handle twice in one call': (ns) => using(new ns.Counter(1), (counter) => messageOf(() => counter.drain(counter))),
  'a handle of another class': (ns) =>
    using(new ns.Counter(1), (counter) => messageOf(() => loosely(counter.add.bind(counter))(new ns.Point(1, 2)))),
  'no handle': (ns) =>
    using(new ns.Counter(1), (counter) => [
      messageOf(() => loosely(counter.add.bind(counter))(undefined)),
      messageOf(() => loosely(counter.add.bind(counter))({})),
    ]),
  'a handle that consumes itself': (ns) => {
    const counter = new ns.Counter(9);
    return [counter.finish(), messageOf(() => counter.get()), messageOf(() => counter.finish())];
  },
  'a handle that becomes two': (ns) => new ns.Counter(9).split().map((half) => [half instanceof ns.Counter, half.get()]),
  'a handle that is freed': (ns) => {
    const counter = new ns.Counter(9);
    counter.free();
    return [messageOf(() => counter.get()), messageOf(() => counter.value), messageOf(() => counter.free()), counter];
  },
  'a handle that is disposed of': (ns) => {
    if (Symbol.dispose === undefined) return 'no symbol';
    const counter = new ns.Counter(9);
    counter[Symbol.dispose]();
    return messageOf(() => counter.get());
  },
  'a method on nothing of its class': (ns) => {
    const { inc, get } = ns.Counter.prototype;
    return [messageOf(() => get.call({} as never)), messageOf(() => inc.call(Object.create(ns.Counter.prototype) as never))];
  },
  'a class called without new': (ns) => messageOf(() => loosely(ns.Counter as never)(1)),
  'recursive use of a handle': (ns) => {
    const counter = new ns.Counter(1);
    return [counter.with(() => messageOf(() => counter.inc())), counter.get()];
  },
  'freeing a handle while it is borrowed': (ns) => {
    const counter = new ns.Counter(1);
    return [messageOf(() => counter.with(() => messageOf(() => counter.free()))), messageOf(() => counter.get())];
  },
  'freeing a handle while an async method borrows it': async (ns) => {
    const counter = new ns.Counter(1);
    const later = counter.later();
    return [messageOf(() => counter.free()), await later, messageOf(() => counter.get())];
  },
  'a constructor that can refuse': (ns) => [using(new ns.Percent(50), String), messageOf(() => new ns.Percent(101))],
  'a class with another name': (ns) => [
    ns.RenamedClass.name,
    using(new ns.RenamedClass('text'), (it) => it.text()),
    using(ns.RenamedClass.fromNumber(1.5), (it) => it.text()),
  ],
  inheritance: (ns) =>
    using(new ns.Dog('Rex'), (dog) => {
      dog.rename('Max');
      return [dog.name, dog.bark(), dog.bark(), dog instanceof ns.Dog, dog instanceof ns.Animal, dog];
    }),
  "a user's subclass": (ns) => {
    class Mine extends ns.Counter {
      readonly own = 'field';
      #secret = 1;
      constructor(n: number) {
        super(n + 1);
        this.step = 10;
      }
      override inc(): number {
        return super.inc() + this.#secret++;
      }
      override get value(): number {
        return super.value * 2;
      }
      override set value(value: number) {
        super.value = value / 2;
      }
    }
    const mine = new Mine(1);
    mine.value = 8;
    return using(mine, (it) => [it.inc(), it.inc(), it.value, it.own, it instanceof ns.Counter, it, new ns.Counter(1).add(it)]);
  },
  "a user's subclass of a derived class": (ns) => {
    class Puppy extends ns.Dog {
      override bark(): string {
        return `${super.bark()}!`;
      }
    }
    return using(new Puppy('Rex'), (dog) => [dog.bark(), dog.name, dog instanceof ns.Animal, dog.constructor.name]);
  },
  'Reflect.construct with another class': (ns) => {
    class Other extends ns.Counter {}
    return using(Reflect.construct(ns.Counter, [4], Other) as InstanceType<typeof ns.Counter>, (it) => [it instanceof Other, it.get()]);
  },
  'a class that somebody has changed': (ns) => {
    const prototype = ns.Counter.prototype as unknown as Record<string, unknown>;
    prototype.twice = function (this: { get(): number }) {
      return this.get() * 2;
    };
    const seen = using(new ns.Counter(4), (counter) => (counter as unknown as { twice(): number }).twice());
    delete prototype.twice;
    return seen;
  },
  namespaces: (ns) => [
    ns.geometry.flat.area(2, 3),
    using(new ns.geometry.Box(1, 2, 3), (box) => [box.volume(), box instanceof ns.geometry.Box]),
  ],
  'names that a generator could take for its own': (ns) => {
    const named = ns as unknown as Record<string, () => number>;
    const odd = using(new ns.Odd(1), (it) => [it.x, it.new(), it.get$x(), it.static$of(), it.größe()]);
    return [odd, using(ns.Odd.of(1), (it) => it.x), named.toString?.(), Object.hasOwn(ns, 'constructor') && named.constructor?.()];
  },
  closures: (ns) => {
    const [adder, times, pair] = [ns.length_adder(), ns.multiplier(2.5), ns.pair_maker()];
    const object = {};
    return [adder, adder('abc'), adder('de'), times(4), pair(object, 1)[0] === object];
  },
  'a closure that works once': (ns) => {
    const once = ns.once('text');
    return [once(), messageOf(() => once())];
  },
  'a closure that a handle owns': (ns) => {
    const ticker = new ns.Ticker(5);
    const { tick } = ticker;
    const seen = [tick(), tick(), ticker.tick === tick];
    ticker.free();
    return [...seen, messageOf(() => tick())];
  },
  'a closure that is let go of': (ns) => {
    const adder = ns.length_adder();
    adder('a');
    adder._wbg_cb_unref?.();
    return messageOf(() => adder('a'));
  },
};
