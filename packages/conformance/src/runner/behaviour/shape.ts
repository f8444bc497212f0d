/** Names, kinds, arities: what tools and habits see of a package. */
import type { AnyClass } from './all-fixtures.ts';
import type { Use } from './behaviour.ts';

/** Only what is transformed has it. */
const OURS = new Set(['__revive']);

function names(object: object): string[] {
  return Object.keys(object).filter((name) => !OURS.has(name));
}

function classes(ns: object): [string, AnyClass][] {
  return Object.entries(ns).filter((entry): entry is [string, AnyClass] => {
    const [name, value] = entry as [string, unknown];
    return !OURS.has(name) && typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
  });
}

function members(object: object): string[] {
  return Reflect.ownKeys(object)
    .map((key) => {
      const { value, get, set, enumerable, writable } = Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor;
      const kind =
        typeof value === 'function'
          ? `${value.name}/${value.length}`
          : value !== undefined
            ? typeof value
            : `${get ? 'get' : ''}${set ? 'set' : ''}`;
      return `${String(key)} ${kind} ${enumerable ? 'enumerable' : ''} ${writable ? 'writable' : ''}`;
    })
    .sort();
}

export const SHAPE: Readonly<Record<string, Use>> = {
  'names of the exports, in order': (ns) => names(ns),
  'kinds of the exports': (ns) => names(ns).map((name) => typeof (ns as unknown as Record<string, unknown>)[name]),
  'names and lengths of the functions': (ns) =>
    Object.entries(ns)
      .filter(([name, value]) => !OURS.has(name) && typeof value === 'function')
      .map(([name, value]: [string, { name: string; length: number }]) => `${name}: ${value.name}/${value.length}`),
  'static members of the classes': (ns) => classes(ns).map(([name, cls]) => `${name}: ${members(cls).join()}`),
  'members of the classes': (ns) => classes(ns).map(([name, cls]) => `${name}: ${members(cls.prototype as object).join()}`),
  'what the classes extend': (ns) =>
    classes(ns).map(([name, cls]) => `${name} ${String((Object.getPrototypeOf(cls) as { name: string }).name)}`),
  'a derived class extends the very class that is exported': (ns) => Object.getPrototypeOf(ns.Dog) === ns.Animal,
  'Symbol.dispose is free': (ns) =>
    classes(ns).map(([name, { prototype }]) => {
      const methods = prototype as { free?: unknown; [Symbol.dispose]?: unknown };
      return `${name} ${Symbol.dispose === undefined ? 'no symbol' : methods[Symbol.dispose] === methods.free}`;
    }),
  'an enum': (ns) => [ns.Color, Object.isFrozen(ns.Color), ns.Color[0], ns.Color[7]],
  'a namespace': (ns) => [Object.keys(ns.geometry), Object.keys(ns.geometry.flat)],
  'the kinds of failure': (ns) => ns.fail_kinds(),
};
