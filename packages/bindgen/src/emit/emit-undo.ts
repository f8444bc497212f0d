/**
 * What glue needs so that its instance's turns can be undone: before it writes into the memory it says where (the undo log then holds what was
 * there), and it says what it changes of its own. Its other writes are to the frame of the function that called it, which is of no use any more
 * when that is gone.
 */
import { UNDO_EXPORTS } from '@wasm-revive/kernel';
import type MagicString from 'magic-string';
import { membersOf } from '../read/classes.js';
import { type Glue, helper } from '../read/glue.js';
import { calleeName, declaredNames, memberOf, type Node, propertyName, walk } from '../syntax/ast.js';
import type { FunctionNode } from '../syntax/oxc.js';
import { CLOSURE_MAKER, isGiven, isParameter } from './edit-callbacks.js';

/** By what turns are undone: a log that Wasm keeps, or copies that the host makes. */
export type Commit = 'log' | 'copy';

type CallNode = Extract<Node, { type: 'CallExpression' }>;

/**
 * In scope: what turns end by. A call of the user's says that it begins by a plain store, and where it is the outermost and has changed nothing,
 * it ends by two loads. What Wasm has changed, it says by a word in its memory, of which `$log` is a view. Where nothing else has changed, Wasm commits
 * without anybody else being called.
 *
 * Besides: says that JavaScript is about to write. `$noteSet` and `$noteView` do where a view may be one of the memory.
 *
 * Without a log, the host wants to hear of the end of each turn, and of nothing that is written: `$log` and `$note` stay as they are here.
 */
export const UNDO_PRELUDE = `  const $turn = $host.turn;
  let $log = new globalThis.Int32Array(1), $logAt = 0;
  let $note = () => {}, $commit;
  function $turnEnded() {
    if ($raw.binding === undefined || $turn.hasChanged) $raw.state.host.left();
    else if ($log[0] === 0) return;
    else if ($raw.state.imports === 0 && !$hasCommitted()) $raw.state.host.left();
    // A view of a memory that has grown is empty.
    if ($log.length === 0 && $raw.binding !== undefined) $log = new globalThis.Int32Array(wasm.memory.buffer, $logAt, 1);
  }
  function $given(result, name) {
    if ($turn.hasChanged) $raw.state.host.returns(result, name);
    return result;
  }
  // False: the turn has damaged memory. The host asks again, and does what is to be done then.
  function $hasCommitted() {
    try { return $commit() === 0; } catch { return false; }
  }
  function $noteView(buffer, offset, length, width) {
    if (buffer === wasm.memory.buffer) $note(offset, length * width);
  }
  function $noteSet(view, source, offset) {
    if (globalThis.ArrayBuffer.isView(view)) $noteView(view.buffer, view.byteOffset + offset * view.BYTES_PER_ELEMENT, source.length, view.BYTES_PER_ELEMENT);
  }
`;

/** By which the description of a module gives the runtime what undoes its turns. No other transformed file holds this text. */
export const UNDO_FIELD = 'undo: $undoSupport';

/** What `$bind` does for the log, and `$release`: of the instance that was, nothing may be kept. */
export const BIND_UNDO = `    $note = $exports.${UNDO_EXPORTS.note};
    $commit = $exports.${UNDO_EXPORTS.commit};
    // A module namespace may have the value itself.
    $logAt = $exports.${UNDO_EXPORTS.changed}.value ?? $exports.${UNDO_EXPORTS.changed};
    $log = new globalThis.Int32Array($exports.memory.buffer, $logAt, 1);
`;
export const RELEASE_UNDO: readonly string[] = ['$note = () => {};', '$commit = undefined;', '$log = new globalThis.Int32Array(1);'];

/** A method that the façade calls, as a call of the user's, where turns can be undone and no plugin hears of them. */
export function emitCall(
  key: string,
  name: string,
  displayName: string,
  { source, args }: { readonly source: string; readonly args: string },
): string {
  // Note: without spaces, as guards are: big modules have thousands of these, too.
  const called = `${name}(${args})`;
  const ended = '$turn.isCalled=false;$turnEnded();';
  return `${key}(${source}){if($turn.isCalled)return ${called};$turn.isCalled=true;try{return $given(${called},${JSON.stringify(displayName)});}finally{${ended}}}`;
}

