/**
 * The arguments of a call as JSON, where they are plain data. Equal arguments give the same text, others another one.
 *
 * What JSON has is itself. All else is an object with a tag, `$`:
 *
 * ```text
 * undefined                  {"$":"undefined"}
 * NaN, -0, Infinity          {"$":"number","value":"NaN"}
 * a bigint                   {"$":"bigint","value":"123"}
 * holes of an array          {"$":"holes","count":2}, between the items
 * bytes                      {"$":"Uint8Array","base64":"…"}; the same for every typed array, ArrayBuffer and DataView
 * Date, Map, Set             {"$":"Date","value":0}, {"$":"Map","entries":[[…,…]]}, {"$":"Set","values":[…]}
 * an object with a key `$`   {"$":"object","entries":[["$",…]]}
 * one without a prototype    {"$":"bare","entries":[…]}
 * ```
 *
 * Keys, entries and values are in the order in which the object has them: Rust may see it.
 */
import { toBase64 } from './base64.js';
import { nameOfKind } from './kind-of.js';
import { Sha256 } from './sha-256.js';

/** How deep data may nest. Whoever reads it recurses, and there may be little stack. */
const DEEPEST = 500;

/** How much text is hashed at once, in UTF-16 code units. */
const BATCH = 8192;

/** A call as data. */
export interface EncodedCall {
  /** The SHA-256 of path and arguments, 64 hexadecimal digits. */
  readonly key: string;
  /** The arguments as JSON. Undefined where there would be more of it than was asked for. */
  readonly args: string | undefined;
}

/** Why there is no data of a call. */
export interface NotPlain {
  readonly notPlain: string;
}

/**
 * Reads the arguments of a call. Runs no code of the program's but the traps of a Proxy, and throws nothing.
 * @param longest how many bytes of JSON are kept
 */
export function encodeCall(path: string, args: readonly unknown[], longest: number): EncodedCall | NotPlain {
  try {
    return new Encoder(longest).call(path, args);
  } catch (error) {
    if (error instanceof Refusal) return { notPlain: error.why };
    return { notPlain: 'the arguments could not be read: a Proxy among them has thrown, or there was no room on the stack' };
  }
}

/** Note: no `Error`, which would have its stack taken for nothing. */
class Refusal {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/**
 * Getters that tell what an object is by what it has inside, whatever its prototype says.
 * Note: pure, so that a bundle without a quarantine has nothing of it.
 */
const INSIDE = /* @__PURE__ */ (() => {
  const TypedArray = Reflect.getPrototypeOf(Uint8Array.prototype) as object;
  const viewOf = (on: object) => ({
    buffer: getterOf(on, 'buffer'),
    byteOffset: getterOf(on, 'byteOffset'),
    byteLength: getterOf(on, 'byteLength'),
  });
  return {
    typedArrayName: getterOf(TypedArray, Symbol.toStringTag),
    typedArray: viewOf(TypedArray),
    dataView: viewOf(DataView.prototype),
    bufferLength: getterOf(ArrayBuffer.prototype, 'byteLength'),
  };
})();

function getterOf(on: object, key: PropertyKey): (this: unknown) => unknown {
  return Reflect.getOwnPropertyDescriptor(on, key)?.get as (this: unknown) => unknown;
}

class Encoder {
  readonly #hash = new Sha256();
  /** What has still to be hashed and kept. */
  #pending = '';
  /** The text of the arguments, as long as there is room for it. */
  #kept: string[] | undefined = [];
  #room: number;
  readonly #seen = new Set<object>();
  /** How the value that is being read is reached. */
  readonly #at: string[] = [];

  constructor(longest: number) {
    this.#room = longest;
  }

