/**
 * A class of the glue, taken apart. Each scope has its methods as plain functions that take the object first: V8 inlines
 * `api.Counter$.inc(this)`, but not `Counter.prototype.inc.call(this)` (measured: 8 ns against 14). The façade has the one class that users see.
 */

import { CHUNK } from '../emit/emit-record.js';
import { type Comment, keyName, type Node, nameOfMember, walk } from '../syntax/ast.js';
import { UniqueNames } from '../syntax/names.js';
import type { Class, ClassElement, FunctionNode, MethodDefinition } from '../syntax/oxc.js';
import { docBefore, type Glue, type GlueClass, refuseGlue } from './glue.js';

/** One member of a class. */
export interface GlueMember {
  readonly node: MethodDefinition;
  readonly kind: 'constructor' | 'method' | 'get' | 'set';
  readonly static: boolean;
  /** The key as the class has it: `inc`, `"inc"`, `[Symbol.iterator]`. */
  readonly classKey: string;
  /** The key of its function in the record: `inc`, `static$of`, `get$value`, `new$`. */
  readonly key: string;
  /** What the key stands for, in quotes or not; undefined where it is computed. */
  readonly name: string | undefined;
  /** What its function is called in the scope: `Counter$.inc`. */
  readonly scopeName: string;
  /** As its user knows it, for messages. */
  readonly displayName: string;
}

/** The members of a class, in order. */
export function membersOf(glue: Glue, cls: GlueClass): readonly GlueMember[] {
  let known = KNOWN.get(glue);
  if (known === undefined) {
    known = readMembers(glue);
    KNOWN.set(glue, known);
  }
  return known.get(cls) ?? [];
}

const KNOWN = new WeakMap<Glue, ReadonlyMap<GlueClass, readonly GlueMember[]>>();

/** The documentation of a class's members. */
export function memberDocs({ comments }: Glue, { node }: GlueClass): ReadonlyMap<ClassElement, Comment> {
  const docs = new Map<ClassElement, Comment>();
  let from = node.body.start;
  for (const member of node.body.body) {
    const doc = docBefore(comments, from, member.start);
    if (doc !== undefined) docs.set(member, doc);
    from = member.end;
  }
  return docs;
}

/** An object with functions for the members of a class, in place of it in the scope. */
export interface ClassRecord {
  readonly name: string;
  readonly members: readonly GlueMember[];
}

/** The records that a scope has of a class: one, or several where that would have too many functions. */
export function recordsOf(glue: Glue, cls: GlueClass): readonly ClassRecord[] {
  const records = new Map<string, GlueMember[]>();
  for (const member of membersOf(glue, cls)) {
    const name = member.scopeName.slice(0, member.scopeName.indexOf('.'));
    records.set(name, [...(records.get(name) ?? []), member]);
  }
  return [...records].map(([name, members]) => ({ name, members }));
}

/** All at once, so that no record has the name of another one, nor of anything that the glue's own text uses. */
function readMembers(glue: Glue): Map<GlueClass, readonly GlueMember[]> {
  const names = new UniqueNames(identifiersOf(glue));
  return new Map([...glue.classes.values()].map((cls) => [cls, readClass(glue, cls, names)]));
}

function readClass(glue: Glue, { name, node }: GlueClass, names: UniqueNames): GlueMember[] {
  let record = '';
  let count = 0;
  let keys = new UniqueNames([]);
  return node.body.body.flatMap((member, index) => {
    if (isAuthors(node, member)) return [];
    if (
      member.type !== 'MethodDefinition' ||
      member.key.type === 'PrivateIdentifier' ||
      member.value.generator ||
      member.value.body === null
    ) {
      return refuseGlue(glue, member.start, `an unknown kind of member in class \`${name}\``);
    }
    if (count++ % CHUNK === 0) {
      record = names.take(`${name}$`);
      keys = new UniqueNames([]);
    }
    const memberName = nameOfMember(member);
    const text = glue.code.slice(member.key.start, member.key.end);
    // A key that isn't a plain name gets a number for its function's name.
    const plain = !member.computed && member.key.type === 'Identifier' ? member.key.name : `m${index}`;
    const parts = [member.static ? 'static' : '', member.kind === 'method' ? '' : member.kind, plain];
    const key = keys.take(member.kind === 'constructor' ? 'new$' : parts.filter((part) => part !== '').join('$'));
    return {
      node: member,
      kind: member.kind,
      static: member.static,
      classKey: member.computed ? `[${text}]` : text,
      key,
      name: memberName,
      scopeName: `${record}.${key}`,
      displayName: member.kind === 'constructor' ? `new ${name}` : `${name}.${memberName ?? `[${text}]`}`,
    };
  });
}