/**
 * The exports by which glue has Rust allocate what it writes to, each with the place of its parameter that says how many bytes: given to the
 * helpers that pass texts and arrays.
 */
export function allocators(glue: Glue): Map<string, number> {
  const found = new Map<string, number>();
  for (const { node } of glue.statements) {
    walk(node, (child) => {
      if (child.type !== 'CallExpression' || !/^pass\w+ToWasm\d*$/.test(calleeName(child) ?? '')) return;
      const [, malloc, realloc] = child.arguments;
      for (const [argument, size] of [[malloc, 0] as const, [realloc, 2] as const]) {
        const name = memberOf(argument, 'wasm');
        if (name !== undefined) found.set(name, size);
      }
    });
  }
  return found;
}

/** Edits what writes, where a log is to hold what was there, and what changes the glue's own `heap`. */
export function editForUndo(text: MagicString, glue: Glue, commit: Commit): void {
  for (const { node, role } of commit === 'log' ? glue.statements : []) {
    if (role !== 'function' && role !== 'scope') continue;
    walk(node, (child) => {
      if (child.type === 'FunctionExpression' || child.type === 'FunctionDeclaration' || child.type === 'ArrowFunctionExpression') {
        noteWrites(text, child as FunctionNode);
      }
    });
  }
  for (const cls of glue.classes.values()) {
    for (const member of membersOf(glue, cls)) if (member.name === '__destroy_into_raw') notePointer(text, member.node.value);
  }
  closureCalls(glue).forEach((call, form) => {
    text.appendLeft((call.arguments.at(-1) as Node).end, `, ${form}`);
  });
  const add = helper(glue, 'addHeapObject')?.node;
  if (add?.body) text.appendLeft(add.body.start + 1, ADD_TO_HEAP);
  const drop = helper(glue, 'dropObject')?.node;
  const place = drop?.params[0];
  if (drop?.body && place?.type === 'Identifier') text.appendLeft(drop.body.start + 1, dropFromHeap(place.name));
}

/** Where glue makes closures of Rust: `makeMutClosure(arg0, arg1, adapter)`, or with the number of a destructor before the adapter. */
function closureCalls(glue: Glue): CallNode[] {
  const calls: CallNode[] = [];
  for (const { node } of glue.statements) {
    walk(node, (child) => {
      if (child.type === 'CallExpression' && CLOSURE_MAKER.test(calleeName(child) ?? '') && child.arguments.length > 2) calls.push(child);
    });
  }
  return calls;
}

/** Makes a closure of each form anew, of where Rust has it. */
export function emitClosures(glue: Glue): string {
  const makers = closureMakers(glue, true).map((maker) => `($a, $b) => ${maker('$a', '$b')}`);
  return `[${makers.map((maker) => `\n      ${maker},`).join('')}\n    ]`;
}

/** For each form of closures, the text that makes one, of the texts of its addresses. @param undo whether turns can be undone */
export function closureMakers(glue: Glue, undo: boolean): ((a: string, b: string) => string)[] {
  return closureCalls(glue).map((call, form) => {
    const others = call.arguments.slice(2).map(({ start, end }) => glue.code.slice(start, end));
    return (a, b) => `${calleeName(call)}(${[a, b, ...others, ...(undo ? [form] : [])].join(', ')})`;
  });
}

/** `CounterFinalization.unregister(this)`, of a handle whose pointer has just been taken: says which that was. */
function notePointer(text: MagicString, { body }: FunctionNode): void {
  const [taken] = body?.body ?? [];
  const pointer = taken?.type === 'VariableDeclaration' ? declaredNames(taken)[0] : undefined;
  if (!body || pointer === undefined) return;
  walk(body, (node) => {
    if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression' || propertyName(node.callee) !== 'unregister') return;
    const [token] = node.arguments;
    if (token !== undefined) text.appendLeft(token.end, `, ${pointer}`);
  });
}

