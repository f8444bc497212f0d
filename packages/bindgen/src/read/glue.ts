/**
 * Reads wasm-bindgen's glue into a model: every top-level statement gets a role. What has no known role is refused, with its line.
 *
 * Shapes read off wasm-bindgen 0.2.127–0.2.130, `crates/cli-support/src/js/mod.rs`, and off what earlier versions wrote into published packages.
 */
import { join } from 'node:path';
import { TransformError } from '../errors.js';
import {
  type Comment,
  declaredNames,
  isReference,
  lineOf,
  memberOf,
  type Node,
  nameOfMember,
  parseGlue,
  propertyName,
  references,
  type Statement,
  walk,
} from '../syntax/ast.js';
import type { Class, FunctionNode } from '../syntax/oxc.js';
import { hasShape, shape } from '../syntax/shape.js';
import { SHARED, shareIndependent, shareStateless, shareWithAuthors, shareWithInit, shareWithModule } from './share.js';
import { type Declaration, declarationsOf } from './words.js';

/** A target of wasm-bindgen's CLI that can be transformed. */
export type Target = 'web' | 'no-modules' | 'bundler' | 'nodejs' | 'experimental-nodejs-module' | 'module' | 'deno';

/**
 * What a top-level statement is for.
 * - `import`: brings other modules in; shared by all scopes
 * - `function`, `class`: the glue's own, one a scope
 * - `scope`: anything else that each scope has of its own
 * - `module`: evaluated once, beside the façade: enums, namespaces, export lists
 * - `init`: how a module is loaded; kept as it is, beside the façade
 * - `drop`: has no use once there are many scopes
 */
export type Role = 'import' | 'function' | 'class' | 'scope' | 'module' | 'init' | 'drop';

/** One top-level statement. */
export interface GlueStatement {
  readonly node: Statement;
  role: Role;
  /** The declaration inside an `export`, or the statement itself. */
  readonly inner: Node;
  readonly exported: boolean;
  readonly declares: readonly string[];
  /** The same, with what they are; see `words.ts`. */
  readonly declarations: readonly Declaration[];
  readonly references: ReadonlySet<string>;
  /** The documentation right before it. */
  readonly doc: Comment | undefined;
}

/** A top-level function of the glue. */
export interface GlueFunction {
  readonly name: string;
  readonly node: FunctionNode;
  readonly statement: GlueStatement;
}

/** A class that stands for a Rust type. */
export interface GlueClass {
  readonly name: string;
  readonly superName: string | undefined;
  readonly node: Class;
  readonly statement: GlueStatement;
}

/** A file of glue, understood. */
export interface Glue {
  readonly file: string;
  /** The file with its folder, for messages. */
  readonly path: string;
  readonly code: string;
  readonly target: Target;
  readonly comments: readonly Comment[];
  readonly statements: readonly GlueStatement[];
  readonly functions: ReadonlyMap<string, GlueFunction>;
  readonly classes: ReadonlyMap<string, GlueClass>;
  /** Functions that code outside the scope uses, by export or in a namespace: the façade forwards to them. */
  readonly forwarded: ReadonlySet<string>;
}

/** The versions of wasm-bindgen whose glue is known, for messages. */
export const KNOWN_VERSIONS = '0.2.84 to 0.2.130';

/** Upstream's own reset; its export is answered by the façade. */
export const RESET_EXPORT = '__wbg_reset_state';
/** How older glue for the target `deno` reads its wasm file. */
const READS_WASM = shape(
  'switch (wasm_url.protocol) { case "file:": wasmCode = await Deno.readFile(wasm_url); break; case "https:": case "http:": wasmCode = await (await fetch(wasm_url)).arrayBuffer(); break; default: throw $_; }',
);
/** Where glue for the target `no-modules` was loaded from: how newer finds it out, 0.2.85, and 0.2.84. */
const SCRIPT = [
  "if (typeof document !== 'undefined' && document.currentScript !== null) { script_src = $_; }",
  "if (typeof document !== 'undefined' && typeof document.currentScript !== 'null') { script_src = $_; }",
  "if (typeof document === 'undefined') { script_src = $_; } else { script_src = $_; }",
].map(shape);
/** Statements at the top of glue that are not evaluated any more: every scope starts itself, and a panic is the runtime's. */
const DROPPED = ['wasm.__wbindgen_start();', "Object.defineProperty(PanicError.prototype, 'name', { value: 'PanicError' });"].map(shape);

