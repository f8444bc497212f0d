import { bare, define } from '@wasm-revive/kernel';
import type { Wrapper } from './wrapper.js';

type Constructor = new (...args: unknown[]) => object;

/**
 * A class that stays the same while the real one is replaced. `new` makes an object of the class of the moment, and that object
 * keeps to it: a pointer of one instance must never meet the methods of another. `instanceof` holds for objects of every generation.
 */
export function classShim(wrapper: Wrapper, current: () => Constructor, first: object, path: string): object {
  const madeBy = new WeakMap<object, Constructor>();
  const statics = new Map<PropertyKey, object>();
  const own: Constructor = class {};
  define(own, 'name', { value: Reflect.get(first, 'name'), configurable: true });
  // Subclasses inherit from `own.prototype`; what they call on `this` or `super` is that of the class which made the object.
  Object.setPrototypeOf(
    own.prototype,
    new Proxy(
      Object.create(null) as object,
      bare<ProxyHandler<object>>({
        get: (_, key, receiver: object) => Reflect.get((madeBy.get(receiver) ?? current()).prototype, key, receiver),
        has: (_, key) => Reflect.has(current().prototype, key),
      }),
    ),
  );
  const shimmed: Constructor = new Proxy(
    own,
    bare<ProxyHandler<Constructor>>({
      construct: (_, args, newTarget) => {
        const real = current();
        const direct = newTarget === shimmed;
        const made = wrapper.around(() => Reflect.construct(real, wrapper.originals(args), direct ? real : newTarget), `new ${path}`, args);
        madeBy.set(made, real);
        if (!direct) return made;
        const wrapped = wrapper.object(made, path);
        madeBy.set(wrapped, real);
        return wrapped;
      },
      get: (_, key) => {
        if (key === 'prototype') return own.prototype;
        if (key === Symbol.hasInstance) return hasInstance;
        const where = `${path}.${String(key)}`;
        const value = wrapper.read(current(), key, where);
        if (typeof value !== 'function') return value;
        // A static method finds its class, not the shim, in `this`; that of a subclass, the subclass.
        const self = (caller: unknown): unknown => (caller === shimmed ? current() : caller);
        const method =
          statics.get(key) ??
          wrapper.callable(
            () => Reflect.get(current(), key),
            value,
            where,
            self,
            (caller) => caller === shimmed,
          );
        statics.set(key, method);
        return method;
      },
      has: (_, key) => Reflect.has(current(), key),
    }),
  );
  // Subclasses inherit it, and are asked for themselves.
  function hasInstance(this: unknown, value: unknown): boolean {
    if (this !== shimmed) return Function.prototype[Symbol.hasInstance].call(this as Constructor, value);
    return isObject(value) && (madeBy.has(value) || value instanceof current());
  }
  return shimmed;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
