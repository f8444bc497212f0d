/**
 * Refuses text that would mean something else where the output has it: what stands at the top of glue is in a function there, members of
 * classes are plain functions, and what users call passes on the parameters that are declared.
 */

import { preludeOf } from '../emit/edit-class.js';
import { isAuthors, readsArguments } from '../read/classes.js';
import { type Glue, type GlueClass, refuseGlue } from '../read/glue.js';
import { CONSTRUCTORS, INSTANCE_CHECKS, MEMBERS } from '../read/vocabulary.js';
import { type Node, nameOfMember, propertyName, references, walk } from '../syntax/ast.js';
import type { FunctionNode, MethodDefinition } from '../syntax/oxc.js';
import { hasShape, shape } from '../syntax/shape.js';

const MEMBER_SHAPES = new Map(MEMBERS.map((member) => [keyOf(member), shape(member.is)]));
const [CALLS, SKIPS] = [shape(CONSTRUCTORS.calls), shape(CONSTRUCTORS.skips)];
const CHECK_SHAPES = INSTANCE_CHECKS.map(shape);

/** @throws TransformError `REVIVE_UNKNOWN_GLUE` */
export function validateMoved(glue: Glue): void {
  for (const { node, role, inner } of glue.statements) {
    if (role === 'scope') refuseContext(glue, node, 'at the top of glue');
    if (role === 'scope' || role === 'function' || role === 'class') refuseOtherChecks(glue, node);
    if (role !== 'function' || inner.type !== 'FunctionDeclaration' || inner.id === null || !glue.forwarded.has(inner.id.name)) continue;
    // A function that uses `this` is called with it, and one that has no parameters with all that it was given.
    const isKnown = readsArguments(inner) ? (child: Node): boolean => isThis(child) || isArguments(child) : isThis;
    for (const part of [...inner.params, inner.body]) {
      if (part) refuseContext(glue, part, 'in a function that is exported', isKnown, inner.async);
    }
  }
  for (const cls of glue.classes.values()) validateClass(glue, cls);
}

function validateClass(glue: Glue, cls: GlueClass): void {
  const { name, node, superName } = cls;
  if (node.superClass !== null && (superName === undefined || !glue.classes.has(superName))) {
    refuseGlue(glue, node.superClass.start, `a class \`${name}\` that extends something else than a class of the package`);
  }
  for (const member of node.body.body) {
    if (isAuthors(node, member)) refuseInstance(glue, name, member);
    if (member.type !== 'MethodDefinition' || isAuthors(node, member)) continue;
    const known = nameOfMember(member);
    const wanted = MEMBER_SHAPES.get(keyOf({ name: known ?? '', static: member.static }));
    if (wanted !== undefined && !hasShape(member.value, wanted)) {
      refuseGlue(glue, member.start, `a \`${known}\` of class \`${name}\` that is not the one that wasm-bindgen writes`);
    }
    refuseOtherThis(glue, cls, member);
    const begin = member.kind === 'constructor' ? beginOf(glue, cls, member.value) : [];
    refuseContext(glue, member.value.body ?? member.value, `in \`${name}.${known}\``, (child) => isThis(child) || begin.includes(child));
    for (const param of member.value.params) refuseContext(glue, param, `in \`${name}.${known}\``, isThis);
  }
}

/** What the authors have added to a class stays in the façade, where there is no instance. */
function refuseInstance(glue: Glue, name: string, member: Node): void {
  const gone = new Set(['wasm', ...glue.statements.flatMap(({ role, declares }) => (role === 'drop' || role === 'init' ? declares : []))]);
  const used = [...references(member)].find((one) => gone.has(one));
  if (used !== undefined) refuseGlue(glue, member.start, `a use of \`${used}\` in what was added to class \`${name}\``);
}

