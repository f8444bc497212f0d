/**
 * Who makes the first instance of a package for bundlers: the main file that wasm-bindgen writes, or a loader of the authors' own, which gives the
 * instance to the glue by `__wbg_set_wasm`.
 */
import { lineOf, type Node, type Program, parse, propertyName, walk } from '../syntax/ast.js';
import { hasShape, shape } from '../syntax/shape.js';

/** The statements of wasm-bindgen's main file that do something. */
export const START = shape('wasm.__wbindgen_start();');
export const SET = shape('__wbg_set_wasm(wasm);');

/** Whether a main file gives the instance to the glue otherwise than wasm-bindgen's does. */
export function isOwnLoader(file: string, code: string): boolean {
  const { body } = parse(file, code).program;
  // Where wasm-bindgen's own statement is, so is its main file: what was added to that uses the instance, which may be gone.
  return !body.some((node) => hasShape(node, SET)) && setCalls({ body }).length > 0;
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
