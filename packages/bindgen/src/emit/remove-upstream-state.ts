/** Takes out what upstream has for instances that it marks and resets in place: here that is the manager's. */
import type MagicString from 'magic-string';
import { type Glue, RESET_EXPORT } from '../read/glue.js';
import { type Node, propertyName, walk } from '../syntax/ast.js';
import type { FunctionNode } from '../syntax/oxc.js';

/** Upstream marks and resets instances in place; here that is the manager's. */
export function replaceUpstreamGuard(text: MagicString, fn: FunctionNode): boolean {
  const body = fn.body;
  if (!body) return false;
  switch (fn.id?.name) {
    case RESET_EXPORT:
    case '__wbg_call_guard':
    case '__wbg_call_abort_hook':
      text.remove(fn.start, fn.end);
      return true;
    case '__wbg_handle_catch': {
      // The guard has taken the JavaScript value out of the exception that carried it.
      const param = fn.params[0]?.type === 'Identifier' ? fn.params[0].name : 'e';
      text.overwrite(body.start, body.end, `{ throw ${param}; }`);
      return true;
    }
    default:
      return false;
  }
}

/** Last, because it takes out what other edits have touched. */
export function removeInstanceChecks(text: MagicString, glue: Glue): void {
  if (!glue.code.includes('__wbg_inst')) return;
  for (const { node } of glue.statements) {
    walk(node, (child) => {
      if (!isInstanceCheck(child)) return true;
      text.remove(child.start, child.end);
      return false;
    });
  }
}

/** Upstream's own mark of which instance an object belongs to (`__wbg_inst`, with its reset function): the generation says that here. */
function isInstanceCheck(node: Node): boolean {
  if (node.type !== 'IfStatement' && node.type !== 'ExpressionStatement') return false;
  let found = false;
  walk(node.type === 'IfStatement' ? node.test : node, (child) => {
    if (child.type === 'FunctionExpression' || child.type === 'ArrowFunctionExpression') return false;
    if (child.type === 'Literal' && child.value === '__wbg_inst') found = true;
    if (child.type === 'MemberExpression' && propertyName(child) === '__wbg_inst') found = true;
    return true;
  });
  return found;
}
