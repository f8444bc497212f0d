import type { Wrapper } from './wrapper.js';

type Constructor = new (...args: unknown[]) => object;

/**
 * A class that stays the same while the real one is replaced. `new` makes an object of the class of the moment, and that object
 * keeps to it: a pointer of one instance must never meet the methods of another. `instanceof` holds for objects of every generation.
 */
export function classShim(wrapper: Wrapper, current: () => Constructor, first: object, path: string): object {
  const madeBy = new WeakMap<object, Constructor>();
  const own: Constructor = class {};
  Object.defineProperty(own, 'name', { value: Reflect.get(first, 'name'), configurable: true });
  // Subclasses inherit from `own.prototype`; what they call on `this` or `super` is that of the class which made the object.
  Object.setPrototypeOf(
    own.prototype,
    new Proxy(Object.create(null) as object, {
      get: (_, key, receiver: object) => Reflect.get((madeBy.get(receiver) ?? current()).prototype, key, receiver),
      has: (_, key) => Reflect.has(current().prototype, key),
    }),
  );
  const shimmed: Constructor = new Proxy(own, {
    construct: (_, args, newTarget) => {
      const real = current();
      const direct = newTarget === shimmed;
      const made = wrapper.around(() => Reflect.construct(real, args, direct ? real : newTarget), `new ${path}`);
      madeBy.set(made, real);
      if (!direct) return made;
      const wrapped = wrapper.object(made, path);
      madeBy.set(wrapped, real);
      return wrapped;
    },
    get: (_, key) => {
      if (key === 'prototype') return own.prototype;
      if (key === Symbol.hasInstance) return (value: unknown) => isObject(value) && (madeBy.has(value) || value instanceof current());
      const value: unknown = wrapper.around(() => Reflect.get(current(), key), `${path}.${String(key)}`);
      return typeof value === 'function' ? wrapper.callable(() => Reflect.get(current(), key), value, `${path}.${String(key)}`) : value;
    },
    has: (_, key) => Reflect.has(current(), key),
  });
  return shimmed;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
