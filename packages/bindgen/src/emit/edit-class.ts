/** A class of the glue becomes the record of plain functions that a scope has of it, see `classes.ts`. */
import type MagicString from 'magic-string';
import { isAuthors, memberDocs, membersOf, recordsOf, walkThis } from '../read/classes.js';
import { type Glue, type GlueClass, isScript } from '../read/glue.js';
import type { Node } from '../syntax/ast.js';
import type { FunctionNode } from '../syntax/oxc.js';

/** Edits a class in place. */
export function editClass(text: MagicString, glue: Glue, cls: GlueClass): void {
  const { node, name } = cls;
  const records = recordsOf(glue, cls);
  text.overwrite(node.start, node.body.start + 1, `const ${records[0]?.name} = {`).overwrite(node.body.end - 1, node.body.end, '};');
  for (const [index, { members }] of records.entries()) {
    const next = records[index + 1]?.name;
    const last = members.at(-1);
    if (next !== undefined && last !== undefined) text.appendLeft(last.node.end, `\n};\nconst ${next} = {`);
  }
  for (const member of node.body.body) if (isAuthors(node, member)) text.remove(member.start, member.end);
  for (const [member, doc] of memberDocs(glue, cls)) text.remove(doc.start, member.start);
  for (const member of membersOf(glue, cls)) {
    const fn = member.node.value;
    const self = member.static ? '' : fn.params.length === 0 ? '$this' : '$this, ';
    text.overwrite(member.node.start, fn.start, `${fn.async ? 'async ' : ''}${member.key}`).prependLeft(member.node.end, ',');
    text.appendLeft(fn.start + 1, self);
    walkThis(fn, (self) => text.overwrite(self.start, self.end, member.static ? name : '$this'));
    // A class is strict wherever it stands; a function of CommonJS is not. (With other parameters it can't be made so.)
    if (isScript(glue) && fn.body && fn.params.every(({ type }) => type === 'Identifier')) {
      text.prependLeft(fn.body.start + 1, " 'use strict';");
    }
    if (member.kind === 'constructor') removeSuperCalls(text, fn);
    if (member.name === '__destroy_into_raw') returnAddress(text, fn);
    const argument = fn.params[0];
    if (member.static && member.name === '__unwrap' && fn.body && argument?.type === 'Identifier') {
      const value = argument.name;
      text.appendLeft(
        fn.body.start + 1,
        `\n        if (${value} instanceof ${name} && $isStrange(${value}.__wbg_ptr)) $host.strange(${value}.__wbg_ptr, '${name}');`,
      );
    }
  }
}

/** What is raw is an address, without the generation. */
function returnAddress(text: MagicString, fn: FunctionNode): void {
  const last = fn.body?.body.at(-1);
  if (last?.type === 'ReturnStatement' && last.argument) text.appendLeft(last.argument.end, ' >>> 0');
}

/** The façade's constructor has called its super already, and has looked for the marker. */
function removeSuperCalls(text: MagicString, fn: FunctionNode): void {
  for (const statement of preludeOf(fn)) {
    if (isSuperCall(statement) || isSkip(statement)) text.remove(statement.start, statement.end);
  }
}

/** Where a constructor begins: in the `try` around what moves Rust's stack pointer, where it has one. */
export function preludeOf({ body }: FunctionNode): readonly Node[] {
  const statements = body?.body ?? [];
  const first = statements.find(({ type }) => type !== 'VariableDeclaration');
  return first?.type === 'TryStatement' ? first.block.body : statements;
}

/** `super(__wbgSuperSkip);` */
export function isSuperCall(statement: Node): boolean {
  return (
    statement.type === 'ExpressionStatement' &&
    statement.expression.type === 'CallExpression' &&
    statement.expression.callee.type === 'Super'
  );
}

/** `if (arguments[0] === __wbgSuperSkip) return;` */
export function isSkip(statement: Node): boolean {
  if (statement.type !== 'IfStatement' || statement.test.type !== 'BinaryExpression') return false;
  const { right } = statement.test;
  return right.type === 'Identifier' && right.name === '__wbgSuperSkip';
}
