/**
 * A property that is worked out when it is first read. To whoever reads, `JSON.stringify` and `structuredClone` included, it is like any
 * other. Gives the function that adds it to an object, with what it is to be worked out from.
 *
 * Note: one getter for all objects, which finds its source in them. With a getter each, V8 makes a hidden class for each.
 */
export function lazyProperty<K extends string, S, V>(
  key: K,
  workOut: (source: S) => V,
): <T extends object>(target: T, source: S) => T & { readonly [P in K]: V } {
  const SOURCE = Symbol(key);
  const descriptor: PropertyDescriptor = {
    enumerable: true,
    configurable: true,
    get(this: { readonly [SOURCE]: S }) {
      const value = workOut(this[SOURCE]);
      // Not where the program has frozen it: then it is worked out anew.
      Reflect.defineProperty(this, key, { value, enumerable: true, configurable: true });
      return value;
    },
  };
  return (target, source) => {
    Object.defineProperty(target, SOURCE, { value: source });
    return Object.defineProperty(target, key, descriptor) as typeof target & { readonly [P in K]: V };
  };
}
