/**
 * A wasm file of the bundler target imports functions that need no glue straight from where they are, a snippet or a package. Whoever makes
 * an instance of it then gives it those without a guard. So they are imported from the glue, which has a guard for each.
 */
import { ownModule } from '../emit/emit-init.js';
import type { Package } from '../read/read-package.js';
import { inspectWasm, moveImports, type WasmImport } from './wasm-info.js';

/** What they are called in the glue, followed by their index. */
export const MOVED_PREFIX = '__wasm_revive_import_';

/**
 * The package with a wasm file that imports functions from its glue alone; `from` of those that were moved says where they come from.
 * Its glue goes only with that wasm file, and the wasm file only with that glue.
 * @returns the package itself where there is nothing to move
 */
export function withMovedImports(pkg: Package): Package {
  if (pkg.target !== 'bundler') return pkg;
  const wasmBytes = moveImports(pkg.wasmBytes, ownModule(pkg.wasm) ?? `./${pkg.glue.file}`, MOVED_PREFIX);
  if (wasmBytes === undefined) return pkg;
  const wasm = inspectWasm(wasmBytes);
  const imports = wasm.imports.map((entry, index): WasmImport => {
    const from = pkg.wasm.imports[index];
    return from === undefined || (from.module === entry.module && from.name === entry.name) ? entry : { ...entry, from };
  });
  return { ...pkg, wasmBytes, wasm: { ...wasm, imports } };
}