/**
 * @param importedByWasm names that the wasm file imports from the glue: in the bundler target they are exported functions
 * @throws TransformError `REVIVE_UNKNOWN_GLUE`
 */
export function readGlue(dir: string, file: string, code: string, target: Target, importedByWasm: ReadonlySet<string>): Glue {
  const path = join(dir, file);
  const { program, comments } = parseGlue(path, code);
  const refuse = (node: Node, found: string): never => refuseGlue({ path, code }, node.start, found);
  refuseUnsupported(program.body, refuse);
  const statements = program.body.map((node, index) => {
    const previousEnd = program.body[index - 1]?.end ?? 0;
    return readStatement(node, target, docBefore(comments, previousEnd, node.start), refuse);
  });
  const functions = new Map<string, GlueFunction>();
  const classes = new Map<string, GlueClass>();
  for (const statement of statements) {
    const { inner } = statement;
    if (statement.role === 'function' && inner.type === 'FunctionDeclaration' && inner.id) {
      functions.set(inner.id.name, { name: inner.id.name, node: inner, statement });
    }
    if (statement.role === 'class' && inner.type === 'ClassDeclaration' && inner.id) {
      classes.set(inner.id.name, { name: inner.id.name, superName: superName(inner), node: inner, statement });
      if (!isRustClass(inner)) refuse(inner, `a class \`${inner.id.name}\` that doesn't stand for a Rust type`);
    }
  }
  const forwarded = new Set<string>();
  for (const { name, statement } of functions.values()) {
    if (statement.exported && !importedByWasm.has(name)) forwarded.add(name);
  }
  shareWithAuthors(statements, classes, functions);
  shareIndependent(statements, functions, importedByWasm);
  shareStateless(statements);
  shareWithInit(statements, functions);
  shareWithModule(statements, functions, forwarded, refuse);
  return { file, path, code, target, comments, statements, functions, classes, forwarded };
}

/** Whether it is a script, and no module: it exports by assignments, and is not strict. */
export function isScript({ target }: Glue): boolean {
  return target === 'nodejs' || target === 'no-modules';
}

/** A function of upstream's own, by its name: a program may have given that to one of its functions. */
export function helper({ functions }: Glue, name: string | undefined): GlueFunction | undefined {
  const found = name === undefined ? undefined : functions.get(name);
  return found?.statement.declarations.some(({ word }) => word !== undefined) ? found : undefined;
}

/** @throws TransformError `REVIVE_UNKNOWN_GLUE` with the line of `offset` */
export function refuseGlue({ path, code }: Pick<Glue, 'path' | 'code'>, offset: number, found: string): never {
  throw new TransformError(
    'REVIVE_UNKNOWN_GLUE',
    `${path}:${lineOf(code, offset)}: found ${found}, which is not known to this version of wasm-revive. It knows the glue of wasm-bindgen ${KNOWN_VERSIONS} ` +
      'as its CLI writes it. Transform the output before any bundler or formatter changes it; if it is untouched, please report this line.',
  );
}

function refuseUnsupported(body: readonly Statement[], refuse: (node: Node, found: string) => never): void {
  for (const statement of body) {
    walk(statement, (node) => {
      if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier' || node.object.name !== 'WebAssembly') return;
      const name = propertyName(node);
      if (name === 'promising' || name === 'Suspending') refuse(node, `\`WebAssembly.${name}\` (JavaScript promise integration)`);
    });
  }
}

function readStatement(
  node: Statement,
  target: Target,
  doc: Comment | undefined,
  refuse: (node: Node, found: string) => never,
): GlueStatement {
  const exported = node.type === 'ExportNamedDeclaration' && node.declaration !== null;
  const inner: Node = node.type === 'ExportNamedDeclaration' && node.declaration !== null ? node.declaration : node;
  const declares = declaredNames(inner);
  const declarations = declarationsOf(inner, target);
  const role = roleOf(inner, exported, declarations) ?? refuse(node, `a top-level ${node.type} of an unknown kind`);
  return { node, inner, exported, declares, declarations, references: references(node), doc, role };
}

