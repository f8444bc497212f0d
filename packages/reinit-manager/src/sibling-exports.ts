import { bare, type SiblingClass, type SiblingExports, type SiblingFacade } from '@wasm-revive/kernel';

type Class = abstract new (...args: unknown[]) => object;

/**
 * What a module exports, as a sibling has it: its functions and classes call the sibling; everything else (enums, say) is the module's own.
 * A class is the façade's behind a `Proxy`: one class for all instances, so that `instanceof` and subclasses hold, and `new` and statics of
 * the sibling.
 */
export function siblingExports({ forwarded, exported }: SiblingFacade, own: SiblingExports): object {
  const names = new Map<unknown, string>(Object.entries(forwarded()).map(([name, value]) => [value, name]));
  const siblings = new Map<unknown, unknown>();
  const siblingOf = (value: unknown): unknown => {
    if (siblings.has(value)) return siblings.get(value);
    const name = names.get(value);
    const made = name === undefined ? namespaceOf(value, siblingOf) : asSibling(value as Class, own[name] as SiblingExports[string]);
    siblings.set(value, made);
    return made;
  };
  return mapped(exported(), siblingOf);
}

/** An object that has functions of the module in it, as `js_namespace` makes them, is one of the sibling's functions. */
function namespaceOf(value: unknown, siblingOf: (value: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  const fields = Object.values(value);
  return fields.some((field) => siblingOf(field) !== field) ? mapped(value, siblingOf) : value;
}

function mapped(record: object, map: (value: unknown) => unknown): object {
  const result: Record<string, unknown> = bare({});
  for (const [name, value] of Object.entries(record)) result[name] = map(value);
  return Object.freeze(result);
}

function asSibling(value: Class, own: SiblingExports[string]): unknown {
  return typeof own === 'function' ? own : classOf(value, own);
}

function classOf(facade: Class, { construct, statics }: SiblingClass): Class {
  const sibling: Class = new Proxy(
    facade,
    bare<ProxyHandler<Class>>({
      construct(target, args, newTarget: Class) {
        const made = newTarget === sibling ? target : newTarget;
        if (construct === undefined) return Reflect.construct(target as new () => object, args, made);
        // Note: as the façade's constructor does, which has nothing to do with a new object but to pass it on.
        const self = Object.create(made.prototype as object) as object;
        const result = construct(self, ...args);
        return typeof result === 'object' && result !== null ? result : self;
      },
      get: (target, key, receiver) =>
        Object.hasOwn(statics, key) ? Reflect.get(statics, key) : Reflect.get(target, key, receiver === sibling ? target : receiver),
      set: (target, key, value) => Reflect.set(Object.hasOwn(statics, key) ? statics : target, key, value),
    }),
  );
  return sibling;
}
