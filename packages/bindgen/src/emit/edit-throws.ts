/**
 * Takes throws out of the glue that the guards do over: what is thrown and caught on the way costs a caught panic a tenth of its time each
 * (measured on V8: 1–2 µs of 25).
 */
import type MagicString from 'magic-string';
import type { Glue } from '../read/glue.js';
import { calleeName, givenName, type Node, walk } from '../syntax/ast.js';
import type { FunctionNode } from '../syntax/oxc.js';
import { wrappedFunction } from './unwrap-imports.js';

/**
 * Imports that do nothing but throw, such as `__wbindgen_rethrow`: edited to return what they would throw, which their guards throw. Gives the
 * names of those that were edited.
 * @param names imports that may be edited
 */
export function returnThrown(text: MagicString, glue: Glue, names: ReadonlySet<string>): Set<string> {
  const edited = new Set<string>();
  for (const { node } of glue.statements) {
    walk(node, (child, parent) => {
      if (child.type !== 'FunctionDeclaration' && child.type !== 'FunctionExpression') return;
      const name = child.id?.name ?? (parent === undefined ? undefined : givenName(parent));
      const only = name !== undefined && names.has(name) ? onlyStatement(wrappedFunction(child) ?? child) : undefined;
      if (name === undefined || only?.type !== 'ThrowStatement') return;
      text.overwrite(only.start, only.start + 'throw'.length, 'return');
      edited.add(name);
    });
  }
  return edited;
}

/** What wasm-bindgen throws in place of what an import threw, with `--force-enable-abort-handler` under panic=abort. */
export const RETHROW_CRITICAL = '__wbindgen_rethrow_critical';

/** `throw new Error("Critical error", { cause })`: edited to throw the cause itself, which is what the caller's own code threw. */
export function throwCause(text: MagicString, glue: Glue): void {
  for (const { node } of glue.statements) {
    walk(node, (child, parent) => {
      if (child.type !== 'FunctionExpression' || parent === undefined || givenName(parent) !== RETHROW_CRITICAL) return;
      const only = onlyStatement(child);
      const cause = child.params[0];
      if (only?.type !== 'ThrowStatement' || only.argument.type !== 'NewExpression' || cause?.type !== 'Identifier') return;
      text.overwrite(only.argument.start, only.argument.end, cause.name);
    });
  }
}

/** What runs whenever the function is called, and nothing else does. */
function onlyStatement({ params, body, async, generator }: FunctionNode): Node | undefined {
  const [statement, ...others] = body?.body ?? [];
  const isPlain = !async && !generator && params.every(({ type }) => type === 'Identifier');
  return isPlain && others.length === 0 ? statement : undefined;
}

/** `try { … } catch (e) { __wbg_handle_catch(e); }`: the guards inside have done with the error what is to be done. */
export function removeRethrow(text: MagicString, node: Extract<Node, { type: 'TryStatement' }>): void {
  const { block, handler, finalizer } = node;
  if (handler?.param?.type !== 'Identifier') return;
  const [statement, ...others] = handler.body.body;
  if (others.length > 0 || statement?.type !== 'ExpressionStatement' || statement.expression.type !== 'CallExpression') return;
  const [argument] = statement.expression.arguments;
  if (calleeName(statement.expression) !== '__wbg_handle_catch' || argument?.type !== 'Identifier') return;
  if (argument.name !== handler.param.name) return;
  text.remove(block.end, handler.end);
  if (!finalizer) text.remove(node.start, block.start);
}
