/**
 * Refuses glue in which something of upstream's is not what its name says, or has another name: the transform would put something else in the
 * place of the wrong thing, or leave what it has to replace. See `vocabulary.ts`.
 */

import { closureAdapters, closureCall } from '../read/entries.js';
import { type Glue, type GlueStatement, importsOwnWasm, RESET_EXPORT, refuseGlue } from '../read/glue.js';
import { VOCABULARY, type Word } from '../read/vocabulary.js';
import { type Declaration, isPrograms, lookalike, nameOf, wordsFor } from '../read/words.js';
import { isReference, type Node, walk } from '../syntax/ast.js';
import { hasShape, partOf, shape } from '../syntax/shape.js';
import type { WasmInfo } from '../wasm/wasm-info.js';

/** @throws TransformError `REVIVE_UNKNOWN_GLUE` */
export function validateWords(glue: Glue): void {
  for (const statement of glue.statements) {
    for (const declaration of statement.declarations) refuseLookalike(glue, statement, declaration);
  }
  for (const statement of glue.statements) {
    for (const declaration of statement.declarations) validateDeclaration(glue, statement, declaration);
  }
  refuseMissing(glue);
  refuseRepeated(glue);
  refuseUndeclared(glue);
  refuseOtherUses(glue);
  refuseOtherPlaces(glue);
}

function refuseLookalike(glue: Glue, { node, exported }: GlueStatement, declaration: Declaration): void {
  const like = exported || declaration.word !== undefined ? undefined : lookalike(declaration, glue.target);
  if (like === undefined) return;
  refuseGlue(glue, node.start, `\`${declaration.name}\`, which looks like \`${nameOf(like)}\` of wasm-bindgen under another name`);
}

function validateDeclaration(glue: Glue, statement: GlueStatement, declaration: Declaration): void {
  const { name, word } = declaration;
  const { start } = statement.node;
  if (word !== undefined) {
    // One role holds for the whole statement.
    if (word.role !== undefined && statement.declarations.some((other) => other.word?.role !== word.role)) {
      refuseGlue(glue, start, 'variables that were joined in one declaration');
    }
    if (word.with !== undefined) refuseWithout(glue, start, name, word.with);
    return;
  }
  const words = wordsFor(name, glue.target);
  if (words.some(isReplaced) || (words.length > 0 && !mayHaveAnyName(glue, statement, declaration))) {
    refuseGlue(glue, start, `a \`${name}\` that is not the one that wasm-bindgen writes`);
  }
}

/** What a program exports, and its classes, enums and namespaces. */
function mayHaveAnyName(glue: Glue, statement: GlueStatement, declaration: Declaration): boolean {
  return statement.exported || statement.role === 'class' || glue.forwarded.has(declaration.name) || isPrograms(declaration);
}

function refuseWithout(glue: Glue, offset: number, name: string, text: string): void {
  const wanted = shape(text);
  const count = glue.statements.filter(({ node }) => hasShape(node, wanted)).length;
  if (count !== 1) refuseGlue(glue, offset, `\`${name}\` with ${count} times the statement \`${text}\``);
}

function refuseMissing(glue: Glue): void {
  // Older glue for bundlers, and that for the target `module`, import what others declare.
  const declared = new Set(glue.statements.flatMap(({ role, declares }) => (role === 'import' ? declares : [])));
  for (const { node, declarations } of glue.statements) {
    if (importsOwnWasm(node)) declared.add('wasm');
    for (const { word } of declarations) if (word !== undefined) declared.add(nameOf(word));
  }
  const missing = VOCABULARY.find((word) => word.needed?.includes(glue.target) && !declared.has(nameOf(word)));
  if (missing !== undefined) refuseGlue(glue, 0, `no \`${nameOf(missing)}\`, which all glue for the target \`${glue.target}\` has`);
}

/** Of functions of one name, the last counts in CommonJS. */
function refuseRepeated(glue: Glue): void {
  const known = new Set<string>();
  for (const { node, declarations } of glue.statements) {
    for (const { name } of declarations) {
      if (known.has(name)) refuseGlue(glue, node.start, `a second declaration of \`${name}\``);
      known.add(name);
    }
  }
}

