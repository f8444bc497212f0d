/**
 * Upstream's sources import globals that exist nowhere (`catch_me`, `Bar.bar`). Instead of ending at the first of them, every such name gives a
 * thing that can be called, constructed and read, counts as 7 where a number is wanted and resolves to 7
 * where a promise is: nonsense, but the same nonsense on both sides.
 */

/** What glue and Node look for to tell where they run. */
const ASKED_FOR = new Set([
  'window',
  'self',
  'document',
  'Deno',
  'Bun',
  'process',
  'module',
  'exports',
  'require',
  'importScripts',
  'WorkerGlobalScope',
  'EdgeRuntime',
  'then',
]);

/** Puts the stubs behind everything that globalThis really has. */
export function stubGlobals() {
  const behind = Object.getPrototypeOf(globalThis);
  const isStubbed = (/** @type {string | symbol} */ name) => typeof name === 'string' && /^[A-Za-z]\w*$/.test(name) && !ASKED_FOR.has(name);
  Object.setPrototypeOf(
    globalThis,
    new Proxy(behind, {
      has: (target, name) => Reflect.has(target, name) || isStubbed(name),
      get: (target, name, receiver) => (Reflect.has(target, name) || !isStubbed(name) ? Reflect.get(target, name, receiver) : anything),
    }),
  );
}

/** @type {object} */
const anything = new Proxy(function anything() {}, {
  apply: () => anything,
  construct: () => anything,
  get(target, name) {
    if (name === Symbol.toPrimitive) return () => 7;
    // Bound to a real promise: what the engine itself calls back is what packages meet.
    if (name === 'then') return (/** @type {Parameters<Promise<number>['then']>} */ ...reactions) => Promise.resolve(7).then(...reactions);
    // Not iterable, and with a prototype of its own so that it can be extended.
    if (typeof name === 'symbol') return undefined;
    return name === 'prototype' || name === 'name' || name === 'constructor' ? Reflect.get(target, name) : anything;
  },
  set: () => true,
});