function roleOf(node: Node, exported: boolean, declarations: readonly Declaration[]): Role | undefined {
  if (importsOwnWasm(node)) return 'drop';
  if (node.type === 'ImportDeclaration') return 'import';
  const known = roleOfWords(declarations);
  if (known !== undefined) return known;
  switch (node.type) {
    case 'FunctionDeclaration':
      return 'function';
    case 'ClassDeclaration':
      return 'class';
    case 'VariableDeclaration':
      if (node.declarations.every(({ init }) => isRequire(init))) return 'import';
      // There is none yet, and later it would be one that may be gone.
      if (usesNow(node, 'wasm')) return undefined;
      return exported ? 'module' : 'scope';
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
    case 'ExportAllDeclaration':
      return 'module';
    case 'BlockStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'ForStatement':
    case 'TryStatement':
      // The authors' own: wasm-bindgen writes none of these.
      return references(node).has('wasm') ? undefined : 'module';
    case 'SwitchStatement':
      return hasShape(node, READS_WASM) ? 'init' : undefined;
    case 'EmptyStatement':
      // Up to wasm-bindgen 0.2.105, some functions end with `};`.
      return 'drop';
    case 'IfStatement':
      if (SCRIPT.some((one) => hasShape(node, one))) return 'init';
      if (references(node).has('wasm')) return undefined;
      // if (!('encodeInto' in cachedTextEncoder)) {…}
      return [...references(node.test)].some((name) => SHARED.test(name)) ? 'scope' : 'module';
    case 'ExpressionStatement':
      if (isDirective(node)) return 'drop';
      return DROPPED.some((one) => hasShape(node, one)) ? 'drop' : expressionRole(node.expression);
    default:
      return undefined;
  }
}

/** Whether a statement uses a variable when it is evaluated, and not in a function that it makes. */
function usesNow(statement: Node, name: string): boolean {
  let isUsed = false;
  walk(statement, (node, parent, key) => {
    if (/Function/.test(node.type)) return false;
    if (node.type === 'Identifier' && node.name === name && isReference(parent, key) && key !== 'id') isUsed = true;
    return !isUsed;
  });
  return isUsed;
}

/** One for the whole statement: what is joined in it with something else is found later. */
function roleOfWords(declarations: readonly Declaration[]): Role | undefined {
  return declarations.map(({ word }) => word?.role).find((role) => role !== undefined);
}

function expressionRole(expression: Node): Role | undefined {
  const names = references(expression);
  if (isWasmExport(expression)) return 'init';
  // Any other use of an instance up here would be of one that may be gone.
  if (names.has('wasm') || names.has('PanicError')) return undefined;
  return expression.type === 'AssignmentExpression' && expression.left.type === 'MemberExpression' ? 'module' : 'scope';
}

/**
 * `import * as wasm from './app_bg.wasm'`: older glue for the bundler target takes its instance from there itself, where newer is given it.
 * In a transformed package the entry gives it to either.
 */
export function importsOwnWasm(node: Node): boolean {
  return (
    node.type === 'ImportDeclaration' &&
    node.source.value.endsWith('_bg.wasm') &&
    node.specifiers.some(({ type, local }) => type === 'ImportNamespaceSpecifier' && local.name === 'wasm')
  );
}

/** `'use strict';` */
export function isDirective(node: Node): boolean {
  return node.type === 'ExpressionStatement' && typeof node.directive === 'string';
}

/** `exports.__wasm = wasm`: with `--debug`, the nodejs target lets its user at the instance. */
export function isWasmExport(expression: Node): boolean {
  return (
    expression.type === 'AssignmentExpression' &&
    memberOf(expression.left, 'exports') === '__wasm' &&
    expression.right.type === 'Identifier' &&
    expression.right.name === 'wasm'
  );
}

function isRequire(init: Node | null): boolean {
  return init?.type === 'CallExpression' && init.callee.type === 'Identifier' && init.callee.name === 'require';
}

function superName(node: Class): string | undefined {
  return node.superClass?.type === 'Identifier' ? node.superClass.name : undefined;
}

function isRustClass(node: Class): boolean {
  return node.body.body.some((member) => member.type === 'MethodDefinition' && nameOfMember(member) === '__destroy_into_raw');
}

/** The documentation that ends right before something. */
export function docBefore(comments: readonly Comment[], from: number, to: number): Comment | undefined {
  return comments.findLast(
    (comment) => comment.type === 'Block' && comment.value.startsWith('*') && comment.start >= from && comment.end <= to,
  );
}
