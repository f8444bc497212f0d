/** Objects that become numbers in the middle of a call, by functions of the program's that cost the instance meanwhile. */
import { codeOf, show } from '../checks.ts';
import type { Fixtures } from '../fixtures.ts';
import { type Scenario, thrownBy } from './scenario.ts';

/** The ways in which JavaScript makes a number of an object: each calls a function that the program gives. */
const CONVERTERS: Readonly<Record<string, (convert: () => unknown) => object>> = {
  valueOf: (convert: () => unknown) => ({ valueOf: convert }),
  toString: (convert: () => unknown) => ({ valueOf: undefined, toString: convert }),
  'Symbol.toPrimitive': (convert) => ({ [Symbol.toPrimitive]: convert }),
  'a Proxy': (convert) => new Proxy({}, { get: (_, key) => (key === 'valueOf' ? convert : undefined) }),
  'a function': (convert) => Object.assign(() => {}, { valueOf: convert }),
};

/** Calls with a number that is given as a parameter of Wasm's, by what they pass it to. */
const TAKING: Readonly<Record<string, (ns: Fixtures) => readonly [given: 0 | 0n, call: (value: never) => unknown]>> = {
  'a function': (ns) => [0, (value) => ns.add(1, value)],
  'a function that takes a float': (ns) => [0, (value) => ns.multiplier(value)],
  'a function that takes a BigInt': (ns) => [0n, (value) => ns.next_u64(value)],
  'a function that answers in text': (ns) => [0, (value) => ns.nested_text(() => 0, value)],
  'an asynchronous function': (ns) => [0, (value) => ns.ready(value)],
  'a constructor': (ns) => [0, (value) => new ns.Counter(value)],
  'a setter': (ns) => {
    const counter = new ns.Counter(1);
    return [
      0,
      (value) => {
        counter.value = value;
      },
    ];
  },
  'the length of a text': (ns) => [0, (length) => ns.recall({ length, charCodeAt: () => 0x61 } as never)],
};

/** An object that costs the instance when it becomes a number, and then is one all the same. */
function costly(ns: Fixtures, how: string, number: 0 | 0n): never {
  const convert = (): unknown => {
    thrownBy(() => ns.fail('abort'));
    return number;
  };
  return CONVERTERS[how]?.(convert) as never;
}

function within(host: object, run: () => unknown): unknown {
  const global = globalThis as { host?: unknown };
  const before = global.host;
  global.host = host;
  try {
    return run();
  } finally {
    global.host = before;
  }
}

export const CONVERSIONS: readonly Scenario[] = [
  {
    id: 'an instance that is lost while an argument becomes a number is not entered',
    invariants: ['I1', 'I2', 'I3'],
    run({ ns }, checks) {
      for (const how of Object.keys(CONVERTERS)) {
        for (const [what, take] of Object.entries(TAKING)) {
          const [number, call] = take(ns);
          const error = thrownBy(() => call(costly(ns, how, number)));
          checks.equal('I1', `${how}, given to ${what}: the caller gets`, () => codeOf(error), 'REVIVE_STALE_HANDLE');
          checks.equal('I2', `${how}, given to ${what}: the next call is served`, () => ns.add(1, 2), 3);
        }
        const times = ns.multiplier(2);
        checks.equal('I3', `${how}, given to a closure: nothing is done`, () => times(costly(ns, how, 0)), undefined);
      }
    },
  },
  {
    id: 'frames of an instance that is lost while the result of an import becomes a number run no further',
    invariants: ['I1', 'I2', 'I3'],
    run({ ns }, checks) {
      for (const how of Object.keys(CONVERTERS)) {
        const tick = (): unknown => costly(ns, how, 0);
        const error = thrownBy(() => within({ tick }, () => ns.call_tick(1)));
        checks.equal('I1', `${how}: the caller gets`, () => codeOf(error), 'REVIVE_ABORT');
        checks.equal('I2', `${how}: the next call is served`, () => ns.add(1, 2), 3);
      }
    },
  },
  {
    id: 'what becomes a number in a call becomes one as in plain glue',
    invariants: ['I1', 'I8'],
    run({ ns }, checks) {
      const calls: string[] = [];
      const counts = (name: string, value: unknown): never => {
        const counted = {
          valueOf() {
            calls.push(name);
            return value;
          },
        };
        return counted as never;
      };
      checks.equal('I8', 'objects', () => ns.add(counts('a', 1), counts('b', 2)), 3);
      checks.equal('I8', 'each is asked once, in order', () => calls.join(), 'a,b');
      checks.equal('I8', 'a text', () => ns.add('40' as never, 2), 42);
      checks.equal('I8', 'nothing', () => ns.add(undefined as never, 2), 2);
      checks.equal('I8', 'past 32 bits', () => ns.add(2 ** 32 + 1, 1), 2);
      checks.equal('I8', 'a text for a BigInt', () => ns.next_u64('41' as never), 42n);
      checks.equal('I8', 'true for a BigInt', () => ns.next_u64(true as never), 2n);
      checks.equal('I8', 'the result of an import', () => within({ tick: () => counts('c', 7) }, () => ns.call_tick(1)), 7);
      const refused: Readonly<Record<string, () => unknown>> = {
        'a BigInt for a number': () => ns.add(1n as never, 2),
        'a symbol for a number': () => ns.add(Symbol('1') as never, 2),
        'a number for a BigInt': () => ns.next_u64(1 as never),
        'a result that is a BigInt': () => within({ tick: () => 1n }, () => ns.call_tick(1)),
      };
      for (const [what, call] of Object.entries(refused)) {
        checks.that('I1', `${what} is refused as the engine does`, () => {
          const error = thrownBy(call);
          return (error instanceof TypeError && codeOf(error) === undefined) || show(error);
        });
      }
      const mine = new Error('mine');
      const throws = {
        valueOf() {
          throw mine;
        },
      } as never;
      checks.that('I1', 'what a conversion throws is passed on', () => thrownBy(() => ns.add(throws, 1)) === mine);
      checks.that('I1', 'out of Rust, too', () => thrownBy(() => within({ tick: () => throws }, () => ns.call_tick(1))) === mine);
      checks.equal('I1', 'none of that was a failure', () => ns.add(1, 2), 3);
    },
  },
];