/**
 * Whether a member is the package's authors' own: fields, which wasm-bindgen writes none of, and what uses one. Those know nothing of an instance,
 * and stay in the façade's class as they are.
 */
export function isAuthors({ body }: Class, member: ClassElement): boolean {
  if (member.type === 'PropertyDefinition') return true;
  if (member.type !== 'MethodDefinition') return false;
  const fields = new Set(body.body.flatMap((one) => (one.type === 'PropertyDefinition' ? [fieldName(one.key)] : [])));
  let usesField = false;
  walkThis(member.value, (self, parent) => {
    if (parent?.type === 'MemberExpression' && parent.object === self && fields.has(fieldName(parent.property))) usesField = true;
  });
  return usesField;
}

function fieldName(key: Node): string {
  return key.type === 'PrivateIdentifier' ? `#${key.name}` : (keyName(key) ?? '');
}

/** Every identifier in the glue, a local variable's too: it would hide a function of the same name. */
function identifiersOf({ statements }: Glue): Set<string> {
  const names = new Set<string>();
  for (const { node } of statements) {
    walk(node, (child) => {
      if (child.type === 'Identifier') names.add(child.name);
    });
  }
  return names;
}

/** The parameters of a function as source, and as what a call passes on. */
export function parametersOf(glue: Glue, params: readonly Node[]): { source: string; args: string } {
  const args = params.map((param) => {
    if (param.type === 'Identifier') return param.name;
    if (param.type === 'RestElement' && param.argument.type === 'Identifier') return `...${param.argument.name}`;
    if (param.type === 'AssignmentPattern' && param.left.type === 'Identifier') return param.left.name;
    return refuseGlue(glue, param.start, 'an unknown kind of parameter');
  });
  const [first, last] = [params[0], params.at(-1)];
  return { source: first && last ? glue.code.slice(first.start, last.end) : '', args: args.join(', ') };
}

/** The same of a function that users call; one without parameters that reads its `arguments` is passed on all. */
export function parametersPassed(glue: Glue, fn: FunctionNode): { source: string; args: string } {
  return readsArguments(fn) ? { source: '...$args', args: '...$args' } : parametersOf(glue, fn.params);
}

/**
 * Whether a function without parameters reads its own `arguments`: `function __wbg_get_…() { return handleError(function (arg0) {…}, arguments) }`,
 * an import. Glue exports it like what users call where the wasm file doesn't import it any more, as some optimisers leave it.
 */
export function readsArguments(fn: FunctionNode): boolean {
  let found = false;
  if (fn.params.length > 0 || fn.body === null) return false;
  walk(fn.body, (child) => {
    if (child.type === 'Identifier' && child.name === 'arguments') found = true;
    return child.type !== 'FunctionExpression' && child.type !== 'FunctionDeclaration';
  });
  return found;
}

/** Whether a function depends on its receiver. */
export function usesThis(node: Node): boolean {
  let found = false;
  walkThis(node, () => {
    found = true;
  });
  return found;
}

/** Visits every `this` that means the method's own. */
export function walkThis(node: Node, visit: (node: Node, parent: Node | undefined) => void): void {
  walk(node, (child, parent) => {
    if (child.type === 'ThisExpression') visit(child, parent);
    return child === node || (child.type !== 'FunctionExpression' && child.type !== 'FunctionDeclaration');
  });
}