  call(path: string, args: readonly unknown[]): EncodedCall {
    this.#hash.update(utf8(JSON.stringify(path)));
    this.#list(args, (arg, index) => this.#child(`arguments[${index}]`, arg));
    this.#flush();
    return { key: this.#hash.hex(), args: this.#kept?.join('') };
  }

  #write(text: string): void {
    this.#pending += text;
    if (this.#pending.length >= BATCH) this.#flush();
  }

  #flush(): void {
    const bytes = utf8(this.#pending);
    this.#hash.update(bytes);
    this.#keep(bytes.length, () => this.#pending);
    this.#pending = '';
  }

  /** @param length of the text, in bytes */
  #keep(length: number, text: () => string): void {
    this.#room -= length;
    if (this.#room < 0) this.#kept = undefined;
    this.#kept?.push(text());
  }

  #list<T>(items: Iterable<T>, write: (item: T, index: number) => void): void {
    let index = 0;
    this.#write('[');
    for (const item of items) {
      if (index > 0) this.#write(',');
      write(item, index++);
    }
    this.#write(']');
  }

  #child(place: string, value: unknown): void {
    if (this.#at.push(place) > DEEPEST) throw new Refusal(`\`${this.#at[0]}\` is nested more than ${DEEPEST - 1} deep`);
    this.#value(value);
    this.#at.pop();
  }

  #value(value: unknown): void {
    if (typeof value === 'object' && value !== null) this.#object(value);
    else this.#write(textOf(value) ?? this.#refuse(`is a ${typeof value}`));
  }

  #object(value: object): void {
    // What is seen twice could be changed in one place and seen in the other.
    if (this.#seen.has(value)) this.#refuse('is in the arguments more than once');
    this.#seen.add(value);
    const typed = INSIDE.typedArrayName.call(value);
    const prototype = Reflect.getPrototypeOf(value);
    if (typeof typed === 'string') this.#bytes(typed, viewed(value, INSIDE.typedArray));
    else if (Array.isArray(value) && Array.isArray(prototype)) this.#array(value);
    else if (prototype === null || isObjectPrototype(prototype)) this.#plain(value, prototype === null);
    else this.#builtIn(value, prototype);
  }

