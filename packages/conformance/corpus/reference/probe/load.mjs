import fs from 'node:fs';
import { createRequire, Module, register } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** @typedef {Record<string, unknown>} Exports */

/**
 * Loads a package as its target's users do.
 *
 * @param {{ dir: string, main: string, wasm: string, bare: boolean, target: string, init: 'sync' | 'async', stubs: Record<string, string[]>, native: boolean }} what
 * @returns {Promise<{ exports: Exports, initKeys?: string[], esmNames?: string[] }>} `initKeys`: what the web target's init function gives;
 *   `esmNames`: what an ES module sees of a CommonJS package
 */
export async function load({ dir, main, wasm: wasmFile, bare, target, init, stubs, native }) {
  const entry = path.join(dir, main);
  register('./hooks.mjs', { parentURL: import.meta.url, data: { stubs, native } });
  if (target === 'nodejs') {
    stubRequire(stubs);
    const exports = createRequire(import.meta.url)(entry);
    return { exports, esmNames: names(await import(pathToFileURL(entry).href)) };
  }
  if (target === 'deno') actAsDeno();
  const exports = await import(pathToFileURL(entry).href);
  if (target !== 'web') return { exports };
  const bytes = fs.readFileSync(path.join(dir, wasmFile));
  const wasm =
    init === 'sync' ? exports.initSync(bare ? bytes : { module: bytes }) : await exports.default(bare ? bytes : { module_or_path: bytes });
  return { exports, initKeys: names(wasm) };
}

/** @param {Record<string, string[]>} stubs */
function stubRequire(stubs) {
  const hooked = /** @type {{ _load: (request: string, ...rest: unknown[]) => unknown }} */ (/** @type {unknown} */ (Module));
  const original = hooked._load;
  hooked._load = function (request, ...rest) {
    const found = stubs[request];
    return found ? Object.fromEntries(found.map((name) => [name, () => {}])) : original.call(this, request, ...rest);
  };
}

/** What glue for Deno asks of it: files by their URLs. */
function actAsDeno() {
  const readFile = (/** @type {URL} */ url) => fs.promises.readFile(url);
  Object.assign(globalThis, {
    Deno: { readFile },
    fetch: async (/** @type {URL} */ url) => new Response(await readFile(url), { headers: { 'content-type': 'application/wasm' } }),
  });
}

/** @param {object} value */
function names(value) {
  return Object.keys(value).sort();
}
