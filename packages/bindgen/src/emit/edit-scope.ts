/** Edits the glue's own text where it stands, so that it is the body of the factory. */
import type MagicString from 'magic-string';
import { closureAdapters } from '../read/entries.js';
import { type Glue, type GlueFunction, helper } from '../read/glue.js';
import { calleeName, isReference, memberOf, type Node, walk } from '../syntax/ast.js';
import type { FunctionNode } from '../syntax/oxc.js';
import { type CallbackContext, editCallback, editClosureMaker, hasOlderExecutor } from './edit-callbacks.js';
import { editClass } from './edit-class.js';
import { editAssertClass, editPassArray, editStaticUse, isPassArray, lowerPointers, markHandle, passesHandles } from './edit-handles.js';
import { editNewPromise, editPromiseCall } from './edit-promises.js';
import { removeRethrow, returnThrown, throwCause } from './edit-throws.js';
import { type EditedImports, throwsOnPurpose } from './emit-import-guards.js';
import type { ScopeContext } from './emit-scope.js';
import { editForUndo } from './emit-undo.js';
import { guardName } from './guard-parts.js';
import { removeInstanceChecks, replaceUpstreamGuard } from './remove-upstream-state.js';
import { unwrapImports } from './unwrap-imports.js';

/** Edits what belongs to the scope in place, and takes out what doesn't. */
export function editScope(text: MagicString, context: ScopeContext): EditedImports {
  const { glue, guards } = context;
  const callbacks = {
    declared: new Set(glue.statements.flatMap(({ declares }) => declares)),
    entersAgain: context.entersAgain,
    undo: context.undo !== undefined,
    olderExecutor: hasOlderExecutor(glue.code),
  };
  const indexOf = new Map(guards.map((guard, index) => [guard.export, index]));
  for (const [adapter, called] of closureAdapters(glue, context.wasm)) {
    const index = indexOf.get(called);
    if (index !== undefined) stopStaleClosure(text, adapter, index);
  }
  for (const statement of glue.statements) {
    const { node, role, inner, doc } = statement;
    if (role !== 'scope' && role !== 'function' && role !== 'class') {
      text.remove(doc?.start ?? node.start, node.end);
      continue;
    }
    if (doc) text.remove(doc.start, doc.end);
    if (statement.exported) text.remove(node.start, inner.start);
    if (role === 'function' && replaceUpstreamGuard(text, inner as FunctionNode)) continue;
    editNode(text, glue, node, callbacks);
    editWasmUses(text, node, indexOf);
  }
  for (const cls of glue.classes.values()) editClass(text, glue, cls);
  removeInstanceChecks(text, glue);
  if (context.undo !== undefined) editForUndo(text, glue, context.undo);
  throwCause(text, glue);
  const thrower = new Set(context.wasm.imports.map(({ name }) => name).filter(throwsOnPurpose));
  return { unwrapped: unwrapImports(text, glue), returned: returnThrown(text, glue, thrower) };
}

function stopStaleClosure(text: MagicString, { node }: GlueFunction, entry: number): void {
  if (node.body) text.appendLeft(node.body.start + 1, `\n    if ($raw.binding === undefined) return $refuse(${entry});`);
}

/** The glue calls guards by name: `wasm.greet(…)` becomes `$g7(…)`. What isn't a function stays on `wasm`. */
function editWasmUses(text: MagicString, root: Node, indexOf: ReadonlyMap<string, number>): void {
  walk(root, (node, parent, key) => {
    const name = memberOf(node, 'wasm');
    const index = name === undefined ? undefined : indexOf.get(name);
    if (index !== undefined) {
      text.overwrite(node.start, node.end, guardName(index));
      return false;
    }
    // `wasm_bindgen::exports()`
    const alone = node.type === 'Identifier' && node.name === 'wasm' && isReference(parent, key) && parent?.type !== 'MemberExpression';
    if (alone) text.overwrite(node.start, node.end, '$guarded()');
    return true;
  });
}

function editNode(text: MagicString, glue: Glue, root: Node, callbacks: CallbackContext): void {
  walk(root, (node, parent) => {
    if (editCallback(text, node, parent, callbacks)) return;
    switch (node.type) {
      case 'FunctionDeclaration':
        if (helper(glue, node.id?.name) === undefined) break;
        editClosureMaker(text, node, callbacks.undo);
        if (node.id?.name === '_assertClass') editAssertClass(text, node);
        if (isPassArray(node.id?.name) && passesHandles(glue)) editPassArray(text, node);
        break;
      case 'TryStatement':
        removeRethrow(text, node);
        break;
      case 'MemberExpression':
        editStaticUse(text, glue, node);
        break;
      case 'NewExpression':
        editNew(text, node);
        break;
      case 'CallExpression':
        editCall(text, node, parent);
        break;
      case 'AssignmentExpression':
        if (node.left.type === 'Identifier' && node.left.name === '__wbg_reinit_scheduled' && parent?.type !== 'FunctionDeclaration') {
          if (node.right.type === 'Literal' && node.right.value === true) text.overwrite(node.start, node.end, '$host.reinitRequested()');
        } else {
          markHandle(text, node);
        }
        break;
      default:
    }
  });
}

/**
 * The promises that Rust makes, it has to settle; nobody catches what a finalizer throws; and a panic is the host's, so that it is told
 * however it leaves: thrown, or as a rejection.
 */
function editNew(text: MagicString, node: Extract<Node, { type: 'NewExpression' }>): void {
  if (editNewPromise(text, node) || node.callee.type !== 'Identifier') return;
  if (node.callee.name === 'PanicError') text.overwrite(node.start, node.callee.end, '$host.panic');
  const [callback] = node.arguments;
  if (node.callee.name !== 'FinalizationRegistry' || !callback) return;
  // The glue's own has an arrow function; what an import makes is the program's, and stays what it is.
  if (callback.type === 'ArrowFunctionExpression') text.overwrite(node.start, node.callee.end, '$host.registry');
  else text.appendLeft(callback.start, '$host.finalizer(').appendRight(callback.end, ')');
}

function editCall(text: MagicString, node: Extract<Node, { type: 'CallExpression' }>, parent: Node | undefined): void {
  if (memberOf(node.callee, 'wasm') !== undefined) lowerPointers(text, node.arguments);
  if (editPromiseCall(text, node)) return;
  if (calleeName(node) === '__wbg_call_guard' && parent?.type === 'ExpressionStatement') {
    text.remove(parent.start, parent.end);
  } else if (memberOf(node.callee, 'Reflect') === 'get' && node.arguments.length === 2) {
    text.overwrite(node.callee.start, node.callee.end, '$get');
  }
}
