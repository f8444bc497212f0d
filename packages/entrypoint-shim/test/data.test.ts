/** Plain data: written as JSON, read again, and known by its key. SEED repeats a run. */
import { isDeepStrictEqual } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeArguments } from '../src/index.js';
import { type EncodedCall, encodeCall } from '../src/quarantine/encode-data.js';

const LONGEST = 2 ** 20;

function encoded(args: readonly unknown[], path = 'run'): EncodedCall {
  const data = encodeCall(path, args, LONGEST);
  if ('notPlain' in data) return expect.fail(data.notPlain);
  return data;
}

function jsonOf(args: readonly unknown[]): unknown {
  return JSON.parse(encoded(args).args ?? expect.fail('there are no arguments'));
}

function whyNot(...args: unknown[]): string {
  const data = encodeCall('run', args, LONGEST);
  return 'notPlain' in data ? data.notPlain : expect.fail('it is plain');
}

const { data } = fc.letrec<{ data: unknown }>((tie) => {
  const key = fc.oneof(
    fc.constantFrom('$', '__proto__', 'value', 'constructor', '0', '10', 'ä'),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const many = fc.array(tie('data'), { maxLength: 4 });
  const pairs = fc.array(fc.tuple(key, tie('data')), { maxLength: 4 });
  const objectOn = (prototype: object | null) => pairs.map((all) => withFields(Object.create(prototype) as object, all));
  const bytes = fc.uint8Array({ maxLength: 40 });
  return {
    data: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<unknown>(
        undefined,
        null,
        true,
        false,
        Number.NaN,
        -0,
        0,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        '',
        '$',
      ),
      fc.double(),
      fc.bigInt(),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.date({ noInvalidDate: true }),
      bytes,
      bytes.map((all) => all.slice().buffer),
      bytes.map((all) => new DataView(all.buffer, 0, Math.floor(all.length / 2))),
      fc.float64Array({ maxLength: 4 }),
      fc.int16Array({ maxLength: 4 }),
      fc.uint8ClampedArray({ maxLength: 4 }),
      fc.bigUint64Array({ maxLength: 4 }),
      many,
      fc.tuple(many, fc.nat({ max: 3 }), many).map(([before, count, after]) => {
        const holey = [...before];
        holey.length += count;
        return holey.concat(after);
      }),
      objectOn(Object.prototype),
      objectOn(null),
      fc.array(fc.tuple(tie('data'), tie('data')), { maxLength: 3 }).map((entries) => new Map(entries)),
      many.map((values) => new Set(values)),
    ),
  };
});

