import { bare, freeze, tryToDefine } from '../program/intrinsics.js';

/** Opens a {@link Source}. Only this module can. */
let open: <S, V>(source: Source<S, V>) => V;

/**
 * What a property is worked out from, and what it is from then on. Nobody can get at what it is worked out from: it may hold what a redaction
 * has taken out.
 */
class Source<S, V> {
  /** Undefined once it is worked out: what it was worked out from may hold much. */
  #workOut: ((source: S) => V) | undefined;
  #value: unknown;

  constructor(source: S, workOut: (source: S) => V) {
    this.#value = source;
    this.#workOut = workOut;
  }

  static {
    open = (source) => {
      const workOut = source.#workOut;
      if (workOut !== undefined) {
        source.#value = freeze(workOut(source.#value as never));
        source.#workOut = undefined;
      }
      return source.#value as never;
    };
  }
}

/** Reused, for a descriptor costs as much as the definition. */
const hidden: PropertyDescriptor = bare({ value: undefined });

/**
 * A property that is worked out when it is first read, of an object that may be frozen, as is what it is worked out to. To whoever reads, `JSON.stringify` and
 * `structuredClone` included, it is like any other. Gives the function that adds it to an object, with what it is to be worked out from; an
 * object that the program has frozen stays without it.
 *
 * Note: one getter for all objects, which finds its source in them. With a getter each, V8 makes a hidden class for each. In the object, and
 * not in a `WeakMap`: so it is found through a `Proxy`, too.
 */
export function lazyProperty<K extends string, S, V>(
  key: K,
  workOut: (source: S) => V,
): <T extends object>(target: T, source: S) => T & { readonly [P in K]: V } {
  const SOURCE = Symbol(key);
  function get(this: { readonly [SOURCE]: Source<S, V> }): V {
    return open(this[SOURCE]);
  }
  const lazy: PropertyDescriptor = bare({ get, enumerable: true, configurable: true });
  return (target, source) => {
    hidden.value = new Source(source, workOut);
    if (tryToDefine(target, SOURCE, hidden)) tryToDefine(target, key, lazy);
    hidden.value = undefined;
    return target as typeof target & { readonly [P in K]: V };
  };
}
