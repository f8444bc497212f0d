import { define, freeze } from './intrinsics.js';

/** Opens a {@link Source}. Only this module can. */
let open: <V>(source: Source<V>) => V;

/**
 * What a property is worked out from, and what it is from then on. Nobody can get at what it is worked out from: it may hold what a redaction
 * has taken out.
 */
class Source<V> {
  /** Undefined once it is worked out: what it was worked out from may hold much. */
  #workOut: (() => V) | undefined;
  #value: V | undefined;

  constructor(workOut: () => V) {
    this.#workOut = workOut;
  }

  static {
    open = (source) => {
      if (source.#workOut !== undefined) source.#value = freeze(source.#workOut());
      source.#workOut = undefined;
      return source.#value as never;
    };
  }
}

/**
 * A property that is worked out when it is first read, of an object that may be frozen, as is what it is worked out to. To whoever reads, `JSON.stringify` and
 * `structuredClone` included, it is like any other. Gives the function that adds it to an object, with what it is to be worked out from.
 *
 * Note: one getter for all objects, which finds its source in them. With a getter each, V8 makes a hidden class for each. In the object, and
 * not in a `WeakMap`: so it is found through a `Proxy`, too.
 */
export function lazyProperty<K extends string, S, V>(
  key: K,
  workOut: (source: S) => V,
): <T extends object>(target: T, source: S) => T & { readonly [P in K]: V } {
  const SOURCE = Symbol(key);
  function get(this: { readonly [SOURCE]: Source<V> }): V {
    return open(this[SOURCE]);
  }
  return (target, source) => {
    define(target, SOURCE, { value: new Source(() => workOut(source)) });
    return define(target, key, { get, enumerable: true }) as typeof target & { readonly [P in K]: V };
  };
}
