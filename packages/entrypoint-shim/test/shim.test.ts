import { describe, expect, it } from 'vitest';
import { type ShimOptions, shim } from '../src/index.js';

/** A stand-in for a module that may be made anew: each has its own state. */
function makeTarget(generation: number) {
  class Counter {
    #n: number;
    constructor(n: number) {
      this.#n = n;
    }
    inc(): string {
      this.#n++;
      return `${generation}:${this.#n}`;
    }
    get value(): number {
      return this.#n;
    }
    set value(n: number) {
      this.#n = n;
    }
    plus(other: Counter): number {
      return this.#n + other.#n;
    }
    static of(n: number): Counter {
      return new Counter(n);
    }
    static again(): Counter {
      return new this(7);
    }
  }
  return {
    Counter,
    name: (who: string, _greeting?: string): string => `${generation} ${who}`,
    later: async (): Promise<number> => generation,
    plainRejection: (): Promise<never> => Promise.reject(new Error(`rejected by ${generation}`)),
    *count(): Generator<number> {
      yield generation;
      throw new Error('in the middle');
    },
    version: generation,
  };
}

function setUp(around?: ShimOptions['around']) {
  let target = makeTarget(1);
  const api = shim(() => target, around && { around });
  return { api, replace: () => (target = makeTarget(2)) };
}

describe('shim', () => {
  it('keeps the identity of functions and acts on the target of the moment', () => {
    const { api, replace } = setUp();
    const { name } = api;
    expect(name('a')).toBe('1 a');
    replace();
    expect(name('a')).toBe('2 a');
    expect(api.name).toBe(name);
    expect(name.length).toBe(2);
    expect(api.version).toBe(2);
    expect(Object.keys(api)).toEqual(['Counter', 'name', 'later', 'plainRejection', 'count', 'version']);
    expect('later' in api).toBe(true);
  });

  it('I4: an object keeps to the target that made it', () => {
    const { api, replace } = setUp();
    const old = new api.Counter(5);
    replace();
    const fresh = new api.Counter(5);
    expect(old.inc()).toBe('1:6');
    expect(fresh.inc()).toBe('2:6');
    expect(old.value).toBe(6);
    old.value = 40;
    expect(old.inc()).toBe('1:41');
    expect(old).toBeInstanceOf(api.Counter);
    expect(fresh).toBeInstanceOf(api.Counter);
    expect({}).not.toBeInstanceOf(api.Counter);
  });

  it('I4: an object of a subclass keeps to the target that made it, and can call super', () => {
    const { api, replace } = setUp();
    class Twice extends api.Counter {
      override inc(): string {
        super.inc();
        return super.inc();
      }
    }
    const old = new Twice(0);
    replace();
    expect(old.inc()).toBe('1:2');
    expect(new Twice(0).inc()).toBe('2:2');
    expect(old).toBeInstanceOf(Twice);
    expect(old).toBeInstanceOf(api.Counter);
  });

  it('stands around calls, constructions, accessors, statics and the steps of iterators, and names them', () => {
    const paths: string[] = [];
    const { api } = setUp((call, path) => {
      paths.push(path);
      return call();
    });
    const counter = new api.Counter(1);
    counter.inc();
    void counter.value;
    counter.value = 2;
    api.Counter.of(1);
    const steps = api.count();
    steps.next();
    expect(() => steps.next()).toThrow('in the middle');
    for (const path of ['new Counter', 'Counter.inc', 'Counter.value', 'Counter.of', 'count', 'count.next']) {
      expect(paths).toContain(path);
    }
  });

  it('stands around each of them once', () => {
    const paths: string[] = [];
    const { api } = setUp((call, path) => {
      paths.push(path);
      return call();
    });
    api.name('a');
    const counter = new api.Counter(1);
    counter.inc();
    void counter.value;
    api.Counter.of(3);
    expect(paths).toEqual(['name', 'new Counter', 'Counter.inc', 'Counter.value', 'Counter.of']);
  });

  it('says what the user gave, and whose method or accessor it is', () => {
    const calls: unknown[] = [];
    const { api } = setUp((call, path, args, on) => {
      calls.push([path, args, on instanceof api.Counter ? 'a Counter' : on]);
      return call();
    });
    api.name('a', 'b');
    const { name } = api;
    name('c');
    const counter = new api.Counter(1);
    counter.plus(counter);
    void counter.value;
    counter.value = 2;
    api.Counter.of(3);
    expect(calls).toEqual([
      ['name', ['a', 'b'], undefined],
      ['name', ['c'], undefined],
      ['new Counter', [1], undefined],
      ['Counter.plus', [counter], 'a Counter'],
      ['Counter.value', [], 'a Counter'],
      ['Counter.value', [2], 'a Counter'],
      ['Counter.of', [3], undefined],
    ]);
  });

  it('gives the target its own objects, and classes their own statics', () => {
    const { api } = setUp();
    const [one, other] = [new api.Counter(1), new api.Counter(2)];
    expect(one.plus(other)).toBe(3);
    expect(api.Counter.of).toBe(api.Counter.of);
    expect(api.Counter.again().inc()).toBe('1:8');
    class Mine extends api.Counter {}
    expect(one).not.toBeInstanceOf(Mine);
    expect(new Mine(1)).toBeInstanceOf(Mine);
  });

  it('makes objects of a class that is a function with a fixed prototype, as those of siblings are', () => {
    const { api } = setUp();
    const construct = function (this: unknown, ...args: [number]) {
      return Reflect.construct(api.Counter, args, new.target);
    };
    Object.defineProperty(construct, 'prototype', { value: api.Counter.prototype, writable: false });
    const paths: string[] = [];
    const sibling = shim(() => ({ Counter: construct as unknown as new (count: number) => { inc(): string } }), {
      around(call, path) {
        paths.push(path);
        return call();
      },
    });
    expect(new sibling.Counter(4).inc()).toBe('1:5');
    expect(paths).toEqual(['new Counter', 'Counter.inc']);
  });

  it('sees a promise whatever kind of function returned it', async () => {
    const seen: string[] = [];
    const { api } = setUp((call, path) => {
      const result = call();
      if (result instanceof Promise) seen.push(path);
      return result;
    });
    await expect(api.later()).resolves.toBe(1);
    await expect(api.plainRejection()).rejects.toThrow('rejected by 1');
    expect(seen).toEqual(['later', 'plainRejection']);
  });

  it('lets the error of a missing target reach the caller', () => {
    const api = shim<{ run(): void }>(() => {
      throw new Error('not there yet');
    });
    expect(() => api.run()).toThrow('not there yet');
  });
});
