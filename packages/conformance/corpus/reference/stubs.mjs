import fs from 'node:fs';
import path from 'node:path';

/**
 * The modules that an output imports from outside itself, with the names it takes from each. They don't exist here (`foo-raw`,
 * `tests/wasm/imports.js`), so the probe puts stubs in their place. Read from upstream's own output, and the same for the transformed
 * one: a transform that imports a name which upstream's doesn't, fails to link.
 *
 * @param {string} dir
 * @returns {Record<string, string[]>}
 */
export function externalModules(dir) {
  /** @type {Record<string, string[]>} */
  const stubs = {};
  const add = (/** @type {string} */ specifier, /** @type {string[]} */ names) => {
    if (specifier.startsWith('.') || specifier.startsWith('node:') || specifier === 'fs') return;
    stubs[specifier] = [...new Set([...(stubs[specifier] ?? []), ...names])];
  };
  for (const file of /** @type {string[]} */ (fs.readdirSync(dir, { recursive: true }))) {
    if (file.endsWith('.js')) readImports(fs.readFileSync(path.join(dir, file), 'utf8'), add);
    if (file.endsWith('.wasm')) {
      for (const each of wasmImports(path.join(dir, file))) if (!each.module.startsWith('__wbindgen')) add(each.module, [each.name]);
    }
  }
  return stubs;
}

/** @param {string} file */
function wasmImports(file) {
  try {
    return WebAssembly.Module.imports(new WebAssembly.Module(fs.readFileSync(file)));
  } catch {
    // This Node does not know a feature that the module uses; loading it will say so.
    return [];
  }
}

/**
 * Generated text, one import a line: no parser is needed to read it.
 *
 * @param {string} text
 * @param {(specifier: string, names: string[]) => void} add
 */
function readImports(text, add) {
  for (const [, clause = '', specifier = ''] of text.matchAll(
    /^\s*(?:import|export)\s((?:[\w$*,\s]|\{[^}]*\})*?)\sfrom\s+["']([^"']+)["']/gm,
  )) {
    const named =
      /\{([^}]*)\}/
        .exec(clause)?.[1]
        ?.split(',')
        .map((part) => part.trim().split(/\s+as\s+/)[0] ?? '') ?? [];
    const hasDefault = /^\w+\s*(,|$)/.test(clause.trim());
    add(
      specifier,
      [...named.filter((name) => name !== ''), ...(hasDefault ? ['default'] : [])].map((name) => name.replace(/^["']|["']$/g, '')),
    );
  }
  for (const [, specifier = ''] of text.matchAll(/^\s*import\s+["']([^"']+)["']/gm)) add(specifier, []);
  for (const [, clause = '', specifier = ''] of text.matchAll(
    /(?:const|let|var)\s+([^=;]+?)\s*=\s*require\((?:String\.raw)?[`"']([^`"']+)[`"']\)/g,
  )) {
    add(
      specifier,
      [...clause.matchAll(/[{,]\s*(?:'([^']+)'|"([^"]+)"|(\w+|\$\w*))/g)].map(([, a, b, c]) => a ?? b ?? c ?? ''),
    );
  }
}
