/** What a folder holds where wasm-bindgen's files are missing: said in a refusal, so that its reader knows which folder to give, or what was changed. */
import { join } from 'node:path';
import { inspectWasm } from '../wasm/wasm-info.js';
import { readFile } from '../write/files.js';
import { entryAt } from '../write/staging.js';

/** Names that all glue has, also where it was minified: the wasm file knows its imports by them. Loaders of it name two others. */
const GLUE = /__wbindgen_(?!start\b)|__wbg_(?!set_wasm\b)/;
/** How the bytes of every wasm file begin in base64. */
export const BASE64: RegExp = /AGFzbQEAAA/;

/** The files of a folder that hold glue, whoever wrote it there. */
export function filesWithGlue(dir: string, files: readonly string[]): { readonly file: string; readonly code: string }[] {
  return files
    .filter((file) => /\.[cm]?js$/.test(file) && entryAt(join(dir, file))?.isFile() === true)
    .map((file) => ({ file, code: readFile(join(dir, file))?.toString('utf8') ?? '' }))
    .filter(({ code }) => GLUE.test(code));
}

/** Whether a file of a folder holds glue, whoever wrote it there. */
export function holdsGlue(dir: string, file: string): boolean {
  return filesWithGlue(dir, [file]).length > 0;
}

/** What there is in place of a wasm file of wasm-bindgen's, for a message: `found …`. */
export function withoutWasm(dir: string, files: readonly string[]): string {
  const renamed = files.find((file) => file.endsWith('.wasm') && isOfBindgen(dir, file));
  if (renamed !== undefined) {
    return `${renamed}, a wasm file of wasm-bindgen's under another name. If its glue is here, too, as wasm-bindgen wrote it, give both their names back`;
  }
  const [glue] = filesWithGlue(dir, files);
  if (glue === undefined) return 'none';
  return BASE64.test(glue.code)
    ? `${glue.file}, in which glue and wasm file (as base64) were put into one, which can't be transformed any more`
    : `${glue.file}, which holds glue that was taken away from its wasm file, as bundlers do`;
}

/** What there is in place of the glue of a module, for a message: `…, but …`. */
export function withoutGlue(dir: string, name: string, files: readonly string[]): string {
  const [glue] = filesWithGlue(dir, files);
  return glue === undefined
    ? `neither ${name}.js nor ${name}_bg.js, the glue that wasm-bindgen writes beside it. ` +
        'Point to the output folder of `wasm-bindgen --out-dir` or `wasm-pack build`, with all of its files.'
    : `its glue isn't in ${name}.js or ${name}_bg.js, where wasm-bindgen writes it: ${glue.file} holds glue, as bundlers put it into one file with other code. ` +
        'Transform the output of wasm-bindgen before any bundler changes it.';
}

function isOfBindgen(dir: string, file: string): boolean {
  try {
    const wasm = inspectWasm(readFile(join(dir, file)) ?? new Uint8Array());
    return wasm.wasmBindgen !== null || wasm.imports.some(({ name }) => GLUE.test(name));
  } catch {
    return false;
  }
}
