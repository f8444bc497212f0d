/** Which target of wasm-bindgen a package was made for, by what its main file has at the top level: comments and imports can say anything. */
import { join } from 'node:path';
import { TransformError } from '../errors.js';
import { declaredNames, parseGlue, references, type Statement } from '../syntax/ast.js';
import { hasShape } from '../syntax/shape.js';
import { refuseChangedGlue } from './changed-glue.js';
import { LOADED_AT_ONCE } from './deno-form.js';
import type { Target } from './glue.js';

const SUPPORTED = 'Supported are all targets of `wasm-bindgen --target` and `wasm-pack build --target`.';

/**
 * @param main text of `app.js`
 * @param bg text of `app_bg.js`
 * @throws TransformError `REVIVE_UNSUPPORTED_TARGET`, `REVIVE_UNKNOWN_GLUE`
 */
export function detectTarget(dir: string, file: string, main: string | undefined, bg: string | undefined): Target {
  if (main === undefined) return 'bundler';
  const path = join(dir, file);
  const { program } = parseGlue(path, main);
  const { body } = program;
  refuseChangedGlue(path, main, program);
  const declares = (...names: string[]): boolean =>
    body.some((node) => declaredNames(declarationOf(node)).some((declared) => names.includes(declared)));
  const imports = body.filter((node) => node.type === 'ImportDeclaration');
  const bgName = file.replace(/\.[cm]?js$/, '_bg$&');
  const refuse = (target: string): never => {
    throw new TransformError(
      'REVIVE_UNSUPPORTED_TARGET',
      `${path} was made for the target \`${target}\`, which is not supported. ${SUPPORTED} Build the package again for one of them.`,
    );
  };
  if (declares('wasm_bindgen')) return 'no-modules';
  if (uses(body, 'addToLibrary', 'LibraryManager')) return refuse('emscripten');
  if (uses(body, 'Deno') || declares('wasmInstantiated') || body.some((node) => hasShape(node, LOADED_AT_ONCE))) return 'deno';
  if (bg !== undefined && body.some((node) => importsFrom(node, bgName) || importsFrom(node, '_bg.wasm'))) return 'bundler';
  if (declares('wasmUrl') && uses(body, 'readFileSync')) return 'experimental-nodejs-module';
  if (imports.some(({ start, specifiers }) => main.startsWith('import source ', start) && specifiers[0]?.local.name === 'wasmModule'))
    return 'module';
  if (body.some(isCommonJs)) return 'nodejs';
  // What a loader of the authors' own imports is declared elsewhere.
  const own = body.filter(({ type }) => type !== 'ImportDeclaration').flatMap((node) => declaredNames(declarationOf(node)));
  if (['__wbg_init', 'initSync', 'init'].some((name) => own.includes(name))) return 'web';
  throw new TransformError(
    'REVIVE_UNKNOWN_GLUE',
    `${path} isn't glue that wasm-bindgen wrote, or was changed since. ${SUPPORTED} Transform the output before any bundler or minifier changes it.`,
  );
}

/** Whether a statement imports or exports what is in a file whose name ends so. */
function importsFrom(node: Statement, name: string): boolean {
  const isFrom = node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration' || node.type === 'ExportNamedDeclaration';
  return isFrom && node.source?.value.endsWith(name) === true;
}

function declarationOf(node: Statement): Statement {
  return node.type === 'ExportNamedDeclaration' && node.declaration !== null ? (node.declaration as Statement) : node;
}

/** Whether code that runs when the file is loaded uses one of these variables. */
function uses(body: readonly Statement[], ...names: string[]): boolean {
  const runs = body.filter(({ type }) => type !== 'FunctionDeclaration' && type !== 'ClassDeclaration' && !type.startsWith('Export'));
  return runs.some((node) => names.some((name) => references(node).has(name)));
}

/** `exports.greet = greet;`, `const { note } = require('./note.js');`, `const wasmBytes = require('fs').readFileSync(wasmPath);` */
function isCommonJs(node: Statement): boolean {
  if (node.type === 'VariableDeclaration') return references(node).has('require');
  if (node.type !== 'ExpressionStatement' || node.expression.type !== 'AssignmentExpression') return false;
  const { left } = node.expression;
  const names = references(left);
  return left.type === 'MemberExpression' && (names.has('exports') || names.has('module'));
}
