/**
 * Glue for the target `nodejs` as wasm-bindgen wrote it up to 0.2.107, put into the form that it has had since: `module.exports.greet = function
 * (name) {…};` becomes `function greet(name) {…} exports.greet = greet;`, and what the wasm file imports, which older glue exports beside it,
 * becomes functions that `__wbg_get_imports` lists. Every line stays where it is, so that messages and source maps lead to the file as it was.
 */
import MagicString from 'magic-string';
import { declaredNames, freeUse, keyName, memberOf, type Node, type Program, parse, references, type Statement } from '../syntax/ast.js';
import { propertyKey, UniqueNames } from '../syntax/names.js';
import type { FunctionNode } from '../syntax/oxc.js';
import { hasShape, type Shape, shape } from '../syntax/shape.js';
import { refuseGlue } from './glue.js';

/** What stands once in such a file, and what newer glue has in its place. `$_` is kept as it is. */
const REPLACED: readonly { readonly is: Shape; readonly by: string }[] = [
  { is: shape('let imports = {};'), by: '' },
  { is: shape('let wasm;'), by: '' },
  { is: shape('const bytes = require("fs").readFileSync(path);'), by: "const wasmBytes = require('fs').readFileSync(wasmPath);" },
  { is: shape('const wasmModule = new WebAssembly.Module(bytes);'), by: 'const wasmModule = new WebAssembly.Module(wasmBytes);' },
  {
    is: shape('const wasmInstance = new WebAssembly.Instance(wasmModule, imports);'),
    by: 'const wasmInstance = new WebAssembly.Instance(wasmModule, __wbg_get_imports());',
  },
  { is: shape('wasm = wasmInstance.exports;'), by: 'let wasm = wasmInstance.exports;' },
  // From 0.2.101 on.
  {
    is: shape('const wasm = exports.__wasm = new WebAssembly.Instance(wasmModule, imports).exports;'),
    by: 'const wasm = new WebAssembly.Instance(wasmModule, __wbg_get_imports()).exports; exports.__wasm = wasm;',
  },
];
const PATH = shape("const path = require('path').join(__dirname, $_);");
/** By this it is known. */
const OWN_IMPORTS = ['module.exports', 'exports'].map((value) => shape(`imports.__wbindgen_placeholder__ = ${value};`));

/**
 * The same glue in its newer form.
 * @param imported names that the wasm file imports from the glue
 * @returns undefined for glue that isn't of the older form
 */
export function fromOlderNodejs(file: string, code: string, imported: ReadonlySet<string>): string | undefined {
  if (!code.includes('__wbindgen_placeholder__')) return undefined;
  const { program } = parse(file, code);
  const own = program.body.find((node) => OWN_IMPORTS.some((one) => hasShape(node, one)));
  if (own === undefined) return undefined;
  refuseOtherUses(file, code, program, own);
  const text = new MagicString(code);
  const names = new UniqueNames(namesIn(program.body));
  const modules: string[] = [];
  const functions: string[] = [];
  for (const node of program.body) {
    const exported = exportOf(node, ['exports']);
    if (node === own) continue;
    if (exported === undefined) replace(text, node, names, modules);
    else if (!imported.has(exported.name)) exportLocally(text, node, exported, names);
    else {
      functions.push(`${propertyKey(exported.name)}: ${declareImport(text, node, exported, names)}`);
    }
  }
  const listed = [`"__wbindgen_placeholder__": { __proto__: null, ${functions.join(', ')} }`, ...modules];
  text.overwrite(own.start, own.end, `function __wbg_get_imports() { return { __proto__: null, ${listed.join(', ')} }; }`);
  return text.toString();
}

/** Variables that the newer form has under another name, or not at all: what the authors have added may use them. */
const GONE = ['imports', 'path', 'bytes'];

/** @throws TransformError `REVIVE_UNKNOWN_GLUE` */
function refuseOtherUses(file: string, code: string, { body }: Program, own: Statement): void {
  for (const node of body) {
    const isLoading = node === own || node.type === 'VariableDeclaration' || REPLACED.some(({ is }) => hasShape(node, is));
    if (isLoading || isImport(node)) continue;
    for (const name of GONE) {
      const use = freeUse(node, name);
      if (use === undefined) continue;
      refuseGlue({ path: file, code }, use.start, `a use of \`${name}\`, by which older glue loads its module, in what was added to it`);
    }
  }
}

