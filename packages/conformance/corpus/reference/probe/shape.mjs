/**
 * The outside of a value, as a user can tell it: names, kinds, arities. What begins with two underscores is glue's own business, except at
 * the top, where it is exported.
 *
 * @param {unknown} value
 * @param {number} [depth]
 * @returns {unknown} plain JSON
 */
export function shape(value, depth = 0) {
  if (typeof value === 'function') return functionShape(value);
  if (typeof value !== 'object' || value === null) return `${typeof value} ${String(value)}`;
  if (depth > 4) return 'object';
  // Wasm's own exports, which debug glue gives out as `__wasm`: functions named by number, of which a name's presence is all one relies on.
  if (Reflect.get(value, 'memory') instanceof WebAssembly.Memory)
    return { wasm: Object.fromEntries(Object.keys(value).map((name) => [name, typeof Reflect.get(value, name)])) };
  return {
    frozen: Object.isFrozen(value),
    members: Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((name) => [name, shape(Reflect.get(value, name), depth + 1)]),
    ),
  };
}

/** @param {Function} value */
function functionShape(value) {
  const { name, length } = value;
  const prototype = value.prototype;
  if (!prototype || Reflect.ownKeys(prototype).length <= 1) return { function: name, length };
  const parent = Object.getPrototypeOf(value);
  return {
    class: name,
    length,
    extends: parent === Function.prototype ? '' : parent.name,
    statics: members(value, ['length', 'name', 'prototype']),
    prototype: members(prototype, ['constructor']),
  };
}

/**
 * @param {object} value
 * @param {string[]} except
 */
function members(value, except) {
  const found = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(
    ([name]) => !name.startsWith('__') && !except.includes(name),
  );
  const symbols = Object.getOwnPropertySymbols(value).map((symbol) => [String(symbol), 'symbol']);
  return Object.fromEntries([...found.map(([name, each]) => [name, kind(each)]), ...symbols].sort());
}

/** @param {PropertyDescriptor} descriptor */
function kind({ get, set, value, enumerable, configurable, writable }) {
  const flags = [enumerable && 'enumerable', configurable && 'configurable', writable && 'writable'].filter(Boolean).join(' ');
  if (get || set) return `${get ? 'get' : ''}${set ? 'set' : ''} ${flags}`;
  return `${typeof value === 'function' ? `method/${value.length}` : typeof value} ${flags}`;
}
