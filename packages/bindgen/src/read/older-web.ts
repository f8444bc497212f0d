/**
 * Glue for the targets `web` and `no-modules` as wasm-bindgen 0.2.84 wrote it, put into the form that it has had since: what loads the module got
 * names then that no program gives to a function of its own. Every line stays where it is.
 *
 * Before, each call of the init functions made another instance, which served from then on. So does what is put in here (`AGAIN`).
 */
import MagicString from 'magic-string';
import { isReference, type Node, parse, type Statement, walk } from '../syntax/ast.js';
import { hasShape, type Shape, shape } from '../syntax/shape.js';

/** What `emit-init.ts` writes for glue whose init functions start anew where there is an instance. */
export const AGAIN = '__wbg_init_again';

/** The functions, by which the form is known, and what they are called since. */
const RENAMED: readonly { readonly name: string; readonly since: string; readonly is: Shape; readonly startsAnew?: true }[] = [
  { name: 'load', since: '__wbg_load', is: shape('async function load(module, imports) { $$; }') },
  {
    name: 'getImports',
    since: '__wbg_get_imports',
    is: shape('function getImports() { const imports = {}; $$; return imports; }'),
  },
  { name: 'initMemory', since: '__wbg_init_memory', is: shape('function initMemory(imports, maybe_memory) { $$; }') },
  {
    name: 'finalizeInit',
    since: '__wbg_finalize_init',
    is: shape(
      'function finalizeInit(instance, module) { wasm = instance.exports; init.__wbindgen_wasm_module = module; $$; return wasm; }',
    ),
  },
  {
    name: 'initSync',
    since: 'initSync',
    is: shape('function initSync(module, ...$$) { const imports = getImports(); $$; return finalizeInit(instance, module); }'),
    startsAnew: true,
  },
  {
    name: 'init',
    since: '__wbg_init',
    is: shape('async function init(input, ...$$) { $$; const imports = getImports(); $$; return finalizeInit(instance, module); }'),
    startsAnew: true,
  },
];
/** The statement besides them that names one. */
const EXPORT = shape('export default init;');

/**
 * The same glue in its newer form.
 * @param code of the target `no-modules`, without the function around it
 * @returns undefined for glue that isn't of the older form
 */
export function fromOlderWeb(file: string, code: string): string | undefined {
  if (!code.includes('finalizeInit')) return undefined;
  const { body } = parse(file, code).program;
  const found = RENAMED.map(({ is }) => body.find((node) => hasShape(node, is)));
  if (found.includes(undefined)) return undefined;
  const text = new MagicString(code);
  for (const node of body) {
    const own = RENAMED[found.indexOf(node)];
    if (own !== undefined || hasShape(node, EXPORT)) rename(text, node);
    if (own?.startsAnew && node.type === 'FunctionDeclaration' && node.body !== null) {
      text.appendLeft(node.body.start + 1, ` if (wasm !== undefined) return ${AGAIN}();`);
    }
  }
  return text.toString();
}

/** In what wasm-bindgen has written itself: no variable in it has one of the names but these functions. */
function rename(text: MagicString, node: Statement): void {
  walk(node, (child, parent, key) => {
    if (child.type !== 'Identifier') return;
    const since = RENAMED.find(({ name }) => name === child.name)?.since;
    const isName = isReference(parent, key) || isOwnName(child, parent, node);
    if (since !== undefined && since !== child.name && isName) text.overwrite(child.start, child.end, since);
  });
}

function isOwnName(child: Node, parent: Node | undefined, node: Node): boolean {
  return parent === node && node.type === 'FunctionDeclaration' && node.id === child;
}
