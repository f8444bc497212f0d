/**
 * Objects of the host, which exist in every process under the same name: `globalThis`, `console`, `Array.prototype`, `Symbol.iterator`. A saved state
 * carries their names.
 */
import { lookAt } from '../program/thrown.js';

/** Names from `globalThis` on; none for that itself. */
export type GlobalPath = readonly string[];

/**
 * What the host gives that isn't part of JavaScript. A standard makes properties of the language and the classes of the web non-enumerable, so that
 * what a program adds to `globalThis` can be told from them; these are enumerable, or are there only when somebody asks for them.
 */
const OF_THE_HOST: readonly string[] = [
  ...['self', 'window', 'global', 'console', 'crypto', 'navigator', 'performance', 'process', 'Buffer'],
  ...['document', 'location', 'history', 'screen', 'caches', 'indexedDB', 'customElements', 'scheduler'],
  ...[
    'fetch',
    'queueMicrotask',
    'structuredClone',
    'reportError',
    'atob',
    'btoa',
    'addEventListener',
    'removeEventListener',
    'dispatchEvent',
  ],
  ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'postMessage'],
  ...['requestAnimationFrame', 'cancelAnimationFrame', 'requestIdleCallback', 'cancelIdleCallback', 'createImageBitmap'],
];

/** How many names there may be behind `globalThis`: `Array.prototype.push` has three. */
const MOST_NAMES = 3;

/** The shortest path to each of them. Runs nothing of the program's but getters that it has put in place of the host's. */
export function globalPaths(): Map<unknown, GlobalPath> {
  const paths = new Map<unknown, GlobalPath>([[globalThis, []]]);
  // What is added meanwhile is visited, too.
  for (const [value, path] of paths) {
    if (path.length === MOST_NAMES) break;
    for (const [name, member] of value === globalThis ? globals() : members(value)) {
      if (isNamed(member) && !paths.has(member)) paths.set(member, [...path, name]);
    }
  }
  return paths;
}

/** What is there under a path; undefined where nothing is. */
export function globalAt(path: GlobalPath): unknown {
  return lookAt(() => path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], globalThis), undefined);
}

function globals(): [name: string, value: unknown][] {
  const own = Object.entries(Object.getOwnPropertyDescriptors(globalThis));
  const standard = own.flatMap(([name, { enumerable, value }]): [string, unknown][] => (enumerable === true ? [] : [[name, value]]));
  return [...standard, ...OF_THE_HOST.map((name): [string, unknown] => [name, globalAt([name])])];
}

/**
 * What belongs to an object of the host by its name: its functions and symbols, and the prototype. Another object in it may be the program's, as
 * `process.mainModule` is. Runs nothing.
 */
function members(value: unknown): [name: string, value: unknown][] {
  if (typeof value === 'symbol') return [];
  const own = lookAt(() => Object.entries(Object.getOwnPropertyDescriptors(value as object)), []);
  return own.flatMap(([name, { value: member }]): [string, unknown][] => {
    const isOf = name === 'prototype' || typeof member === 'function' || typeof member === 'symbol';
    return isOf ? [[name, member]] : [];
  });
}

/** Whether it is something that is what it is by its identity. */
function isNamed(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'symbol' || (typeof value === 'object' && value !== null);
}
