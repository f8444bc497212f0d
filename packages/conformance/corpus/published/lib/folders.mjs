import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../../../../scripts/lib/paths.mjs';

const { inspectWasm } = await import(pathToFileURL(path.join(root, 'packages/bindgen/dist/index.js')).href);

/**
 * A folder of a package in which there is something of wasm-bindgen's.
 *
 * @typedef {object} Folder
 * @property {string} path within the package
 * @property {string} version of the wasm-bindgen that wrote its wasm file, as far as that can be told: `0.2.92`
 */

/** What all glue has, minified or not: the names of its imports are the wasm file's. Loaders of it name two others. */
const GLUE = /__wbindgen_(?!start\b)|__wbg_(?!set_wasm\b)/;

/**
 * @param {string} dir of the package
 * @returns {Folder[]}
 */
export function foldersWithGlue(dir) {
  /** @type {Map<string, Set<string>>} */
  const found = new Map();
  for (const file of /** @type {string[]} */ (fs.readdirSync(dir, { recursive: true }))) {
    const whole = path.join(dir, file);
    if (!/\.(?:wasm|[cm]?js)$/.test(file) || !fs.statSync(whole).isFile()) continue;
    const version = file.endsWith('.wasm') ? versionOf(whole) : GLUE.test(fs.readFileSync(whole, 'latin1')) ? '' : undefined;
    if (version === undefined) continue;
    const at = path.dirname(file);
    found.set(at, (found.get(at) ?? new Set()).add(version));
  }
  return [...found]
    .map(([at, versions]) => ({ path: at, version: [...versions].filter((one) => one !== '').join(', ') || '–' }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** @param {string} file */
function versionOf(file) {
  try {
    const wasm = inspectWasm(fs.readFileSync(file));
    if (wasm.wasmBindgen !== null) return wasm.wasmBindgen.split(' ')[0];
    return wasm.imports.some((/** @type {{ name: string }} */ { name }) => /^__wb(?:g|indgen)_/.test(name)) ? '' : undefined;
  } catch {
    return undefined;
  }
}
