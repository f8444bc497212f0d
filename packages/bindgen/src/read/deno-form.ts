/**
 * Glue for the target `deno`, put into the form that glue for `module` has: the compiled module first, an instance of it then. wasm-bindgen writes
 * both in one step, of which no second instance could be made. Up to 0.2.107 it also read the file by itself, and had its imports in a
 * constant. Every line stays where it is.
 */
import MagicString from 'magic-string';
import { parse } from '../syntax/ast.js';
import { hasShape, shape } from '../syntax/shape.js';

const INSTANCE = 'new WebAssembly.Instance(wasmModule, __wbg_get_imports())';

const REPLACED = [
  {
    is: 'const wasmInstantiated = await WebAssembly.instantiateStreaming(fetch(wasmUrl), __wbg_get_imports());',
    by: 'const wasmModule = await WebAssembly.compileStreaming(fetch(wasmUrl));',
  },
  { is: 'const wasmInstance = wasmInstantiated.instance;', by: `const wasmInstance = ${INSTANCE};` },
  {
    is: 'const wasmInstance = (await WebAssembly.instantiate(wasmCode, imports)).instance;',
    by: `const wasmModule = await WebAssembly.compile(wasmCode); const wasmInstance = ${INSTANCE};`,
  },
  { is: 'export const __wasm = wasm;', by: 'export { wasm as __wasm };' },
].map(({ is, by }) => ({ is: shape(is), by }));
const IMPORTS = shape('const imports = $_;');

/** The same glue in the form of today's for the target `module`. */
export function inFormOfModule(file: string, code: string): string {
  const text = new MagicString(code);
  for (const node of parse(file, code).program.body) {
    const replaced = REPLACED.find(({ is }) => hasShape(node, is));
    if (replaced !== undefined) text.overwrite(node.start, node.end, replaced.by);
    const init = hasShape(node, IMPORTS) && node.type === 'VariableDeclaration' ? node.declarations[0]?.init : undefined;
    if (!init) continue;
    text.overwrite(node.start, init.start, 'function __wbg_get_imports() { return ');
    text.appendLeft(init.end, '; }');
    if (init.end < node.end) text.remove(init.end, node.end);
  }
  return text.toString();
}
