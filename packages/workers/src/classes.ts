import type { Target } from './target.js';

/** What wasm-bindgen adds to each class, and what JavaScript has there. */
const NOT_OURS = /^(?:constructor|free|__.*)$/;

/** Adds a method, as a class has them. */
export function method<T extends object>(prototype: T, name: string, value: (this: T, ...args: unknown[]) => unknown): void {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
}

/**
 * Gives a class of workerd's the methods and properties of an exported class: the runtime looks at the prototype for what events an object takes,
 * and for what others may call.
 */
export function forward(prototype: object, exported: object, targetOf: (self: object) => Target): void {
  for (const [key, { value, get, set }] of Object.entries(Object.getOwnPropertyDescriptors(exported))) {
    if (NOT_OURS.test(key)) continue;
    if (typeof value === 'function') {
      method(prototype, key, function (...args) {
        return targetOf(this).call(key, args);
      });
      continue;
    }
    const read = function (this: object): unknown {
      return targetOf(this).read(key);
    };
    const write = function (this: object, given: unknown): void {
      targetOf(this).write(key, given);
    };
    Object.defineProperty(prototype, key, { ...(get && { get: read }), ...(set && { set: write }), configurable: true });
  }
}
