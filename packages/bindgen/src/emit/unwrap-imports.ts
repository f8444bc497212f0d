import type MagicString from 'magic-string';
import { usesThis } from '../read/classes.js';
import type { Glue } from '../read/glue.js';
import { calleeName, keyName, references, walk } from '../syntax/ast.js';
import type { FunctionNode } from '../syntax/oxc.js';

/**
 * Under panic=unwind, every import is `function () { return wrapError(function (arg0) {…}, arguments); }`. The guard of the import does the
 * same to what it catches, so the plain function is enough, and V8 can inline it. Gives the names of the imports that were edited.
 */
export function unwrapImports(text: MagicString, glue: Glue): Set<string> {
  const unwrapped = new Set<string>();
  if (!glue.code.includes('wrapError(')) return unwrapped;
  for (const { node } of glue.statements) {
    walk(node, (child, parent) => {
      if (child.type !== 'FunctionDeclaration' && child.type !== 'FunctionExpression') return true;
      const name = child.id?.name ?? (parent?.type === 'Property' ? keyName(parent.key) : undefined);
      const inner = name === undefined ? undefined : wrappedFunction(child);
      if (name === undefined || inner === undefined || inner.body === null || child.body === null) return true;
      const head = child.id?.end ?? child.start + 'function'.length;
      text.remove(head, inner.start + 'function'.length).remove(inner.end, child.end);
      unwrapped.add(name);
      return true;
    });
  }
  return unwrapped;
}

/** The function that is wrapped, unless it depends on how it is called. */
export function wrappedFunction({ params, body }: FunctionNode): FunctionNode | undefined {
  const [statement, ...others] = body?.body ?? [];
  if (params.length > 0 || others.length > 0 || statement?.type !== 'ReturnStatement') return undefined;
  const call = statement.argument;
  if (call?.type !== 'CallExpression' || calleeName(call) !== 'wrapError') return undefined;
  const [inner, args] = call.arguments;
  if (inner?.type !== 'FunctionExpression' || inner.id || inner.async || inner.generator) return undefined;
  if (args?.type !== 'Identifier' || args.name !== 'arguments') return undefined;
  return references(inner).has('arguments') || usesThis(inner) ? undefined : inner;
}
