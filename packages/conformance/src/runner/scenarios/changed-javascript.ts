/** Programs that have changed JavaScript itself. */
import { codeOf } from '../checks.ts';
import { until, Watched } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

/** Puts something onto the prototype of all objects. */
function onEveryObject(properties: Readonly<Record<string, unknown>>): () => void {
  const prototype = Object.prototype as unknown as Record<string, unknown>;
  for (const [key, value] of Object.entries(properties)) prototype[key] = value;
  return () => {
    for (const key of Object.keys(properties)) delete prototype[key];
  };
}

/** Has every object refuse to be given what has one of these names. */
function refusedByEveryObject(keys: readonly string[]): () => void {
  const set = (): never => {
    throw new Error('that is not for you');
  };
  for (const key of keys) Object.defineProperty(Object.prototype, key, { get: nothing, set, configurable: true });
  return () => {
    for (const key of keys) Reflect.deleteProperty(Object.prototype, key);
  };
}

/** Has a library's promises in place of the engine's, as zone.js has: what they are made of is no promise of the engine's. */
function promisesOfALibrary(): () => void {
  const { Promise: engines } = globalThis;
  class Promised<T> {
    readonly #promise: Promise<T>;

    constructor(executor: ConstructorParameters<typeof engines<T>>[0]) {
      this.#promise = new engines(executor);
    }

    // biome-ignore lint/suspicious/noThenProperty: a promise.
    then(...reactions: Parameters<Promise<T>['then']>): Promise<unknown> {
      return this.#promise.then(...reactions);
    }
  }
  globalThis.Promise = Promised as unknown as PromiseConstructor;
  return () => {
    globalThis.Promise = engines;
  };
}

/** Replaces functions by ones that only throw. */
function withoutFunctions(owners: readonly (readonly [owner: object, names: readonly string[]])[]): () => void {
  const undo = owners.flatMap(([owner, names]) => {
    const functions = owner as Record<string, unknown>;
    return names.map((name) => {
      const original = functions[name];
      functions[name] = () => {
        throw new Error(`${name} is not for you`);
      };
      return () => {
        functions[name] = original;
      };
    });
  });
  return () => {
    for (const one of undo) one();
  };
}

const nothing = (): undefined => undefined;

/** Gives what takes the change back. */
const CHANGES: Readonly<Record<string, () => () => void>> = {
  'getters for all': () => onEveryObject({ get: nothing }),
  'setters for all': () => onEveryObject({ set: nothing }),
  'descriptors of everything': () => onEveryObject({ get: nothing, value: 1, writable: false, enumerable: false, configurable: false }),
  'traps for all': () => onEveryObject({ has: nothing, apply: nothing, ownKeys: nothing, getOwnPropertyDescriptor: nothing }),
  'options for all': () =>
    onEveryObject({ cause: 'mine', report: 'mine', retryable: true, recovery: 'mine', plugins: 1, fatal: true, redact: 5, onFailure: 5 }),
  'results for all': () => onEveryObject({ error: 'mine', trap: 'mine', panic: 'mine', allocation: 'mine', location: 'mine' }),
  'nothing may be given to errors': () => refusedByEveryObject(['report', 'retryAfter', 'error', 'cause']),
  'promises of a library': promisesOfALibrary,
  'no error says that it is one': () => {
    // What WebAssembly's errors extend.
    Object.defineProperty(Error, Symbol.hasInstance, { value: () => false, configurable: true });
    return () => void Reflect.deleteProperty(Error, Symbol.hasInstance);
  },
  'Object and Reflect gone': () =>
    withoutFunctions([
      [Object, ['defineProperty', 'assign', 'keys', 'is', 'getPrototypeOf', 'setPrototypeOf', 'hasOwn']],
      [Reflect, ['defineProperty', 'set', 'get', 'apply', 'has']],
      [Object.prototype, ['toString', 'hasOwnProperty']],
    ]),
  'microtasks and reactions gone': () =>
    withoutFunctions([
      [globalThis, ['queueMicrotask']],
      [Promise.prototype, ['then', 'catch']],
    ]),
};

export const CHANGED_JAVASCRIPT: readonly Scenario[] = [
  {
    id: 'a program that has changed JavaScript',
    invariants: ['I1', 'I2', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, runtime, panic } = ground;
      const { failures, stop } = listen(ground);
      for (const [what, change] of Object.entries(CHANGES)) {
        const before = failures.length;
        const waiting = new Watched(ns.wait_for(new Promise(() => {})));
        const { recoveries } = ns.__revive.stats;
        const restore = change();
        const aborted = thrownBy(() => ns.fail('abort'));
        const sum = thrownBy(() => ns.add(1, 2)) ?? ns.add(1, 2);
        const panicked = thrownBy(() => ns.fail('panic-message'));
        const again = thrownBy(() => ns.add(1, 2)) ?? ns.add(1, 2);
        const json = thrownBy(() => JSON.stringify(failures));
        restore();
        await until(runtime, () => waiting.state !== 'pending');
        checks.equal('I1', `${what}: the caller is told of an abort`, () => codeOf(aborted), 'REVIVE_ABORT');
        checks.equal('I2', `${what}: the next call is served`, () => sum, 3);
        checks.equal('I1', `${what}: and of a panic`, () => codeOf(panicked), panic === 'abort' ? 'REVIVE_ABORT' : 'REVIVE_PANIC');
        checks.equal('I7', `${what}: the call after that is served`, () => again, 3);
        checks.equal('I5', `${what}: what was in flight settles`, () => waiting.state, 'rejected');
        checks.equal('I1', `${what}: both are reported`, () => failures.length - before, 2);
        checks.equal('I1', `${what}: as JSON`, () => json, undefined);
        checks.equal(
          'I2',
          `${what}: each loss is followed by one recovery`,
          () => ns.__revive.stats.recoveries - recoveries,
          panic === 'abort' ? 2 : 1,
        );
      }
      stop();
    },
  },
];