/** `heap[heap_next]` becomes a value, or a new place is made for it. */
const ADD_TO_HEAP = `
    {
        const $place = heap_next, $before = heap[$place], $isNew = $place === heap.length;
        $host.changes(() => {
            if ($isNew) heap.length = $place;
            else heap[$place] = $before;
            heap_next = $place;
        });
    }`;

function dropFromHeap(place: string): string {
  return `
    {
        const $before = heap[${place}], $next = heap_next;
        $host.changes(() => {
            heap[${place}] = $before;
            heap_next = $next;
        });
    }`;
}

/**
 * Where an import gives JavaScript a part of the memory, or a view of it is written to. All is said at the beginning of the function: the log may
 * have the memory grow, after which no view of it can be used that was made before.
 */
function noteWrites(text: MagicString, fn: FunctionNode): void {
  const { body } = fn;
  if (body?.type !== 'BlockStatement' || !fn.params.some((param) => isParameter(param))) return;
  const notes = new Set<string>();
  walk(body, (node, parent) => {
    if (node !== body && /Function/.test(node.type)) return false;
    const note = noteOf(text.original, node, parent);
    if (note !== undefined) notes.add(note);
    return true;
  });
  if (notes.size > 0) text.appendLeft(body.start + 1, `\n            ${[...notes].join(' ')}`);
}

function noteOf(code: string, node: Node, parent: Node | undefined): string | undefined {
  const source = (part: Node): string => code.slice(part.start, part.end);
  if (node.type === 'CallExpression') {
    const [first, second] = node.arguments;
    if (first === undefined) return undefined;
    const view = /^getArray(\w+)FromWasm\d*$/.exec(calleeName(node) ?? '')?.[1];
    if (view !== undefined && second !== undefined && isParameter(first) && isParameter(second)) {
      return view === 'JsValue' || isOnlyRead(node, parent) ? undefined : `$note(${source(first)}, ${source(second)} * ${widthOf(view)});`;
    }
    if (node.callee.type !== 'MemberExpression' || node.callee.computed || node.callee.property.type !== 'Identifier') return undefined;
    const { object, property } = node.callee;
    if (property.name !== 'set' || !isGiven(object) || !isGiven(first) || node.arguments.length > 2) return undefined;
    return `$noteSet(${source(object)}, ${source(first)}, ${second === undefined ? 0 : source(second)});`;
  }
  if (node.type !== 'NewExpression' || node.callee.type !== 'Identifier') return undefined;
  const width = /^(?:Big)?(?:Uint|Int|Float)(\d+)(?:Clamped)?Array$/.exec(node.callee.name)?.[1];
  const [buffer, offset, length] = node.arguments;
  if (width === undefined || buffer === undefined || offset === undefined || length === undefined || !isGiven(buffer)) return undefined;
  return `$noteView(${source(buffer)}, ${source(offset)}, ${source(length)}, ${Number(width) / 8});`;
}

/** Whether a view is copied: `getArrayU8FromWasm0(…).slice()`, `new Uint8Array(getArrayU8FromWasm0(…))`, `….set(getArrayU8FromWasm0(…))`. */
function isOnlyRead(node: Node, parent: Node | undefined): boolean {
  switch (parent?.type) {
    case 'MemberExpression':
      return parent.property.type === 'Identifier' && parent.property.name === 'slice';
    case 'NewExpression':
      return parent.callee.type === 'Identifier' && /Array$/.test(parent.callee.name);
    case 'CallExpression':
      return (
        parent.callee !== node &&
        parent.callee.type === 'MemberExpression' &&
        parent.callee.property.type === 'Identifier' &&
        parent.callee.property.name === 'set'
      );
    default:
      return parent?.type === 'SpreadElement';
  }
}

/** How many bytes an element has: of `U8`, `ClampedU8`, `F64`. */
function widthOf(view: string): number {
  return Number(/\d+$/.exec(view)?.[0] ?? 8) / 8;
}