  /** Of an object whose content isn't in properties. */
  #builtIn(value: object, prototype: object): void {
    if (Reflect.ownKeys(value).length > 0) this.#refuse(`is ${nameOfKind(value)}`);
    switch (prototype) {
      case ArrayBuffer.prototype:
        INSIDE.bufferLength.call(value);
        this.#bytes('ArrayBuffer', new Uint8Array(value as ArrayBuffer));
        break;
      case DataView.prototype:
        this.#bytes('DataView', viewed(value, INSIDE.dataView));
        break;
      case Date.prototype:
        this.#write(`{"$":"Date","value":${JSON.stringify(Date.prototype.getTime.call(value))}}`);
        break;
      case Map.prototype:
        this.#map(value as Map<unknown, unknown>);
        break;
      case Set.prototype:
        this.#set(value as Set<unknown>);
        break;
      default:
        this.#refuse(`is ${nameOfKind(value)}`);
    }
  }

  #array(array: readonly unknown[]): void {
    // Note: a loop over the indices would be endless for one that is nothing but a length.
    const indices = Reflect.ownKeys(array).filter((key) => key !== 'length');
    let next = 0;
    let isFirst = true;
    const begin = (): void => {
      if (!isFirst) this.#write(',');
      isFirst = false;
    };
    const holes = (end: number): void => {
      if (end === next) return;
      begin();
      this.#write(`{"$":"holes","count":${end - next}}`);
    };
    this.#write('[');
    for (const key of indices) {
      const index = typeof key === 'string' ? Number(key) : Number.NaN;
      if (!(index >= next) || String(index) !== key || index >= array.length) this.#refuse('is an array that has properties, too');
      holes(index);
      begin();
      this.#child(`[${index}]`, this.#read(array, key));
      next = index + 1;
    }
    holes(array.length);
    this.#write(']');
  }

  #plain(object: object, isBare: boolean): void {
    const all = Reflect.ownKeys(object).map((key) => {
      if (typeof key === 'symbol') return this.#refuse('has a symbol as a key');
      return [key, this.#read(object, key)] as const;
    });
    const isTagged = isBare || all.some(([key]) => key === '$');
    const field = (key: string, value: unknown): void =>
      this.#child(/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`, value);
    if (isTagged) {
      this.#write(`{"$":"${isBare ? 'bare' : 'object'}","entries":`);
      this.#list(all, ([key, value]) => {
        this.#write(`[${JSON.stringify(key)},`);
        field(key, value);
        this.#write(']');
      });
    } else {
      this.#write('{');
      for (const [index, [key, value]] of all.entries()) {
        this.#write(`${index > 0 ? ',' : ''}${JSON.stringify(key)}:`);
        field(key, value);
      }
    }
    this.#write('}');
  }

  #map(map: Map<unknown, unknown>): void {
    const entries: (readonly [unknown, unknown])[] = [];
    Map.prototype.forEach.call(map, (value, key) => entries.push([key, value]));
    this.#write('{"$":"Map","entries":');
    this.#list(entries, (entry, index) => this.#list(entry, (part, nth) => this.#child(`{${nth === 0 ? 'key' : 'value'} ${index}}`, part)));
    this.#write('}');
  }

  #set(set: Set<unknown>): void {
    const values: unknown[] = [];
    Set.prototype.forEach.call(set, (value) => values.push(value));
    this.#write('{"$":"Set","values":');
    this.#list(values, (value, index) => this.#child(`{value ${index}}`, value));
    this.#write('}');
  }

  /** Note: hashed as they are, which is faster than as text. The length in front tells where they end. */
  #bytes(kind: string, bytes: Uint8Array): void {
    this.#flush();
    this.#hash.update(utf8(`{"$":"${kind}","length":${bytes.length}}`)).update(bytes);
    const [before, after] = [`{"$":"${kind}","base64":"`, '"}'];
    this.#keep(before.length + Math.ceil(bytes.length / 3) * 4 + after.length, () => before + toBase64(bytes) + after);
  }

  /** A property, which may not be an accessor: that runs code of the program's. */
  #read(from: object, key: string | symbol): unknown {
    const descriptor = Reflect.getOwnPropertyDescriptor(from, key);
    if (descriptor === undefined || descriptor.get !== undefined || descriptor.set !== undefined) this.#refuse('has a getter or a setter');
    if (!descriptor?.enumerable) this.#refuse('has a property that is not enumerable');
    return descriptor?.value;
  }

  #refuse(why: string): never {
    throw new Refusal(`\`${this.#at.join('')}\` ${why}`);
  }
}

/** What is no object, as JSON. Undefined where it is no data. */
function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      if (Number.isFinite(value) && !Object.is(value, -0)) return String(value);
      return `{"$":"number","value":"${Object.is(value, -0) ? '-0' : value}"}`;
    case 'bigint':
      return `{"$":"bigint","value":"${value}"}`;
    case 'undefined':
      return '{"$":"undefined"}';
    case 'function':
    case 'symbol':
      return undefined;
    default:
      return JSON.stringify(value);
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Where the bytes are that a view shows. @throws where the view is not of that kind, or its memory is shared with other threads */
function viewed(view: object, { buffer, byteOffset, byteLength }: (typeof INSIDE)['typedArray']): Uint8Array {
  const memory = buffer.call(view) as ArrayBuffer;
  INSIDE.bufferLength.call(memory);
  return new Uint8Array(memory, byteOffset.call(view) as number, byteLength.call(view) as number);
}

/** Whether it is `Object.prototype`, of this realm or another. */
function isObjectPrototype(value: object): boolean {
  return value === Object.prototype || (Reflect.getPrototypeOf(value) === null && Object.hasOwn(value, 'isPrototypeOf'));
}
