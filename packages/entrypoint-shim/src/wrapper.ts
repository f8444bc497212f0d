import { bare, define } from '@wasm-revive/kernel';
import type { ShimOptions } from './options.js';

type Around = NonNullable<ShimOptions['around']>;
type Callable = (...args: unknown[]) => unknown;

/** Puts `around` around calls, and gives each object that is wrapped one wrapper, so that identities hold. */
export class Wrapper {
  readonly around: Around;
  readonly #wrapped = new WeakMap<object, object>();
  readonly #originals = new WeakMap<object, object>();

  constructor(around: Around) {
    this.around = around;
  }

  /** A property, inside of `around` where reading it runs the target's code. */
  read(target: object, key: PropertyKey, path: string): unknown {
    return isAccessor(target, key)
      ? this.around(() => Reflect.get(target, key, target), path, [], target)
      : Reflect.get(target, key, target);
  }

  /**
   * A function that stays the same, and calls whatever `current()` gives by then. Named and counted like the first.
   * @param self what it is called on; by default what the caller calls it on, or the object behind that
   * @param isOwn whether what the caller calls it on is what `path` begins with, and no object with data of its own
   */
  callable(
    current: () => Callable,
    first: object,
    path: string,
    self = (caller: unknown): unknown => this.original(caller),
    isOwn = (_caller: unknown): boolean => false,
  ): object {
    const run: Callable = () => undefined;
    for (const property of ['name', 'length']) {
      define(run, property, { value: Reflect.get(first, property), configurable: true });
    }
    return new Proxy(
      run,
      bare<ProxyHandler<Callable>>({
        apply: (_, caller, args: unknown[]) =>
          this.result(
            this.around(
              () => Reflect.apply(current(), self(caller), this.originals(args)),
              path,
              args,
              isOwn(caller) ? undefined : self(caller),
            ),
            path,
          ),
      }),
    );
  }

  /** An object whose methods and accessors run inside `around`, always its own: they are looked up on the object itself. */
  object(target: object, path: string): object {
    const known = this.#wrapped.get(target);
    if (known !== undefined) return known;
    const methods = new Map<PropertyKey, { of: object; shim: object }>();
    const wrapped = new Proxy(
      target,
      bare<ProxyHandler<object>>({
        get: (_, key) => {
          const where = `${path}.${String(key)}`;
          const value = this.read(target, key, where);
          if (typeof value !== 'function' || key === 'constructor') return value;
          const method = methods.get(key);
          if (method?.of === value) return method.shim;
          const shim = this.callable(() => value as Callable, value, where);
          methods.set(key, { of: value, shim });
          return shim;
        },
        set: (_, key, value) => this.around(() => Reflect.set(target, key, value, target), `${path}.${String(key)}`, [value], target),
      }),
    );
    this.#wrapped.set(target, wrapped);
    this.#originals.set(wrapped, target);
    return wrapped;
  }

  /** The object behind a wrapper: code of the target has to see its own. */
  original(value: unknown): unknown {
    return typeof value === 'object' && value !== null ? (this.#originals.get(value) ?? value) : value;
  }

  /** What code of the target is given. */
  originals(args: readonly unknown[]): unknown[] {
    return args.map((arg) => this.original(arg));
  }

  /** An iterator runs the target's code at every step; anything else that a call returns is the caller's as it is. */
  result(value: unknown, path: string): unknown {
    const isIterator =
      typeof value === 'object' &&
      value !== null &&
      typeof Reflect.get(value, 'next') === 'function' &&
      (Symbol.iterator in value || Symbol.asyncIterator in value);
    return isIterator ? this.object(value, path) : value;
  }
}

function isAccessor(target: object, key: PropertyKey): boolean {
  for (let at: object | null = target; at !== null; at = Reflect.getPrototypeOf(at)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(at, key);
    if (descriptor !== undefined) return descriptor.get !== undefined;
  }
  return false;
}
