import { define, store } from './intrinsics.js';

/** Opens a {@link Source}. Only this module can. */
let open: <S>(source: Source<S>) => S;

/** What a property is worked out from, where nobody can get at it: it may hold what a redaction has taken out. */
class Source<S> {
  readonly #value: S;

  constructor(value: S) {
    this.#value = value;
  }

  static {
    open = (source) => source.#value;
  }
}

/**
 * A property that is worked out when it is first read. To whoever reads, `JSON.stringify` and `structuredClone` included, it is like any
 * other. Gives the function that adds it to an object, with what it is to be worked out from.
 *
 * Note: one getter for all objects, which finds its source in them. With a getter each, V8 makes a hidden class for each. In the object, and
 * not in a `WeakMap`: so it is found through a `Proxy`, too.
 */
export function lazyProperty<K extends string, S, V>(
  key: K,
  workOut: (source: S) => V,
): <T extends object>(target: T, source: S) => T & { readonly [P in K]: V } {
  const SOURCE = Symbol(key);
  function get(this: { readonly [SOURCE]: Source<S> }): V {
    const value = workOut(open(this[SOURCE]));
    // Where the program has frozen it, it is worked out anew.
    store(this, key, value);
    return value;
  }
  return (target, source) => {
    define(target, SOURCE, { value: new Source(source) });
    return define(target, key, { get, enumerable: true, configurable: true }) as typeof target & { readonly [P in K]: V };
  };
}
