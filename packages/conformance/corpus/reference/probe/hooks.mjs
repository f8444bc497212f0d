import fs from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Node's module hooks for the probe: stubs for modules that don't exist, and what Node 20 doesn't know of Wasm modules.
 *
 * - `import * as wasm from './x.wasm'` (target bundler) links the module as bundlers do.
 * - `import source m from './x.wasm'` (target module) gives the compiled module.
 *
 * With `native`, Node's own support is used instead (24 and later).
 */

/** @type {{ stubs: Record<string, string[]>, native: boolean }} */
let config = { stubs: {}, native: false };

/** @param {typeof config} given */
export function initialize(given) {
  config = given;
}

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, next) {
  if (Object.hasOwn(config.stubs, specifier)) return { url: `stub:${encodeURIComponent(specifier)}`, format: 'module', shortCircuit: true };
  const found = await next(specifier, context);
  return !config.native && /\.wasm(\?.*)?$/.test(found.url) ? { ...found, format: 'module' } : found;
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, next) {
  if (url.startsWith('stub:')) return made(stub(config.stubs[decodeURIComponent(url.slice('stub:'.length))] ?? []));
  if (config.native || !url.startsWith('file:')) return next(url, context);
  if (/\.wasm$/.test(url)) return made(linked(url));
  if (/\.wasm\?source$/.test(url)) return made(compiled(url));
  const loaded = await next(url, context);
  const text = loaded.source?.toString() ?? '';
  if (!/^\s*import\s+source\s/m.test(text)) return loaded;
  return { ...loaded, source: text.replace(/^(\s*import\s+)source\s+(\w+\s+from\s+)(["'])(.+?\.wasm)\3/gm, '$1$2$3$4?source$3') };
}

/** @param {string} source */
function made(source) {
  return { format: /** @type {const} */ ('module'), source, shortCircuit: true };
}

/** A plain function serves as whatever is imported: to be called, constructed or extended. @param {string[]} names */
function stub(names) {
  const uses = names.map((name, i) => `function f${i}() {}\nexport { f${i} as ${JSON.stringify(name)} };`);
  return `${uses.join('\n')}\n${names.includes('default') ? '' : 'export default function () {}'}`;
}

/** @param {string} url */
function compiled(url) {
  const file = JSON.stringify(fileURLToPath(url.replace(/\?source$/, '')));
  return `import fs from 'node:fs';\nexport default new WebAssembly.Module(fs.readFileSync(${file}));`;
}

/** @param {string} url */
function linked(url) {
  const file = fileURLToPath(url);
  const module = new WebAssembly.Module(fs.readFileSync(file));
  const from = [...new Set(WebAssembly.Module.imports(module).map((each) => each.module))];
  const names = WebAssembly.Module.exports(module).map((each) => each.name);
  return [
    "import fs from 'node:fs';",
    ...from.map((specifier, i) => `import * as m${i} from ${JSON.stringify(specifier)};`),
    `const module = new WebAssembly.Module(fs.readFileSync(${JSON.stringify(file)}));`,
    `const { exports } = new WebAssembly.Instance(module, { ${from.map((specifier, i) => `${JSON.stringify(specifier)}: m${i}`).join(', ')} });`,
    ...names.map((name, i) => `const e${i} = exports[${JSON.stringify(name)}];\nexport { e${i} as ${JSON.stringify(name)} };`),
  ].join('\n');
}