/** Methods are functions that take the object first: the engine's messages about what it is used for would name that. */
function refuseOtherThis(glue: Glue, cls: GlueClass, { value, static: isStatic }: MethodDefinition): void {
  walk(value, (child, parent, key) => {
    if (child !== value && (child.type === 'FunctionExpression' || child.type === 'FunctionDeclaration')) return false;
    if (child.type === 'ThisExpression') {
      const isGiven = parent?.type === 'ReturnStatement' || (parent?.type === 'CallExpression' && key === 'arguments');
      if (isStatic || !isGiven)
        refuseGlue(glue, child.start, `another use of \`this\` in class \`${cls.name}\` than wasm-bindgen makes of it`);
    }
    if (isStatic || child.type !== 'MemberExpression' || child.object.type !== 'ThisExpression') return true;
    const name = propertyName(child) ?? '';
    const isCalled = parent?.type === 'CallExpression' && key === 'callee';
    if (hasMember(glue, cls, name, isCalled ? 'method' : 'get') || (!isCalled && /^(?:ptr|constructor|__wbg_\w+)$/.test(name)))
      return false;
    return refuseGlue(glue, child.start, `a use of \`this.${name}\`, which class \`${cls.name}\` does not have`);
  });
}

function hasMember(glue: Glue, { node, superName }: GlueClass, name: string, kind: 'method' | 'get'): boolean {
  const isOwn = node.body.body.some(
    (member) => member.type === 'MethodDefinition' && member.kind === kind && nameOfMember(member) === name,
  );
  const parent = superName === undefined ? undefined : glue.classes.get(superName);
  return isOwn || (parent !== undefined && hasMember(glue, parent, name, kind));
}

/** What a constructor begins with, and the façade does in its place. */
function beginOf(glue: Glue, { name, superName }: GlueClass, fn: FunctionNode): Node[] {
  const [first, second] = preludeOf(fn);
  const calls = first !== undefined && hasShape(first, CALLS);
  if (calls !== (superName !== undefined))
    refuseGlue(glue, fn.start, `a constructor of \`${name}\` that does not begin as wasm-bindgen's do`);
  const skips = calls ? second : first;
  return [...(calls ? [first] : []), ...(skips !== undefined && hasShape(skips, SKIPS) ? [skips] : [])];
}

function keyOf({ name, static: isStatic }: { readonly name: string; readonly static: boolean }): string {
  return `${isStatic ? 'static ' : ''}${name}`;
}

/**
 * What a piece of text takes from where it stands.
 * @param isKnown what is no matter here
 * @param mayWait whether it is of an asynchronous function
 */
function refuseContext(glue: Glue, root: Node, where: string, isKnown: (node: Node) => boolean = () => false, mayWait = false): void {
  walk(root, (child) => {
    if (child.type === 'FunctionExpression' || child.type === 'FunctionDeclaration' || isKnown(child)) return false;
    const isWaiting = child.type === 'AwaitExpression' && mayWait;
    const isOuter =
      /^(?:ThisExpression|Super|MetaProperty|AwaitExpression|YieldExpression)$/.test(child.type) && !isImportMeta(child) && !isWaiting;
    if (isOuter || isArguments(child)) {
      refuseGlue(glue, child.start, `\`${glue.code.slice(child.start, child.end).slice(0, 40)}\` ${where}`);
    }
    return true;
  });
}

function isThis(node: Node): boolean {
  return node.type === 'ThisExpression';
}

function isArguments(node: Node): boolean {
  return node.type === 'Identifier' && node.name === 'arguments';
}

function isImportMeta(node: Node): boolean {
  return node.type === 'MetaProperty' && node.meta.name === 'import';
}

/** Upstream's own checks are taken out, and with them whatever looks like one. */
function refuseOtherChecks(glue: Glue, root: Node): void {
  walk(root, (child) => {
    if (CHECK_SHAPES.some((one) => hasShape(child, one))) return false;
    const isMark =
      (child.type === 'Literal' && child.value === '__wbg_inst') || (child.type === 'Identifier' && child.name === '__wbg_inst');
    if (isMark) refuseGlue(glue, child.start, 'another use of `__wbg_inst` than wasm-bindgen makes of it');
    return true;
  });
}
