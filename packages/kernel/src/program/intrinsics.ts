/**
 * What recovery needs of JavaScript's own functions, as they are when this is loaded: a program may replace them later, as tests with fake
 * timers do, and may put anything on the prototypes of objects.
 */
const { defineProperty: defineOn } = Object;
const { then } = Promise.prototype;
const { queueMicrotask: enqueue, Promise: EnginesPromise } = globalThis;
const { [Symbol.hasInstance]: hasInstance } = Function.prototype;
const { asIntN } = BigInt;

export const apply: typeof Reflect.apply = Reflect.apply;
export const construct: typeof Reflect.construct = Reflect.construct;
export const assign: typeof Object.assign = Object.assign;
export const hasOwn: typeof Object.hasOwn = Object.hasOwn;
export const freeze: typeof Object.freeze = Object.freeze;
export const is: typeof Object.is = Object.is;
export const keys: typeof Object.keys = Object.keys;
export const setPrototypeOf: typeof Object.setPrototypeOf = Object.setPrototypeOf;
export const EnginesProxy: typeof Proxy = Proxy;
export const setProperty: typeof Reflect.set = Reflect.set;
export const tryToDefine: typeof Reflect.defineProperty = Reflect.defineProperty;
export const deleteProperty: typeof Reflect.deleteProperty = Reflect.deleteProperty;

/** As what Wasm takes for a 64-bit integer. Throws as engines do: of a number, for one. */
export function toBigInt(value: unknown): bigint {
  return typeof value === 'bigint' ? value : asIntN(64, value as bigint);
}

/** `queueMicrotask`. */
export function inMicrotask(run: () => void): void {
  enqueue(run);
}

/** `value instanceof Class`, whatever `Symbol.hasInstance` the program has given the class or, as `Error`, one that it extends. */
export function isInstance<T>(value: unknown, Class: abstract new (...args: never[]) => T): value is T {
  return apply(hasInstance, Class, [value]);
}

/** `promise.then(…)`, as it is before anybody changes it. */
export function whenSettled(
  promise: Promise<unknown>,
  onValue: ((value: unknown) => void) | undefined,
  onReason?: (reason: unknown) => void,
): void {
  apply(then, promise, [onValue, onReason]);
}

/** Whether to react to a promise runs nothing but the engine's own: a class of the program's may have a `then` and a constructor of its own. */
export function isPlainPromise(promise: object): boolean {
  const own = promise as { then?: unknown; constructor?: unknown };
  return own.then === then && own.constructor === EnginesPromise;
}

/** A function that has something run in a microtask. It is the engine's, for it takes no stack. */
export function alarm(run: () => void): () => void {
  let call = (): void => {};
  const called = new EnginesPromise<void>((resolve) => {
    call = resolve;
  });
  whenSettled(called, run);
  return call;
}

/**
 * An object that has no more than these properties. What reads options or descriptors finds what `Object.prototype` has, too:
 * with `Object.prototype.get` set, `{ value: 1 }` is no descriptor any more.
 */
export function bare<T extends object>(properties: T): T {
  return setPrototypeOf(properties, null) as T;
}

/** What need not be there, and may be on `Object.prototype`. */
export function own<T extends object, K extends keyof T>(object: T, key: K): T[K] | undefined {
  return hasOwn(object, key) ? object[key] : undefined;
}

/** `Object.defineProperty`, whatever `Object.prototype` has. */
export function define<T extends object>(target: T, key: PropertyKey, descriptor: PropertyDescriptor): T {
  return defineOn(target, key, bare(descriptor));
}
