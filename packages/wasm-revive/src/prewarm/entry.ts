/** The main files of packages as Node.js can load them, of which the others are for Deno, or are scripts of a page. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TransformedModule } from '@wasm-revive/bindgen';

/** How glue for Deno reads its wasm file: `fetch` of Node.js reads no files. */
const READ_BY_DENO = [
  [/WebAssembly\.compileStreaming\(fetch\((\w+)\)\)/, 'WebAssembly.compile($read($1))'],
  [/\bDeno\.readFile\((\w+)\)/, '$read($1)'],
] as const;

const READ = "import { readFileSync as $read } from 'node:fs';\n";

/** The file to import, which may be another one beside the main file. @param dir a copy of the package, of this run's own */
export function entryOf(dir: string, { file, target }: TransformedModule): string {
  const main = join(dir, file);
  if (target !== 'deno' && target !== 'no-modules') return main;
  const code = readFileSync(main, 'utf8');
  const own = `${main}.node.mjs`;
  writeFileSync(own, target === 'deno' ? READ + readByNode(code) : `${code}\nexport default wasm_bindgen;\n`);
  return own;
}

function readByNode(code: string): string {
  return READ_BY_DENO.reduce((text, [pattern, by]) => text.replace(pattern, by), code);
}
