/**
 * Turns the body of the glue into the factory: every call of it evaluates the glue anew, bound to one instance.
 * The glue's own text stays where it is (so that a source map leads back to it) and is edited as little as can be.
 */

import { UNWIND_EXPORT } from '@wasm-revive/kernel';
import type MagicString from 'magic-string';
import { membersOf } from '../read/classes.js';
import { closureAdapters, type GuardedExport } from '../read/entries.js';
import { type Glue, type GlueFunction, helper, RESET_EXPORT } from '../read/glue.js';
import { EXCEPTION_TAGS } from '../read/vocabulary.js';
import { calleeName, isReference, memberOf, type Node, propertyName, walk } from '../syntax/ast.js';
import type { FunctionNode } from '../syntax/oxc.js';
import type { WasmInfo } from '../wasm/wasm-info.js';
import { type CallbackContext, editCallback, editClosureMaker, hasOlderExecutor } from './edit-callbacks.js';
import { editClass } from './edit-class.js';
import { editNewPromise, editPromiseCall } from './edit-promises.js';
import { removeRethrow, returnThrown, throwCause } from './edit-throws.js';
import { emitApi, emitNames } from './emit-api.js';
import { emitExportGuards, exportPath, GUARD_PRELUDE, guardName, isFunctionTable, TABLE_GUARD } from './emit-export-guards.js';
import { type EditedImports, emitImportGuards, type ImportGuards, throwsOnPurpose } from './emit-import-guards.js';
import { allocators, type Commit, editForUndo, emitClosures, UNDO_PRELUDE } from './emit-undo.js';
import { quietImports } from './quiet-imports.js';
import { unwrapImports } from './unwrap-imports.js';

/** What {@link editScope} needs to know. */
export interface ScopeContext {
  readonly glue: Glue;
  readonly wasm: WasmInfo;
  readonly guards: readonly GuardedExport[];
  /** How the raw import object is got: `__wbg_get_imports()`, or an object literal. */
  readonly rawImports: string;
  /** Whether the executor of futures may be entered again after a panic. */
  readonly entersAgain: boolean;
  /** By what turns can be undone, where they can be. */
  readonly undo: Commit | undefined;
}

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

/** The text before the glue's own. */
export function scopeHead({ glue, undo }: ScopeContext): string {
  const inScope = glue.statements.filter(({ role }) => role === 'scope' || role === 'function');
  return [
    // Note: in parentheses, by which engines know that it is called at once. Else they would read all of it twice.
    `const $scope = (function $scope($host) {\n${GUARD_PRELUDE}${undo === undefined ? '' : UNDO_PRELUDE}`,
    passesHandles(glue) ? assertOwn(glue) : '',
    glue.code.includes('Reflect.get(') ? GET : '',
    // What `wasm_bindgen::instance()` gives: the real one would be a way in without guards.
    inScope.some(({ references }) => references.has('wasmInstance'))
      ? '  const wasmInstance = { __proto__: WebAssembly.Instance.prototype, get exports() { return $guarded(); } };\n'
      : '',
  ].join('');
}

/** The text after the glue's own. */
export function scopeTail({ glue, wasm, guards, rawImports, undo }: ScopeContext, edited: EditedImports): string {
  const start = guards.findIndex((guard) => guard.export === '__wbindgen_start');
  const quiet =
    undo &&
    quietImports(
      glue,
      wasm.imports.map(({ name }) => name),
    );
  return `${emitPayload(glue)}${emitExportGuards(guards, wasm, cachedViews(glue), undo, undo === 'log' ? allocators(glue) : new Map())}
${wasm.exports.some(isFunctionTable) ? TABLE_GUARD : ''}${emitImportGuards({ wasm, edited, passesExceptions: passesExceptions(glue), unwind: unwindOf(glue, guards), heap: hasHeap(glue), quiet })}
${emitNames(glue, guards)}${emitApi(glue, undo !== undefined)}
  return {
    imports: $guardImports(${rawImports}),
    bind: $bind,
    entries: $entries,
    payload: $payload,
    held: ${emitHeld(glue, wasm, undo !== undefined)},
    release: $release,
    isShut: () => $raw.binding === undefined && wasm !== undefined,
    isQuiescent: () => $raw.state.imports === 0,
    watch: $watch,
    trap: () => $raw.state.trap,
    lent: () => $raw.state.lent,
${undo === undefined ? '' : `    closures: ${emitClosures(glue)},\n`}    exports: $guarded,
    start() {${start < 0 ? '' : ` ${guardName(start)}(); `}},
    api: $api,
    raw: $raw,
  };
});
`;
}

