/** Glue that a bundler or a minifier has changed: refused for that, and not for the first line of it that happens not to be known. */

import { TransformError } from '../errors.js';
import { declaredNames, lineOf, type Node, type Program } from '../syntax/ast.js';

/** What bundlers declare at the top of what they write, by who does. */
const HELPERS: readonly { readonly by: string; readonly name: RegExp }[] = [
  { by: 'esbuild', name: /^__(?:toCommonJS|toESM|defProp|getOwnPropNames|hasOwnProp|copyProps|commonJS|esm|export|name|publicField)$/ },
  { by: 'webpack', name: /^__webpack_\w+$/ },
  { by: 'Parcel', name: /^\$[0-9a-f]{16}\$/ },
  { by: 'TypeScript or a bundler', name: /^__(?:createBinding|exportStar|importStar|importDefault)$/ },
];

/** wasm-bindgen's own longest lines are those of long names; a minifier puts many statements on one. */
const STATEMENTS_A_LINE = 4;

/** @throws TransformError `REVIVE_UNKNOWN_GLUE`, `REVIVE_ALREADY_TRANSFORMED` */
export function refuseChangedGlue(path: string, code: string, { body }: Program): void {
  for (const node of body) {
    for (const name of declaredNames(node)) {
      if (name === '$revive') {
        throw new TransformError(
          'REVIVE_ALREADY_TRANSFORMED',
          `${path}:${lineOf(code, node.start)} has been transformed by wasm-revive already, and was changed since; nothing was changed now. Build the package again first.`,
        );
      }
      const helper = HELPERS.find((one) => one.name.test(name));
      if (helper !== undefined) refuse(node, `\`${name}\`, which ${helper.by} writes`);
    }
    if (isClassVariable(node)) refuse(node, 'a class in a variable, as bundlers write it');
  }
  const lines = lineOf(code, code.length);
  const first = body.find(({ type }) => type !== 'ImportDeclaration');
  if (first !== undefined && body.length > STATEMENTS_A_LINE * lines)
    refuse(first, `${body.length} statements on ${lines} lines, as minifiers write them`);

  function refuse({ start }: Node, found: string): never {
    throw new TransformError(
      'REVIVE_UNKNOWN_GLUE',
      `${path}:${lineOf(code, start)}: found ${found}. This is no longer the glue that wasm-bindgen wrote: what it does can't be read from it for certain. ` +
        'Transform the output of wasm-bindgen before any bundler or minifier changes it.',
    );
  }
}

/** `var Counter = class Counter {…};` */
function isClassVariable(node: Node): boolean {
  return node.type === 'VariableDeclaration' && node.declarations.some(({ init }) => init?.type === 'ClassExpression');
}
