/**
 * Values of JavaScript that Rust holds, as JSON, by which another process makes the same: what is held twice there is one object here, too.
 *
 * Plain data is copied. An object of the host has its name ({@link globalPaths}), and so has what the program gives. A closure of the instance's
 * Rust is made anew by the glue, from where in memory it is. Of promises only those can be told that Rust has made of a value which is no object: they are settled.
 */

import { hasOwn, own } from '../program/intrinsics.js';
import { describeThrown, lookAt, tagOf } from '../program/thrown.js';
import { type GlobalPath, globalAt, globalPaths } from './global-paths.js';

/** A value. Anything that is what it is by its identity is written once, see {@link MadeValue}. */
export type CarriedValue =
  | null
  | boolean
  | number
  | string
  | readonly ['undefined']
  | readonly ['number' | 'bigint', text: string]
  | readonly ['object', place: number];

/** How an object is made. */
export type MadeValue =
  | readonly ['global', path: GlobalPath, type: string]
  | readonly ['given', name: string]
  | readonly ['symbol', key: string]
  | readonly ['closure', closure: CarriedClosure]
  | readonly ['promise', value: CarriedValue]
  | readonly ['array', length: number, elements: readonly (readonly [index: number, value: CarriedValue])[]]
  | readonly ['object', hasPrototype: boolean, properties: readonly (readonly [name: string, value: CarriedValue])[]]
  | readonly ['map', entries: readonly (readonly [key: CarriedValue, value: CarriedValue])[]]
  | readonly ['set', values: readonly CarriedValue[]]
  | readonly ['date', time: CarriedValue]
  | readonly ['regexp', source: string, flags: string, lastIndex: number]
  | readonly ['buffer', bytes: string]
  | readonly ['view', type: string, buffer: CarriedValue, offset: number, length: number];

/** A closure of the instance's Rust: which of those that the glue makes, and where its data and its functions are. */
export interface CarriedClosure {
  readonly form: number;
  /** 0: Rust has dropped it. */
  readonly a: number;
  readonly b: number;
  /** Whether it runs the futures. */
  readonly isExecutor: boolean;
}

/** What an instance knows of values that are its own. */
export interface OwnValues {
  /** Undefined where it is none, or can't be made anew. */
  closure(value: unknown): CarriedClosure | undefined;
  /** What a promise is settled with, in a list of one; undefined where nobody knows. */
  settledWith(value: unknown): readonly [unknown] | undefined;
  /** The name under which the other process gives its own; undefined where the program has named no such object. */
  given(value: unknown): string | undefined;
  /** Whether it is the instance's memory: a view of that is no data. */
  isMemory(buffer: unknown): boolean;
}

/** Values by their places. Where nothing is said of one, it is null. */
export interface CarriedValues {
  readonly length: number;
  readonly values: readonly (readonly [place: number, value: CarriedValue])[];
  readonly objects: readonly MadeValue[];
}

/**
 * Objects of the program's that Rust holds, and of which another process has its own, by a name that both have agreed on. The name of one that is given
 * twice is the first.
 */
export type Given = Readonly<Record<string, unknown>>;

/** What is carried, and what can't be: `2 Promise, 1 function in an array`. */
export interface Carrying {
  readonly carried: CarriedValues;
  readonly left: readonly string[];
}

/** Nothing is nested deeper that is carried. */
const DEEPEST = 500;