/** What Rust holds of JavaScript's values: in a table of references, or in the `heap` of glue that does without those. */
function emitHeld(glue: Glue, wasm: WasmInfo, undo: boolean): string {
  const table = wasm.exports.find((entry) => entry.kind === 'table' && entry.element === 'externref');
  if (table !== undefined) return `($exports) => $exports[${JSON.stringify(table.name)}]`;
  if (!hasHeap(glue)) return '() => undefined';
  const replace =
    ', replace($from, $values, $next) { heap.length = $from; for (const $value of $values) heap.push($value); heap_next = $next; }';
  const members = 'get length() { return heap.length; }, get next() { return heap_next; }, get: ($place) => heap[$place]';
  return `() => ({ ${members}${undo ? replace : ''} })`;
}

/** Whether values of JavaScript go to Rust by their place in an array. */
function hasHeap(glue: Glue): boolean {
  return glue.statements.some(({ role, declares }) => role === 'scope' && declares.includes('heap'));
}

/** Whether `wrapError` begins as wasm-bindgen 0.2.130 writes it: `catch (e) { if (e instanceof WebAssembly.Exception) throw e; …`. */
function passesExceptions(glue: Glue): boolean {
  const node = helper(glue, 'wrapError')?.node;
  return node !== undefined && /instanceof WebAssembly\.Exception\)\s*throw\b/.test(glue.code.slice(node.start, node.end));
}

/** What Rust needs to unwind with a value of JavaScript: the crate's function, and the glue's for values that Rust holds. */
function unwindOf(glue: Glue, guards: readonly GuardedExport[]): ImportGuards['unwind'] {
  const index = guards.findIndex((guard) => guard.export === UNWIND_EXPORT);
  const toRust = ['addToExternrefTable0', 'addHeapObject'].find((name) => helper(glue, name));
  return index < 0 || toRust === undefined ? undefined : { path: exportPath(index, guards.length), toRust };
}

/** Variables that hold a view of the memory: `let cachedUint8ArrayMemory0 = null`. */
function cachedViews(glue: Glue): string[] {
  return glue.statements
    .filter(({ role, inner }) => role === 'scope' && inner.type === 'VariableDeclaration' && inner.kind === 'let')
    .flatMap(({ declares }) => declares)
    .filter((name) => /^cached.*Memory\d*$/.test(name));
}

