import { bare, define, type SiblingClass, type SiblingExports, type SiblingFacade } from '@wasm-revive/kernel';

type Class = abstract new (...args: unknown[]) => object;

/**
 * What a module exports, as a sibling has it: its functions and classes call the sibling; everything else (enums, say) is the module's own.
 * A class has the prototype of the façade's, so that `instanceof` and methods are the same for all instances; it has statics of its own, and what
 * the program writes on it stays there. Its base class is the sibling's, too.
 */
export function siblingExports({ forwarded, exported }: SiblingFacade, own: SiblingExports): object {
  const names = new Map<unknown, string>(Object.entries(forwarded()).map(([name, value]) => [value, name]));
  const siblings = new Map<unknown, unknown>();
  const siblingOf = (value: unknown): unknown => {
    if (siblings.has(value)) return siblings.get(value);
    const name = names.get(value);
    if (name === undefined) return namespaceOf(value);
    const forwarding = own[name] as SiblingExports[string];
    const made = typeof forwarding === 'function' ? forwarding : classOf(value as Class, forwarding, siblingOf);
    siblings.set(value, made);
    return made;
  };
  /** An object that has functions of the module in it, as `js_namespace` makes them, is one of the sibling's functions. */
  const namespaceOf = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype) return value;
    const copy = {};
    // First, for the program may have put it into itself.
    siblings.set(value, copy);
    if (copyInto(copy, value, siblingOf)) return Object.freeze(copy);
    siblings.set(value, value);
    return value;
  };
  const all = bare({});
  copyInto(all, exported(), siblingOf);
  return Object.freeze(all);
}

/** Copies what is enumerable, and says whether it has become anything else. Accessors, which the program may have put there, are not run. */
function copyInto(copy: object, original: object, map: (value: unknown) => unknown): boolean {
  let isOther = false;
  for (const [key, property] of propertiesOf(original)) {
    if (!property.enumerable) continue;
    const value: unknown = map(property.value);
    if (value !== property.value) isOther = true;
    define(copy, key, Object.hasOwn(property, 'value') ? { ...property, value } : property);
  }
  return isOther;
}

function classOf(facade: Class, { construct, statics }: SiblingClass, siblingOf: (value: unknown) => unknown): Class {
  Object.setPrototypeOf(construct, siblingOf(Object.getPrototypeOf(facade)) as object);
  define(construct, 'prototype', { value: facade.prototype as object, writable: false });
  define(construct, 'name', { value: facade.name });
  // As a class has them.
  for (const [key, property] of propertiesOf(statics)) define(construct, key, { ...property, enumerable: false });
  return construct;
}

function propertiesOf(object: object): [PropertyKey, PropertyDescriptor][] {
  return Reflect.ownKeys(object).map((key) => [key, Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor]);
}
