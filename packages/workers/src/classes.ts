import type { Target } from './target.js';

type Method = (this: object, ...args: unknown[]) => unknown;

/** What wasm-bindgen adds to each class, and what JavaScript has there. */
const NOT_OURS = /^(?:constructor|free|__.*)$/;

/**
 * Gives a class of workerd's the methods and properties of an exported class: the runtime looks at the prototype for what events an object takes,
 * and for what others may call. A property of the same name in `shimmed` stays.
 */
export function forward(shimmed: object, exported: object, targetOf: (self: object) => Target): void {
  for (const [key, { value, get, set }] of Object.entries(Object.getOwnPropertyDescriptors(exported))) {
    if (NOT_OURS.test(key)) continue;
    const read: Method = function () {
      return targetOf(this).read(key);
    };
    const write: Method = function (given) {
      targetOf(this).write(key, given);
    };
    const run: Method = function (...args) {
      return targetOf(this).call(key, args);
    };
    const accessors = { ...(get && { get: read }), ...(set && { set: write }) };
    Object.defineProperty(shimmed, key, {
      ...(typeof value === 'function' ? { value: run, writable: true } : accessors),
      configurable: true,
    });
  }
}