/** Upstream marks and resets instances in place; here that is the manager's. */
function replaceUpstreamGuard(text: MagicString, fn: FunctionNode): boolean {
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

/** What `wrapError` made of an error, unless it broke down over it: it asks of everything whether it is an exception, and a proxy may refuse. */
function emitCarries(tag: string | undefined): string {
  if (tag === undefined) return '  const $carries = (wrapped) => wrapped;\n';
  return `  function $carries(wrapped, error) {
    const carried = $payload(wrapped);
    return carried === error || (carried !== carried && error !== error) ? wrapped : new WebAssembly.Exception(${tag}, [error]);
  }
`;
}

/** A JavaScript value travels through Wasm wrapped in an exception with a tag of the glue's. */
function emitPayload(glue: Glue): string {
  const tags = EXCEPTION_TAGS.filter((tag) => glue.statements.some(({ declares }) => declares.includes(tag)));
  const unwrap = tags.map((tag) => `    if (error.is(${tag})) return error.getArg(${tag}, 0);\n`).join('');
  const carries = helper(glue, 'wrapError') ? emitCarries(tags.at(-1)) : '';
  if (tags.length === 0 && !helper(glue, 'wrapError')) return '  const $payload = (error) => error;\n';
  return `  function $isException(error) {
    try { return error instanceof WebAssembly.Exception; } catch { return false; } // a revoked proxy
  }
  function $payload(error) {
    if (!$isException(error)) return error;
${unwrap}    return error;
  }
${carries}`;
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

/** Last, because it takes out what other edits have touched. */
function removeInstanceChecks(text: MagicString, glue: Glue): void {
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

/** `Counter.__wrap(ptr)`: within the scope, the scope's own. */
function editStaticUse(text: MagicString, glue: Glue, node: Extract<Node, { type: 'MemberExpression' }>): void {
  if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier' || node.computed) return;
  const { name } = node.property;
  const cls = glue.classes.get(node.object.name);
  if (cls === undefined || !/^__(?:wrap|unwrap)$/.test(name)) return;
  const member = membersOf(glue, cls).findLast((one) => one.static && one.name === name);
  if (member !== undefined) text.overwrite(node.start, node.end, member.scopeName);
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

/** Wasm would take a handle's pointer modulo 2³² by itself, but slowly (measured, once pointers are doubles: 10 ns a call). */
function lowerPointers(text: MagicString, args: readonly Node[]): void {
  for (const arg of args) {
    if (arg.type === 'MemberExpression' && isPointer(arg)) text.appendLeft(arg.end, ' | 0');
  }
}

function isPointer(node: Extract<Node, { type: 'MemberExpression' }>): boolean {
  return propertyName(node)?.startsWith('__wbg_ptr') === true;
}

/** A handle's pointer says which instance it belongs to: `__wbg_ptr`, and `__wbg_ptr_Animal` where classes extend each other. */
function markHandle(text: MagicString, { left, right }: Extract<Node, { type: 'AssignmentExpression' }>): void {
  if (left.type !== 'MemberExpression' || !isPointer(left)) return;
  if (right.type === 'Literal' && right.value === 0) return;
  text.appendLeft(right.start, '$base + ((').appendRight(right.end, ') >>> 0)');
}

/** A handle of another generation would be a pointer into another memory (I4). */
function editAssertClass(text: MagicString, node: FunctionNode): void {
  const [instance, klass] = node.params.map((param) => (param.type === 'Identifier' ? param.name : undefined));
  if (!node.body || instance === undefined || klass === undefined) return;
  // Note: glue up to 0.2.95 ends by returning something, which nobody uses.
  const last = node.body.body.at(-1);
  const end = last?.type === 'ReturnStatement' ? last.start : node.body.end - 1;
  text.appendLeft(end, `    if ($isStrange(${instance}.__wbg_ptr)) $host.strange(${instance}.__wbg_ptr, ${klass}.name);\n`);
}

/** Found out before Wasm is entered: an error thrown through its frames would leave their values undropped (I4). */
function editPassArray(text: MagicString, node: FunctionNode): void {
  const [array] = node.params;
  if (node.body && array?.type === 'Identifier') text.appendLeft(node.body.start + 1, `\n    $assertOwn(${array.name});`);
}

/** Emitted where arrays of values are given to Rust, which may be handles. (Handles of other packages are ordinary values here.) */
function assertOwn(glue: Glue): string {
  const isHandle = [...glue.classes.keys()].map((name) => `value instanceof ${name}`).join(' || ');
  return `  function $assertOwn(values) {
    // Note: as the glue itself reads them, for they may be no real array.
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if ((${isHandle}) && $isStrange(value.__wbg_ptr)) $host.strange(value.__wbg_ptr, value.constructor.name);
    }
  }
`;
}

/** Whether arrays that can hold handles are given to Rust. */
function passesHandles(glue: Glue): boolean {
  return glue.classes.size > 0 && [...glue.functions.keys()].some(isPassArray);
}

/** In place of `Reflect.get`: Rust can ask for a handle's pointer and take it for an address (crates such as wasm-bindgen-derive do). */
const GET = `  function $get(object, key) {
    const value = Reflect.get(object, key);
    if (typeof value !== 'number' || typeof key !== 'string' || !key.startsWith('__wbg_ptr')) return value;
    if ($isStrange(value)) $host.strange(value, object.constructor.name);
    return value >>> 0;
  }
`;

function isPassArray(name: string | undefined): boolean {
  return name?.startsWith('passArrayJsValueToWasm') === true;
}
