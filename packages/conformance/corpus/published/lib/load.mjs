import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Loads a file of a package as CommonJS. @param {string} file */
export function required(file) {
  return (/** @type {string} */ dir) => createRequire(import.meta.url)(path.join(dir, file));
}

/** Loads a file of a package as an ES module. @param {string} file */
export function imported(file) {
  return (/** @type {string} */ dir) => import(pathToFileURL(path.join(dir, file)).href);
}

/** Loads a file of a package for the web, and initialises it. @param {string} file @param {string} wasm */
export function initialised(file, wasm) {
  return async (/** @type {string} */ dir) => {
    const pkg = await import(pathToFileURL(path.join(dir, file)).href);
    pkg.initSync(new WebAssembly.Module(fs.readFileSync(path.join(dir, wasm))));
    return pkg;
  };
}
