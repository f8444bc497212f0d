/** Options of {@link shim}. */
export interface ShimOptions {
  /**
   * Stands around every call, construction and property access that runs the target's code. Must return what `call` returns,
   * or throw. `path` is how the user reached it: `Counter.inc`.
   */
  readonly around?: <R>(call: () => R, path: string) => R;
}

type Callable = (...args: unknown[]) => unknown;
type Constructor = new (...args: unknown[]) => object;
type Key = string | symbol;

/**
 * An object that stays the same while its target is replaced: functions, classes, accessors and namespaces reached through it
 * keep their identity and always act on `current()`.
 *
 * For what can't be generated. A call through a Proxy costs 120–150 ns in V8, against 15–17 ns for an emitted forwarder.
 *
 * @param current gives the target; what it throws reaches the caller
 */
export function shim<T extends object>(current: () => T, options: ShimOptions = {}): T {
  return new Shim(options).object(current as () => object, '') as T;
}

class Shim {
  readonly #around: NonNullable<ShimOptions['around']>;

  constructor(options: ShimOptions) {
    this.#around = options.around ?? ((call) => call());
  }

  object(current: () => object, path: string): object {
    const members = new Map<Key, object>();
    // Note: the Proxy's own target is an empty object, never the real one: invariants about its non-configurable
    // properties would otherwise tie the shim to the first target it saw.
    return new Proxy(Object.create(null) as object, {
      get: (_, key) => this.#member(members, current, key, path),
      set: (_, key, value) => Reflect.set(current(), key, value),
      has: (_, key) => Reflect.has(current(), key),
      deleteProperty: (_, key) => Reflect.deleteProperty(current(), key),
      ownKeys: () => Reflect.ownKeys(current()),
      getPrototypeOf: () => Reflect.getPrototypeOf(current()),
      getOwnPropertyDescriptor: (_, key) => {
        const descriptor = Reflect.getOwnPropertyDescriptor(current(), key);
        return (
          descriptor && {
            value: this.#member(members, current, key, path),
            enumerable: descriptor.enumerable ?? false,
            configurable: true,
            writable: true,
          }
        );
      },
    });
  }

  #member(members: Map<Key, object>, current: () => object, key: Key, path: string): unknown {
    const where = path === '' ? String(key) : `${path}.${String(key)}`;
    const target = current();
    const value: unknown = this.#around(() => Reflect.get(target, key, target), where);
    if (typeof value !== 'function') return value;
    let member = members.get(key);
    if (member === undefined) {
      member = this.#function(() => Reflect.get(current(), key) as Callable, value as Callable, where);
      members.set(key, member);
    }
    return member;
  }

  #function(current: () => Callable, first: Callable, path: string): object {
    // A function without a `prototype` of its own: arrow functions and methods have none, so `has` and `get` can be answered
    // from the real one without breaking a Proxy invariant.
    const target = ((): void => {}) as unknown as Callable;
    Object.defineProperty(target, 'name', { value: first.name, configurable: true });
    Object.defineProperty(target, 'length', { value: first.length, configurable: true });
    const isClass = /^class\b/.test(Function.prototype.toString.call(first));
    if (!isClass) {
      return new Proxy(target, {
        apply: (_, self, args) => this.#around(() => Reflect.apply(current(), self, args), path),
      });
    }
    return this.#class(current as unknown as () => Constructor, path);
  }

  #class(current: () => Constructor, path: string): object {
    const members = new Map<Key, object>();
    const shimmed: Constructor = new Proxy(class {} as Constructor, {
      construct: (own, args, newTarget) =>
        this.#around(() => Reflect.construct(current(), args, newTarget === shimmed || newTarget === own ? current() : newTarget), path),
      get: (own, key) => {
        // Subclasses and `instanceof` need a prototype that a Proxy invariant ties to its own target; `instanceof` is answered below.
        if (key === 'prototype') return own.prototype;
        if (key === Symbol.hasInstance) return (value: unknown) => value instanceof current();
        return this.#member(members, current as () => object, key, path);
      },
      has: (_, key) => Reflect.has(current(), key),
    });
    return shimmed;
  }
}
