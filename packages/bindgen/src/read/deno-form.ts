/**
 * Glue for the target `deno`, put into the form that glue for `module` has: the compiled module first, an instance of it then. wasm-bindgen writes
 * both in one step, of which no second instance could be made. Up to 0.2.103 it also read the file by itself. Up to 0.2.106, glue for both targets
 * had its imports in a constant. Every line stays where it is.
 */
import MagicString from 'magic-string';
import { parse } from '../syntax/ast.js';
import { hasShape, shape } from '../syntax/shape.js';

const INSTANCE = 'new WebAssembly.Instance(wasmModule, __wbg_get_imports())';

const AT_ONCE = 'const wasm = (await WebAssembly.instantiateStreaming(fetch(wasmUrl), imports)).instance.exports;';
/** How glue of 0.2.104 to 0.2.106 loads its module: nothing else in it tells that it is for `deno`. */
export const LOADED_AT_ONCE = shape(AT_ONCE);

const REPLACED = [
  {
    is: 'const wasmInstantiated = await WebAssembly.instantiateStreaming(fetch(wasmUrl), __wbg_get_imports());',
    by: 'const wasmModule = await WebAssembly.compileStreaming(fetch(wasmUrl));',
  },
  { is: 'const wasmInstance = wasmInstantiated.instance;', by: `const wasmInstance = ${INSTANCE};` },
  // Up to 0.2.118.
  { is: 'const wasm = wasmInstantiated.instance.exports;', by: `const wasm = ${INSTANCE}.exports;` },
  {
    is: AT_ONCE,
    by: `const wasmModule = await WebAssembly.compileStreaming(fetch(wasmUrl)); const wasm = ${INSTANCE}.exports;`,
  },
  {
    is: 'const wasmInstance = (await WebAssembly.instantiate(wasmCode, imports)).instance;',
    by: `const wasmModule = await WebAssembly.compile(wasmCode); const wasmInstance = ${INSTANCE};`,
  },
  { is: 'export const __wasm = wasm;', by: 'export { wasm as __wasm };' },
  // For `module`, up to 0.2.106.
  { is: 'let wasm;', by: ';' },
  { is: 'const wasmInstance = new WebAssembly.Instance(wasmModule, imports);', by: `const wasmInstance = ${INSTANCE};` },
  { is: 'wasm = wasmInstance.exports;', by: 'let wasm = wasmInstance.exports;' },
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
