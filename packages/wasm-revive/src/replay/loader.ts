/**
 * Module hooks with which any Node.js loads the targets `bundler` and `module`, which import their wasm file: they get the compiled module, from which
 * the package makes its instances by itself.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `import source` is a syntax error in an engine that doesn't have it. */
const IMPORT_SOURCE = /^import source (?=[\w$]+ from (["'])[^"'\n]+\.wasm\1;?$)/gm;

/** What only workerd has. Nothing of it can be called here, but a module that imports it can be loaded. */
const IMPORT_OF_WORKERD = /^import (?:\{([^}]*)\}|\* as ([\w$]+)) from (["'])(cloudflare:[\w-]+)\3;?$/gm;

/** A hook that the engine calls. It is the same on the thread of the program (`registerHooks`) and on one of its own (`register`). */
export function load(url: string, context: unknown, nextLoad: (url: string, context: unknown) => unknown): unknown {
  const isFile = url.startsWith('file:');
  if (isFile && url.endsWith('.wasm')) return module(compiling(fileURLToPath(url)));
  if (isFile && url.endsWith('.js')) {
    const source = readFileSync(fileURLToPath(url), 'utf8');
    const changed = source.replace(IMPORT_SOURCE, 'import ').replace(IMPORT_OF_WORKERD, withoutWorkerd);
    if (changed !== source) return module(changed);
  }
  return nextLoad(url, context);
}

function withoutWorkerd(_: string, names: string | undefined, namespace: string | undefined, __: string, from: string): string {
  const taken = namespace ?? `{ ${names?.replaceAll(/\s+as\s+/g, ': ')} }`;
  const refuse = `function () { throw new ReferenceError(${JSON.stringify(`${from} is there only in workerd, and this is Node.js`)}); }`;
  return `const ${taken} = new globalThis.Proxy({}, { get: () => ${refuse} });`;
}

function module(source: string): object {
  return { format: 'module', source, shortCircuit: true };
}

function compiling(file: string): string {
  return `import { readFileSync } from 'node:fs';\nexport default new WebAssembly.Module(readFileSync(${JSON.stringify(file)}));`;
}