const VIEWS: readonly string[] = [
  ...['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array'],
  ...['Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'DataView'],
];

/** Objects of the host that were found already: to look for one is to look at all of them, and who saves again and again holds the same. */
const pathsSoFar = new WeakMap<object, GlobalPath>();

/** Writes values down. Reading them runs nothing of the program's, unless it gave Rust a proxy. */
export function carry(values: readonly unknown[], owner: OwnValues): Carrying {
  return new Carrier(values, owner).carry();
}

class Carrier {
  readonly #values: readonly unknown[];
  readonly #owner: OwnValues;
  #globals: Map<unknown, GlobalPath> | undefined;
  readonly #places = new Map<unknown, CarriedValue>();
  readonly #objects: MadeValue[] = [];
  readonly #left: string[] = [];

  constructor(values: readonly unknown[], owner: OwnValues) {
    this.#values = values;
    this.#owner = owner;
  }

  carry(): Carrying {
    const values = this.#values.flatMap((value, place): [number, CarriedValue][] =>
      value === null ? [] : [[place, this.#word(value, '', 0)]],
    );
    return { carried: { length: this.#values.length, values, objects: this.#objects }, left: this.#left };
  }

  /** @param within what holds it, as `left` says it */
  #word(value: unknown, within: string, depth: number): CarriedValue {
    switch (typeof value) {
      case 'undefined':
        return ['undefined'];
      case 'bigint':
        return ['bigint', String(value)];
      case 'number':
        // JSON knows no others.
        return Number.isFinite(value) && !Object.is(value, -0) ? value : ['number', Object.is(value, -0) ? '-0' : String(value)];
      case 'boolean':
      case 'string':
        return value;
      default:
        return value === null ? null : this.#object(value as object | symbol, within, depth);
    }
  }

  #object(value: object | symbol, within: string, depth: number): CarriedValue {
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    const place = this.#objects.length;
    const word: CarriedValue = ['object', place];
    this.#places.set(value, word);
    // What is in it may lead back to it.
    this.#objects.push(['symbol', '']);
    const made = depth > DEEPEST ? undefined : lookAt(() => this.#make(value, depth), undefined);
    if (made === undefined) this.#left.push(`${kindOf(value)}${within}`);
    else this.#objects[place] = made;
    return word;
  }

  #make(value: object | symbol, depth: number): MadeValue | undefined {
    const closure = this.#owner.closure(value);
    if (closure !== undefined) return ['closure', closure];
    const given = this.#owner.given(value);
    if (given !== undefined) return ['given', given];
    const settled = this.#owner.settledWith(value);
    if (settled !== undefined) return ['promise', this.#word(settled[0], ' in a promise', depth + 1)];
    const path = this.#pathOf(value);
    if (path !== undefined) return ['global', path, typeof value];
    if (typeof value === 'symbol') {
      const key = Symbol.keyFor(value);
      return key === undefined ? undefined : ['symbol', key];
    }
    return typeof value === 'function' ? undefined : this.#data(value, depth);
  }

  #pathOf(value: object | symbol): GlobalPath | undefined {
    const before = typeof value === 'symbol' ? undefined : pathsSoFar.get(value);
    if (before !== undefined && globalAt(before) === value) return before;
    this.#globals ??= globalPaths();
    const path = this.#globals.get(value);
    if (path !== undefined && typeof value !== 'symbol') pathsSoFar.set(value, path);
    return path;
  }

  #data(value: object, depth: number): MadeValue | undefined {
    const inner = (part: unknown, kind: string): CarriedValue => this.#word(part, ` in ${kind}`, depth + 1);
    const prototype: unknown = Object.getPrototypeOf(value);
    const properties = plainProperties(value);
    if (properties === undefined) return undefined;
    if (Array.isArray(value)) {
      if (prototype !== Array.prototype) return undefined;
      const { length } = value;
      const elements = properties.map(([name, element]): [number, CarriedValue] => [Number(name), inner(element, 'an array')]);
      // A name that is no index, such as '01', is a property of its own.
      const areIndices = properties.every(([name]) => name === String(Number(name) >>> 0) && Number(name) < length);
      return areIndices ? ['array', length, elements] : undefined;
    }
    if (prototype === Object.prototype || prototype === null) {
      if (tagOf(value) !== '[object Object]') return undefined;
      return [
        'object',
        prototype !== null,
        properties.map(([name, property]): [string, CarriedValue] => [name, inner(property, 'an object')]),
      ];
    }
    const view = VIEWS.find(
      (name) => prototype === (globalThis as unknown as Record<string, { prototype: unknown } | undefined>)[name]?.prototype,
    );
    if (view !== undefined) return this.#view(view, value as Uint8Array, depth);
    if (properties.length > 0) return undefined;
    switch (prototype) {
      case Map.prototype:
        return [
          'map',
          [...Map.prototype.entries.call(value)].map(([key, entry]): [CarriedValue, CarriedValue] => [
            inner(key, 'a Map'),
            inner(entry, 'a Map'),
          ]),
        ];
      case Set.prototype:
        return ['set', [...Set.prototype.values.call(value)].map((entry) => inner(entry, 'a Set'))];
      case Date.prototype:
        return ['date', inner(Date.prototype.getTime.call(value), 'a Date')];
      case RegExp.prototype: {
        const { source, flags, lastIndex } = value as RegExp;
        return ['regexp', source, flags, lastIndex];
      }
      case ArrayBuffer.prototype:
        if (this.#owner.isMemory(value) || (value as { resizable?: boolean }).resizable === true) return undefined;
        return ['buffer', textOf(new Uint8Array((value as ArrayBuffer).slice(0)))];
      default:
        return undefined;
    }
  }

  #view(type: string, value: Uint8Array, depth: number): MadeValue | undefined {
    const { buffer, byteOffset, byteLength } = value;
    if (this.#owner.isMemory(buffer)) return undefined;
    const length = type === 'DataView' ? byteLength : value.length;
    return ['view', type, this.#word(buffer, ` in a ${type}`, depth + 1), byteOffset, length];
  }
}

/** What an object has, where a copy can have the same: of an element of a `RegExp` or a view nothing is said. Undefined where it can't. */
function plainProperties(value: object): [name: string, value: unknown][] | undefined {
  if (!Object.isExtensible(value) || Object.getOwnPropertySymbols(value).length > 0) return undefined;
  if (ArrayBuffer.isView(value)) return [];
  const built = Array.isArray(value) ? 'length' : value instanceof RegExp ? 'lastIndex' : undefined;
  const all = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(([name]) => name !== built);
  const arePlain = all.every(([, { value: _, enumerable, writable, configurable }]) => enumerable && writable && configurable);
  return arePlain ? all.map(([name, descriptor]) => [name, descriptor.value as unknown]) : undefined;
}

/** What makes values that are an instance's own. */
export interface OwnMaker {
  closure(closure: CarriedClosure): unknown;
  /** A promise that is settled with a value which is no object. */
  promise(value: unknown): unknown;
}

/**
 * Makes the values, as far as nothing of an instance is needed for them, so that what can fail does before anything is changed. Gives what makes
 * the rest, once.
 * @param forms how many kinds of closures there are
 * @param given what the program gives, by names
 * @throws RangeError where the host or the program has no such object, or the module no such closure
 */
export function prepareValues({ length, values, objects }: CarriedValues, forms: number, given: Given): (maker: OwnMaker) => unknown[] {
  const all = objects.map((made) => emptyOf(made, forms, given));
  const value = (word: CarriedValue): unknown => {
    if (!Array.isArray(word)) return word;
    const [kind, text] = word as Exclude<CarriedValue, null | boolean | number | string>;
    if (kind === 'undefined') return undefined;
    if (kind === 'bigint') return BigInt(text as string);
    return kind === 'number' ? Number(text) : all[text as number];
  };
  objects.forEach((made, place) => {
    if (made[0] === 'view') all[place] = viewOf(made, value(made[2]) as ArrayBuffer);
  });
  return (maker) => {
    objects.forEach((made, place) => {
      if (made[0] === 'closure') all[place] = maker.closure(made[1]);
      else if (made[0] === 'promise') all[place] = maker.promise(value(made[1]));
    });
    objects.forEach((made, place) => {
      fill(made, all[place], value);
    });
    const references: unknown[] = Array.from({ length }, () => null);
    for (const [place, word] of values) references[place] = value(word);
    return references;
  };
}

function globalOf(path: GlobalPath, type: string): unknown {
  const value = globalAt(path);
  if (value === null || typeof value !== type)
    throw new RangeError(`Rust holds \`${['globalThis', ...path].join('.')}\`, and this host has none`);
  return value;
}

/** The object, still without what is in it; undefined for one that needs others, or an instance. */
function emptyOf(made: MadeValue, forms: number, given: Given): unknown {
  switch (made[0]) {
    case 'global':
      return globalOf(made[1], made[2]);
    case 'given':
      if (!hasOwn(given, made[1])) throw new RangeError(`Rust holds what was given as \`${made[1]}\`, and nothing is given by that name`);
      return given[made[1]];
    case 'symbol':
      return Symbol.for(made[1]);
    case 'array':
      return new Array(made[1]);
    case 'object':
      return made[1] ? {} : Object.create(null);
    case 'map':
      return new Map();
    case 'set':
      return new Set();
    case 'date':
      return new Date(Number(Array.isArray(made[1]) ? made[1][1] : made[1]));
    case 'regexp':
      return Object.assign(new RegExp(made[1], made[2]), { lastIndex: made[3] });
    case 'buffer':
      return bytesOf(made[1]).buffer;
    case 'closure':
      if (!(made[1].form < forms)) throw new RangeError('a closure of it is one that this module has none of');
      return undefined;
    default:
      return undefined;
  }
}

function viewOf([, type, , offset, length]: Extract<MadeValue, readonly ['view', ...unknown[]]>, buffer: ArrayBuffer): unknown {
  const Type = (globalThis as unknown as Record<string, new (...args: unknown[]) => unknown>)[type];
  if (Type === undefined) throw new RangeError(`this host has no ${type}`);
  return new Type(buffer, offset, length);
}

function fill(made: MadeValue, object: unknown, value: (word: CarriedValue) => unknown): void {
  const put = (name: string | number, word: CarriedValue): void =>
    void Object.defineProperty(object, name, { value: value(word), enumerable: true, writable: true, configurable: true });
  switch (made[0]) {
    case 'array':
    case 'object':
      for (const [name, word] of made[2]) put(name, word);
      break;
    case 'map':
      for (const [key, word] of made[1]) (object as Map<unknown, unknown>).set(value(key), value(word));
      break;
    case 'set':
      for (const word of made[1]) (object as Set<unknown>).add(value(word));
      break;
    default:
  }
}

function textOf(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 8_192) pieces.push(String.fromCharCode(...bytes.subarray(at, at + 8_192)));
  return btoa(pieces.join(''));
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** As a person calls it: `Promise`, `Counter`, `function fetchAll`. */
function kindOf(value: unknown): string {
  if (typeof value === 'symbol') return 'symbol';
  if (typeof value === 'function') return 'function';
  if (value instanceof Error) return describeThrown(value).name;
  const tag = lookAt(() => tagOf(value).slice(8, -1), 'object');
  if (tag !== 'Object') return tag;
  const prototype = lookAt(() => Object.getPrototypeOf(value) as object | null, null);
  const made = prototype === null ? undefined : lookAt(() => own(prototype as { constructor?: unknown }, 'constructor'), undefined);
  const name = typeof made === 'function' ? made.name : '';
  return name === '' ? tag : name;
}