function withFields(object: object, fields: readonly (readonly [string, unknown])[]): object {
  for (const [key, value] of fields) Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

const list = fc.array(data, { maxLength: 4 });
const RUNS = { numRuns: 2_000, seed: Number(process.env.SEED ?? Date.now() % 2 ** 31) };

describe('what is written and read again', () => {
  it('is the same data, and is written the same way', () => {
    fc.assert(
      fc.property(list, (args) => {
        const json = jsonOf(args);
        const again = decodeArguments(json);
        expect(isDeepStrictEqual(again, args)).toBe(true);
        expect(jsonOf(again)).toEqual(json);
        expect(encoded(again).key).toBe(encoded(args).key);
      }),
      RUNS,
    );
  });

  it('is the same where Node.js’s own comparison has gaps: an invalid date, an order, a Buffer', () => {
    const [date, map, bytes] = decodeArguments(jsonOf([new Date(Number.NaN), new Map([[{ b: 1, a: 2 }, -0]]), Buffer.from('text')]));
    expect((date as Date).getTime()).toBeNaN();
    expect([...(map as Map<object, unknown>)].map(([key, value]) => [Object.keys(key), Object.is(value, -0)])).toEqual([
      [['b', 'a'], true],
    ]);
    expect(new TextDecoder().decode(bytes as Uint8Array)).toBe('text');
  });

  it('reads nothing else', () => {
    const holes = { $: 'holes', count: -1 };
    for (const wrong of [
      {},
      1,
      [{ $: 'Function', base64: '' }],
      [{ $: 'bigint', value: '1e3' }],
      [{ $: 'Map', entries: [[1]] }],
      [holes],
      [{ $: 3 }],
    ])
      expect(() => decodeArguments(wrong)).toThrow(TypeError);
    // The name of a global that is no typed array is a name like any other.
    expect(() => decodeArguments([{ $: 'SharedArrayBuffer', base64: '' }])).toThrow(TypeError);
  });
});

describe('the key', () => {
  it('is the same for the same data', () => {
    fc.assert(
      fc.property(fc.clone(list, 2), ([one, other]) => {
        expect(encoded(one).key).toBe(encoded(other).key);
      }),
      RUNS,
    );
  });

  it('is another one for other data', () => {
    let equal = 0;
    fc.assert(
      fc.property(list, list, (one, other) => {
        const isSame = encoded(one).key === encoded(other).key;
        if (isSame) equal++;
        expect(!isSame || isDeepStrictEqual(one, other)).toBe(true);
      }),
      RUNS,
    );
    expect(equal).toBeLessThan(RUNS.numRuns / 2);
  });

  it('is another one for data that looks as other data is written', () => {
    fc.assert(
      fc.property(list, (args) => {
        const json = jsonOf(args) as unknown[];
        expect(encoded(args).key === encoded(json).key).toBe(isDeepStrictEqual(args, json));
      }),
      RUNS,
    );
  });

  it('is of the path, too, and cannot be had by moving text from one to the other', () => {
    const keys = [encoded(['b'], 'a'), encoded(['a'], 'b'), encoded([], 'a","b'), encoded([], 'a'), encoded([], 'a",[')].map(
      ({ key }) => key,
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('tells where bytes end', () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    expect(encoded([bytes('A'), 'x']).key).not.toBe(encoded([bytes('A,"x"')]).key);
    expect(encoded([new Uint8Array([1, 2])]).key).not.toBe(encoded([new Int8Array([1, 2])]).key);
  });

  it('is there without the arguments where those are too long', () => {
    const [short, long] = ['a'.repeat(100), 'a'.repeat(LONGEST)];
    expect(encodeCall('run', [short], 104)).toMatchObject({ args: JSON.stringify([short]) });
    expect(encodeCall('run', [short], 103)).toEqual({ key: encoded([short]).key, args: undefined });
    expect(encoded([long])).toMatchObject({ key: expect.stringMatching(/^[0-9a-f]{64}$/), args: undefined });
    expect(encoded([`${long}b`]).key).not.toBe(encoded([`${long}c`]).key);
    expect(encoded([new Uint8Array(3_000_000)]).key).not.toBe(encoded([new Uint8Array(3_000_001)]).key);
  });

  it('is the same for data of another realm', () => {
    const text = `[{ a: [1, , 2], b: new Uint8Array([1, 2]) }]`;
    const there = runInContext(text, createContext()) as unknown[];
    // biome-ignore lint/suspicious/noSparseArray: a hole is what it is about
    expect(encoded(there).key).toBe(encoded([{ a: [1, , 2], b: new Uint8Array([1, 2]) }]).key);
  });
});

describe('what is no plain data', () => {
  it('is named, with its place', () => {
    class Session {}
    const twice = {};
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(whyNot(1, () => {})).toBe('`arguments[1]` is a function');
    expect(whyNot({ a: [0, Promise.resolve()] })).toBe('`arguments[0].a[1]` is a Promise');
    expect(whyNot(new Map([['a', { 'not a name': new Session() }]]))).toBe('`arguments[0]{value 0}["not a name"]` is a Session');
    expect(whyNot(Symbol('s'))).toBe('`arguments[0]` is a symbol');
    expect(whyNot(new ReadableStream())).toBe('`arguments[0]` is a ReadableStream');
    expect(whyNot(twice, [twice])).toBe('`arguments[1][0]` is in the arguments more than once');
    expect(whyNot(cycle)).toBe('`arguments[0][0]` is in the arguments more than once');
    expect(whyNot(Object.assign([1], { more: 1 }))).toBe('`arguments[0]` is an array that has properties, too');
    expect(whyNot(Object.assign(new Date(0), { more: 1 }))).toBe('`arguments[0]` is a Date');
    expect(whyNot({ [Symbol.iterator]: 1 })).toBe('`arguments[0]` has a symbol as a key');
    expect(whyNot(Object.defineProperty({}, 'hidden', { value: 1 }))).toBe('`arguments[0]` has a property that is not enumerable');
    expect(whyNot(new (class extends Array {})())).toMatch(/is an object of a class$/);
    expect(whyNot(Object.create({ inherited: 1 }))).toBe('`arguments[0]` is an object of a class');
    expect(whyNot(new Uint8Array(new SharedArrayBuffer(1)))).toMatch(/could not be read/);
    expect(whyNot(Object.create(Map.prototype))).toMatch(/could not be read/);
  });

  it('has no code of its own run', () => {
    let runs = 0;
    const count = (): never => {
      runs++;
      throw new Error('it ran');
    };
    class Tagged {
      get [Symbol.toStringTag](): string {
        return count();
      }
    }
    Object.defineProperty(Tagged.prototype, 'constructor', { get: count });
    const getter = Object.defineProperty({}, 'a', { get: count, enumerable: true });
    const item = Object.defineProperty([1], 0, { get: count, enumerable: true });
    const values = Object.assign(Object.create(null), { toJSON: () => count(), valueOf: count });
    for (const value of [new Tagged(), getter, item, values]) whyNot(value);
    expect(encoded([{ toString: 1, constructor: 2 }]).args).toBe('[{"toString":1,"constructor":2}]');
    expect(runs).toBe(0);
  });

  it('costs neither the stack nor a throw: nesting, and a Proxy that throws', () => {
    let deep: unknown = [];
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    expect(whyNot(deep)).toMatch(/nested more than 499 deep/);
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    expect(whyNot(proxy)).toMatch(/a Proxy among them has thrown/);
    const sparse: unknown[] = [];
    sparse.length = 2 ** 32 - 1;
    expect(encoded([sparse]).args).toBe('[[{"$":"holes","count":4294967295}]]');
  });
});
