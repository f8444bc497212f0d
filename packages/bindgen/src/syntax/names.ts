/** Names come from file names, from Rust's `js_name`s and from a wasm file: any text. Here they become text that is safe to emit. */

/** What needs no quotes as a property's name. */
const PLAIN = /^[A-Za-z_$][\w$]*$/;

/** A name as the key of a property in an object literal. Written as a plain key, `__proto__` would set the prototype. */
export function propertyKey(name: string): string {
  if (name === '__proto__') return '["__proto__"]';
  return PLAIN.test(name) ? name : JSON.stringify(name);
}

/** A property of an object, to be read: `$exports.greet`, `$exports["a b"]`. */
export function memberPath(object: string, name: string): string {
  return PLAIN.test(name) ? `${object}.${name}` : `${object}[${JSON.stringify(name)}]`;
}

/**
 * An assignment to a property of an object that inherits what objects do: there, `__proto__` is its prototype, and where the program has frozen
 * that, what has the name of one of its methods can't be assigned.
 */
export function setProperty(object: string, name: string, value: string): string {
  if (!(name in Object.prototype)) return `${memberPath(object, name)} = ${value}`;
  const rest = 'writable: true, enumerable: true, configurable: true';
  return `globalThis.Object.defineProperty(${object}, ${JSON.stringify(name)}, { __proto__: null, value: ${value}, ${rest} })`;
}

/**
 * The relative URL of a file in the same folder. In the address of a source map a line end would end the comment that holds it, and what
 * follows would run; `#`, `?` and `%` mean something else in every URL.
 */
export function urlOfFile(file: string): string {
  return file.split('/').map(encodeSegment).join('/');
}

function encodeSegment(segment: string): string {
  try {
    return encodeURIComponent(segment);
  } catch {
    // Half of a surrogate pair, of which no URL can be made.
    return encodeURIComponent(segment.replaceAll(/\p{Surrogate}/gu, '\u{fffd}'));
  }
}

/** Gives names that nothing else has: `base`, or `base$2` and so on. */
export class UniqueNames {
  readonly #taken: Set<string>;

  /** @param taken names that are in use already */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** A name that has not been given before. */
  take(base: string): string {
    let name = base;
    for (let n = 2; this.#taken.has(name); n++) name = `${base}$${n}`;
    this.#taken.add(name);
    return name;
  }
}
