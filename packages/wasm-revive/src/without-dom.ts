/** The namespace in declarations, and not in what they say: that goes on with a quote or another word. */
const NAMED = /\bWebAssembly\.(ExportValue|Exports|Imports|Instance|Module)(?=[;,)>]| \|)/g;

/** The same types, where the program has them. */
const TYPES = `
type $Wasm<Name extends string> = typeof globalThis extends { WebAssembly: { [N in Name]: { prototype: infer T } } } ? T : object;
type $WasmModule = $Wasm<"Module">;
type $WasmInstance = $Wasm<"Instance">;
type $WasmExports = $WasmInstance extends { readonly exports: infer E } ? E : Record<string, any>;
type $WasmExportValue = $WasmExports[keyof $WasmExports];
type $WasmImports = Record<string, Record<string, any>>;
`;

/**
 * Declarations that compile without the library that declares `WebAssembly`, which is the DOM's. Programs for Node.js may be checked without it,
 * and what wasm-bindgen declares for Node.js needs nothing of it.
 */
export function withoutDom(declarations: string): string {
  return `${declarations.replaceAll(NAMED, '$$Wasm$1').trimEnd()}\n${TYPES.trimStart()}`;
}
