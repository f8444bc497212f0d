/**
 * Who makes the first instance of a package for bundlers: the main file that wasm-bindgen writes, or a loader of the authors' own, which gives the
 * instance to the glue by `__wbg_set_wasm`.
 */
import { dirname, join } from 'node:path';
import { TransformError } from '../errors.js';
import { lineOf, type Node, type Program, parse, propertyName, walk } from '../syntax/ast.js';
import { hasShape, shape } from '../syntax/shape.js';
import { readFile } from '../write/files.js';
import { entryAt } from '../write/staging.js';
import { BASE64 } from './not-glue.js';

/** The statements of wasm-bindgen's main file that do something. */
export const START = shape('wasm.__wbindgen_start();');
export const SET = shape('__wbg_set_wasm(wasm);');

/** Whether a main file gives the instance to the glue otherwise than wasm-bindgen's does. */
export function isOwnLoader(file: string, code: string): boolean {
  const { body } = parse(file, code).program;
  // Where wasm-bindgen's own statement is, so is its main file: what was added to that uses the instance, which may be gone.
  return !body.some((node) => hasShape(node, SET)) && setCalls({ body }).length > 0;
}

/**
 * Refuses a main file that gets its instance from a copy of the wasm file in JavaScript: what is changed in the wasm file, that one doesn't have.
 * @throws TransformError `REVIVE_UNKNOWN_GLUE`
 */
export function refuseInlined(dir: string, file: string, code: string, wasmFile: string): void {
  const inlined = fileWithWasm(dir, file, code, new Set());
  if (inlined === undefined) return;
  throw new TransformError(
    'REVIVE_UNKNOWN_GLUE',
    `${join(dir, file)}: found that the wasm file stands in ${inlined === file ? 'it' : `${inlined}, which it imports`}, as base64. So ${wasmFile}, ` +
      'in which the transform changes what recovery needs, is never loaded, and the package would not load at all. Transform the output of wasm-bindgen ' +
      'before the wasm file is put into JavaScript; nothing was changed.',
  );
}

/** The file that holds a wasm file as base64, of one and all that it imports in its folder. */
function fileWithWasm(dir: string, file: string, code: string, seen: Set<string>): string | undefined {
  seen.add(file);
  if (BASE64.test(code)) return file;
  for (const next of importedFiles(file, code)) {
    const isRead = !seen.has(next) && /\.[cm]?js$/.test(next) && entryAt(join(dir, next))?.isFile() === true;
    const text = isRead ? readFile(join(dir, next))?.toString('utf8') : undefined;
    const found = text === undefined ? undefined : fileWithWasm(dir, next, text, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The files in a folder, and in folders of that, from which a file imports. */
function importedFiles(file: string, code: string): string[] {
  const found: string[] = [];
  try {
    for (const node of parse(file, code).program.body) {
      walk(node, (child) => {
        const isImport = /^(?:Import(?:Declaration|Expression)|Export(?:All|Named)Declaration)$/.test(child.type);
        const source = isImport && 'source' in child ? (child.source as Node | null) : null;
        if (source?.type === 'Literal' && typeof source.value === 'string') found.push(source.value);
      });
    }
  } catch {
    // What it is that this parser can't read, whoever needs it says.
  }
  return found.filter((source) => source.startsWith('./')).map((source) => join(dirname(file), source));
}

/** The lines of a file in which an instance is given to the glue, without the module that it was made of. */
export function linesWithoutModule(file: string, code: string): number[] {
  if (!code.includes('__wbg_set_wasm')) return [];
  try {
    return setCalls(parse(file, code).program)
      .filter(({ arguments: { length } }) => length === 1)
      .map(({ start }) => lineOf(code, start));
  } catch {
    // No JavaScript that this parser reads, such as TypeScript: nothing is said of it.
    return [];
  }
}

type Call = Extract<Node, { type: 'CallExpression' }>;

function setCalls({ body }: Pick<Program, 'body'>): Call[] {
  const calls: Call[] = [];
  for (const node of body) {
    walk(node, (child) => {
      if (child.type !== 'CallExpression') return;
      const { callee } = child;
      const name = callee.type === 'Identifier' ? callee.name : callee.type === 'MemberExpression' ? propertyName(callee) : undefined;
      if (name === '__wbg_set_wasm') calls.push(child);
    });
  }
  return calls;
}
