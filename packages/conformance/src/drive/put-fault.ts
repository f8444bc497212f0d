/** Puts a deliberate fault into a package. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fault, patched } from '../faults/faults.ts';
import { moduleName } from '../hosts/node.ts';
import { readableRuntime } from './paths.ts';

/** Throws where its text has changed, so that the fault can't be made. */
export function putFault(dir: string, { patches }: Fault): void {
  const glue = readdirSync(dir).includes(`${moduleName(dir)}_bg.js`) ? `${moduleName(dir)}_bg.js` : `${moduleName(dir)}.js`;
  for (const patch of patches) {
    const file = patch.file === 'glue' ? glue : (readdirSync(dir).find((name) => /^wasm-revive\.c?js$/.test(name)) ?? '');
    const text = readFileSync(join(dir, file), 'utf8');
    // What is put beside packages is minified: the first fault puts what can be read in its place.
    const isMinified = patch.file === 'runtime' && text.includes('sourceMappingURL');
    writeFileSync(join(dir, file), patched(isMinified ? readableRuntime(file) : text, patch));
  }
}
