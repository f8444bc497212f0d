/**
 * Glue for the target `no-modules`, which a classic script loads: a function holds all of it, and gives what the script calls `wasm_bindgen`. It is
 * read without that function: what is in it is glue as for `web`, with the exports of CommonJS. `scriptHead` and `scriptTail` put a function around
 * what is emitted. Every line stays where it is.
 */
import MagicString from 'magic-string';
import { type Node, type Program, parse, type Statement } from '../syntax/ast.js';
import { UniqueNames } from '../syntax/names.js';
import { hasShape, shape } from '../syntax/shape.js';
import { exportLocally, exportOf, namesIn } from './older-nodejs.js';

/** Since 0.2.108. */
const WRAPPED = shape(
  'let wasm_bindgen = (function (exports) { $$; return Object.assign(__wbg_init, { initSync }, exports); })({ __proto__: null });',
);
/** Before; up to 0.2.84 with another name. */
const DECLARED = shape('let wasm_bindgen;');
const CALLED = ['__wbg_init', 'init'].map((init) =>
  shape(`(function () { const __exports = {}; $$; wasm_bindgen = Object.assign(${init}, { initSync }, __exports); })();`),
);
const OWN_EXPORTS = shape('const __exports = {};');

/** The statements that the function holds, between what begins and what ends it; undefined where the file has anything else, too. */
function held({ body }: Program): readonly [Statement, ...Statement[]] | undefined {
  const [first, second, third] = body;
  const isNew = first !== undefined && second === undefined && hasShape(first, WRAPPED);
  if (isNew) return statementsOf(first);
  if (first === undefined || second === undefined || third !== undefined || !hasShape(first, DECLARED)) return undefined;
  return CALLED.some((one) => hasShape(second, one)) ? statementsOf(second) : undefined;
}

function statementsOf(node: Node): readonly [Statement, ...Statement[]] | undefined {
  const called =
    node.type === 'VariableDeclaration' ? node.declarations[0]?.init : node.type === 'ExpressionStatement' ? node.expression : undefined;
  const callee = called?.type === 'CallExpression' ? called.callee : undefined;
  const fn = callee?.type === 'ParenthesizedExpression' ? callee.expression : callee;
  if (fn?.type !== 'FunctionExpression') return undefined;
  const [statement, ...others] = (fn.body?.body ?? []) as Statement[];
  return statement === undefined ? undefined : [statement, ...others];
}

/** The same glue without the function around it; as it is where that isn't wasm-bindgen's, which is refused by what has no known role then. */
export function withoutFunction(file: string, code: string): string {
  const { program } = parse(file, code);
  const statements = held(program);
  if (statements === undefined) return code;
  const text = new MagicString(code);
  const last = statements.at(-1) as Statement;
  // Note: comments before the first statement go with what stands before it, but for their lines.
  blank(text, 0, statements[0].start);
  blank(text, last.start, code.length);
  const names = new UniqueNames(namesIn(statements));
  for (const node of statements.slice(0, -1)) {
    const exported = exportOf(node, ['exports', '__exports']);
    if (hasShape(node, OWN_EXPORTS)) blank(text, node.start, node.end);
    else if (exported !== undefined) exportLocally(text, node, exported, names);
  }
  return text.toString();
}

/** Leaves nothing of a part of a text but its lines. */
function blank(text: MagicString, from: number, to: number): void {
  if (from < to) text.overwrite(from, to, text.original.slice(from, to).replaceAll(/[^\r\n\u2028\u2029]+/g, '') || ' ');
}

/** Begins the function, and has the runtime as `$runtime`. @param runtime its text, as a CommonJS module: no script can import it */
export function scriptHead(runtime: string): string {
  return `let wasm_bindgen = (function(exports) {
const $runtime = (function(exports) {
${runtime}
return exports;
})({});
`;
}

/** Ends it. */
export const scriptTail = `return Object.assign(__wbg_init, { initSync }, exports);
})({ __proto__: null });
`;