/** What the output has no use for is taken out without a look at what it needs. */
function refuseUndeclared(glue: Glue): void {
  const declared = new Set(glue.statements.flatMap(({ declares }) => declares));
  for (const { node, declares, references } of glue.statements) {
    // Of the reset only the name is left; older glue declares variables in it.
    if (declares.includes(RESET_EXPORT)) continue;
    const name = [...references].find((one) => !declared.has(one) && wordsFor(one, glue.target).some(isReplaced));
    if (name !== undefined) refuseGlue(glue, node.start, `a use of \`${name}\` without its declaration`);
  }
}

function isReplaced({ name, role }: Word): boolean {
  return role === 'drop' || (typeof name === 'string' && name.startsWith('__wbg_'));
}

/** Calls of what is taken out are taken out with it, where they are what upstream writes. */
function refuseOtherUses(glue: Glue): void {
  const words = VOCABULARY.filter(({ uses }) => uses !== undefined).map(({ name, uses = [] }) => ({
    name,
    shapes: uses.map((use) => (use.endsWith(';') ? shape(use) : partOf(shape(use)))),
  }));
  for (const { node, role, declares, declarations } of glue.statements) {
    if (role === 'drop' || declares.includes(RESET_EXPORT) || declarations.some(({ word }) => word?.uses !== undefined)) continue;
    const known = new Set<Node>();
    walk(node, (child, parent, key) => {
      const used = leadingName(child);
      const word = used && words.find(({ name }) => name === used.name);
      if (used && word?.shapes.some((one) => hasShape(child, one))) known.add(used);
      if (child.type !== 'Identifier' || known.has(child) || !isReference(parent, key)) return;
      if (words.some(({ name }) => name === child.name))
        refuseGlue(glue, child.start, `another use of \`${child.name}\` than wasm-bindgen makes of it`);
    });
  }
}

/** `name` in `name(…)`, `new name(…)`, `name = …`. */
function leadingName(node: Node): Extract<Node, { type: 'Identifier' }> | undefined {
  const inner = node.type === 'ExpressionStatement' ? node.expression : node;
  const first =
    inner.type === 'CallExpression' || inner.type === 'NewExpression'
      ? inner.callee
      : inner.type === 'AssignmentExpression'
        ? inner.left
        : undefined;
  return first?.type === 'Identifier' ? first : undefined;
}

/**
 * What loads the module is there once, beside the façade: what a scope uses is something else, with a name that glue knows it by. And what
 * each scope has of its own is not there.
 */
function refuseOtherPlaces(glue: Glue): void {
  const [loading, scopes] = [new Set<string>(), new Set<string>()];
  for (const { role, declarations } of glue.statements) {
    for (const { name, word } of declarations) {
      if (role === 'init' && !word?.everywhere) loading.add(name);
      if (role === 'scope' || (role === 'function' && name !== '__wbg_get_imports' && !glue.forwarded.has(name))) scopes.add(name);
    }
  }
  for (const { node, role, references } of glue.statements) {
    const others = role === 'init' ? scopes : role === 'scope' || role === 'function' || role === 'class' ? loading : undefined;
    const name = [...references].find((one) => others?.has(one));
    if (name === undefined) continue;
    refuseGlue(
      glue,
      node.start,
      role === 'init' ? `a use of \`${name}\` in what loads the module` : `a use of \`${name}\` outside of what loads the module`,
    );
  }
}

/** `function __wbg_adapter_9(arg0, arg1, arg2) { wasm.closure9(arg0, arg1, arg2); }`: a closure of a lost instance has to be stopped there. */
export function refuseUnknownAdapters(glue: Glue, wasm: WasmInfo): void {
  const adapters = closureAdapters(glue, wasm);
  const imported = new Set(wasm.imports.map(({ name }) => name));
  for (const fn of glue.functions.values()) {
    const isWord = fn.statement.declarations.some(({ word }) => word !== undefined);
    if (isWord || imported.has(fn.name) || fn.statement.exported || glue.forwarded.has(fn.name) || adapters.has(fn)) continue;
    if (closureCall(fn) !== undefined)
      refuseGlue(glue, fn.node.start, `a function \`${fn.name}\` that enters a closure, under a name that none has`);
  }
}