/** `imports['fs'] = require('fs');` */
function isImport(node: Statement): boolean {
  return (
    node.type === 'ExpressionStatement' &&
    node.expression.type === 'AssignmentExpression' &&
    memberOf(node.expression.left, 'imports') !== undefined
  );
}

/** Gives the name under which the file has it. The façade exports the first instance's, with its guard. */
function declareImport(text: MagicString, node: Statement, exported: Export, names: UniqueNames): string {
  const { name, value } = exported;
  // exports.__wbg_random_… = typeof Math.random == 'function' ? Math.random : notDefined('Math.random');
  if (value.type !== 'FunctionExpression') return exportLocally(text, node, exported, names);
  const local = localName(names, name);
  declare(text, node, value, local, '');
  return local;
}

/** A value that is exported by an assignment. */
export interface Export {
  readonly name: string;
  readonly value: Node;
}

/** `module.exports.name = value;`, `exports.name = value;` @param objects names of what exports are assigned to */
export function exportOf(node: Statement, objects: readonly string[]): Export | undefined {
  if (node.type !== 'ExpressionStatement' || node.expression.type !== 'AssignmentExpression') return undefined;
  const { left, right } = node.expression;
  if (left.type !== 'MemberExpression' || (left.computed && left.property.type === 'Identifier')) return undefined;
  const { object } = left;
  const isExports = (object.type === 'Identifier' && objects.includes(object.name)) || memberOf(object, 'module') === 'exports';
  const name = keyName(left.property);
  return isExports && name !== undefined ? { name, value: right } : undefined;
}

/** Gives the name under which the file has it. */
export function exportLocally(text: MagicString, node: Statement, { name, value }: Export, names: UniqueNames): string {
  const target = IDENTIFIER.test(name) ? `exports.${name}` : `exports[${JSON.stringify(name)}]`;
  if (value.type === 'Identifier') {
    text.overwrite(node.start, value.start, `${target} = `);
    return value.name;
  }
  const local = localName(names, name);
  if (value.type === 'FunctionExpression' && value.id === null) {
    declare(text, node, value, local, ` ${target} = ${local};`);
  } else {
    text.overwrite(node.start, value.start, `const ${local} = `);
    if (value.end < node.end) text.overwrite(value.end, node.end, `; ${target} = ${local};`);
    else text.appendLeft(value.end, `; ${target} = ${local};`);
  }
  return local;
}

/** `… = function(name) {…};` as `function local(name) {…}`. */
function declare(text: MagicString, node: Statement, value: FunctionNode, local: string, after: string): void {
  const head = text.original.indexOf('(', value.start);
  text.overwrite(node.start, head, `${value.async ? 'async ' : ''}function${value.generator ? '*' : ''} ${local}`);
  if (value.end < node.end) text.overwrite(value.end, node.end, after);
  else text.appendLeft(value.end, after);
}

/** Every name that statements declare at their top, or use: an exported function may be called as a global is. */
export function namesIn(body: readonly Statement[]): Set<string> {
  const taken = new Set(body.flatMap(declaredNames));
  for (const node of body) for (const name of references(node)) taken.add(name);
  return taken;
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** The name under which something exported can be declared in the file. */
function localName(names: UniqueNames, exported: string): string {
  return names.take(isBindable(exported) ? exported : `_${exported.replaceAll(/[^\w$]/g, '_')}`);
}

/** Whether a function can have the name: a reserved word is none. */
function isBindable(name: string): boolean {
  try {
    return IDENTIFIER.test(name) && parse('name.js', `'use strict'; function ${name}() {}`).program.body.length === 2;
  } catch {
    return false;
  }
}

function replace(text: MagicString, node: Statement, names: UniqueNames, modules: string[]): void {
  const replaced = REPLACED.find(({ is }) => hasShape(node, is));
  if (replaced !== undefined) {
    text.overwrite(node.start, node.end, replaced.by || ';');
    return;
  }
  if (hasShape(node, PATH) && node.type === 'VariableDeclaration') {
    const [declarator] = node.declarations;
    if (declarator) text.overwrite(declarator.id.start, declarator.id.end, 'wasmPath');
    return;
  }
  // imports['fs'] = require('fs');
  if (node.type !== 'ExpressionStatement' || node.expression.type !== 'AssignmentExpression') return;
  const { left, right } = node.expression;
  const module = memberOf(left, 'imports');
  if (module === undefined) return;
  const local = names.take(`import${modules.length + 1}`);
  text.overwrite(node.start, right.start, `const ${local} = `);
  modules.push(`${JSON.stringify(module)}: ${local}`);
}
