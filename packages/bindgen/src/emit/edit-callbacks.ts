/**
 * Edits what imports do with functions that the host is to call later: microtasks, reactions, timers, listeners. What a call does is seen from
 * the glue's text; whose the function is, the runtime finds out: a closure of Rust, or any other, which stays what it is.
 */
import { REGISTERING_METHODS, REMOVING_METHODS } from '@wasm-revive/kernel';
import type MagicString from 'magic-string';
import { calleeName, declaredNames, type Node } from '../syntax/ast.js';
import type { FunctionNode } from '../syntax/oxc.js';

type CallNode = Extract<Node, { type: 'CallExpression' }>;

/** What {@link editCallback} needs to know. */
export interface CallbackContext {
  /** What the glue itself declares or imports: a function of a snippet may have the name of one of the host's. */
  readonly declared: ReadonlySet<string>;
  /** Whether the executor of futures may be entered again after a panic, see {@link mayEnterAgain}. */
  readonly entersAgain: boolean;
  /** Whether turns can be undone. */
  readonly undo: boolean;
  /** Whether an executor of futures can be none but the older one, see {@link hasOlderExecutor}. */
  readonly olderExecutor: boolean;
}

/** Makes the closures of Rust known to the host. @param undo whether it is given the form of each: see `emitClosures` */
export function editClosureMaker(text: MagicString, node: FunctionNode, undo: boolean): void {
  if (!CLOSURE_MAKER.test(node.id?.name ?? '')) return;
  const last = node.body?.body.at(-1);
  if (last?.type !== 'ReturnStatement' || last.argument?.type !== 'Identifier') return;
  const keeps = node.body?.body.some((statement) => statement.type === 'VariableDeclaration' && declaredNames(statement).includes('state'));
  const isSaved = undo && keeps;
  text
    .appendLeft(last.argument.start, '$host.closure(')
    .appendRight(last.argument.end, isSaved ? ', state, $form)' : keeps ? ', state)' : ')');
  const parameter = node.params.at(-1);
  if (isSaved && parameter) text.appendLeft(parameter.end, ', $form');
}

/** The functions by which glue makes closures. */
export const CLOSURE_MAKER = /^make(?:Mut)?Closure$/;

/** Edits a node that gives a function to the host. False: it doesn't. */
export function editCallback(text: MagicString, node: Node, parent: Node | undefined, context: CallbackContext): boolean {
  switch (node.type) {
    case 'CallExpression':
      return editCall(text, node, context);
    case 'MemberExpression':
      if (parent?.type !== 'VariableDeclarator' || !isNamed(node, 'queueMicrotask')) return false;
      text.appendLeft(node.start, '$host.readQueueMicrotask(').appendRight(node.end, ')');
      return true;
    case 'AssignmentExpression':
      return editHandler(text, node);
    case 'NewExpression': {
      const { callee, arguments: args } = node;
      if (callee.type !== 'Identifier' || !/^[A-Z][a-z]+Observer$/.test(callee.name) || !isHosts(callee.name, context)) return false;
      return passArguments(text, node, args, node.start, `$host.observe(${callee.name}, [`);
    }
    default:
      return false;
  }
}

function editCall(text: MagicString, node: CallNode, context: CallbackContext): boolean {
  const { callee, arguments: args } = node;
  const [first] = args;
  const called = calledMethod(callee, context);
  if (called === undefined || first === undefined) return false;
  const { object, method } = called;
  const isReaction = /^(?:then|catch|finally)$/.test(method) && object !== undefined && isParameter(object) && args.every(isParameter);
  if (method === 'queueMicrotask') {
    const [, undone] = args;
    const given = undone !== undefined && isGiven(undone) ? `, ${text.original.slice(undone.start, undone.end)}` : '';
    text.appendLeft(first.start, '$host.microtask(').appendRight(first.end, `, ${context.entersAgain}${given})`);
  } else if (method === 'resolve' && object?.type === 'Identifier' && object.name === 'Promise') {
    const isTold = (context.undo || context.olderExecutor) && isGiven(first);
    const value = isTold ? `, ${text.original.slice(first.start, first.end)}${context.olderExecutor ? ', true' : ''}` : '';
    text.appendLeft(node.start, '$host.resolvedPromise(').appendRight(node.end, `${value})`);
  } else if (isReaction || REGISTERING_METHODS.includes(method) || (context.undo && REMOVING_METHODS.includes(method))) {
    const asked = isReaction ? '$host.react(' : '$host.register(';
    if (object === undefined) {
      // Of an emitter these are methods: a function of such a name does something else.
      if (method === 'on' || method === 'once' || method === 'off') return false;
      return passArguments(text, node, args, node.start, `${asked}globalThis, '${method}', [`);
    }
    text.appendLeft(node.start, asked);
    return passArguments(text, node, args, object.end, `, '${method}', [`);
  } else {
    return false;
  }
  return true;
}

/** `arg0.onclick = arg1`. */
function editHandler(text: MagicString, { left, right, operator, start, end }: Extract<Node, { type: 'AssignmentExpression' }>): boolean {
  if (operator !== '=' || left.type !== 'MemberExpression' || left.computed || left.property.type !== 'Identifier') return false;
  const { name } = left.property;
  if (!/^on[a-z]+$/.test(name) || !isParameter(left.object) || !isParameter(right)) return false;
  text.appendLeft(start, '$host.setHandler(').overwrite(left.object.end, right.start, `, '${name}', `);
  text.appendRight(end, `, ($target, $handler) => { $target.${name} = $handler; })`);
  return true;
}

/** What is called on what: `arg0.then(…)`, `document.addEventListener(…)`, and `setTimeout(…)` on nothing. */
function calledMethod(callee: Node, context: CallbackContext): { object: Node | undefined; method: string } | undefined {
  if (callee.type === 'Identifier') return isHosts(callee.name, context) ? { object: undefined, method: callee.name } : undefined;
  if (callee.type !== 'MemberExpression' || callee.computed || callee.optional || callee.property.type !== 'Identifier') return undefined;
  const { object, property } = callee;
  const isKnown = isParameter(object) || (object.type === 'Identifier' && isHosts(object.name, context));
  return isKnown ? { object, method: property.name } : undefined;
}

/** Puts `before` in place of what is between `from` and the arguments of a call, and makes an array of them. False: there are none. */
function passArguments(text: MagicString, node: Node, args: readonly Node[], from: number, before: string): boolean {
  const [first, last] = [args[0], args.at(-1)];
  if (first === undefined || last === undefined) return false;
  text.overwrite(from, first.start, before).overwrite(last.end, node.end, '])');
  return true;
}

function isHosts(name: string, { declared }: CallbackContext): boolean {
  return !declared.has(name);
}

function isNamed(node: Extract<Node, { type: 'MemberExpression' }>, name: string): boolean {
  return !node.computed && node.property.type === 'Identifier' && node.property.name === name && isParameter(node.object);
}

/** `arg0`; in a module without reference types `getObject(arg0)` and `takeObject(arg0)`. */
export function isParameter(node: Node): boolean {
  if (node.type === 'CallExpression') return /^(?:get|take)Object$/.test(calleeName(node) ?? '') && node.arguments.every(isParameter);
  return node.type === 'Identifier' && /^arg\d+$/.test(node.name);
}

/** The same, where what is in its place of the `heap` stays there. */
export function isGiven(node: Node): boolean {
  return isParameter(node) && calleeName(node) !== 'takeObject';
}

/**
 * Whether glue never reads `queueMicrotask`, as the executor of wasm-bindgen-futures does before it is made, from 0.4.38 on. An older one has its queue run by
 * `then` of a promise that it makes for that.
 */
export function hasOlderExecutor(glue: string): boolean {
  return !/\.queueMicrotask\b(?!\s*\()/.test(glue);
}

/** What js-sys asserts where it is built with assertions, as it stands in the module. */
const ASSERTION = new TextEncoder().encode('assertion failed: _was_scheduled');

/**
 * Whether the executor of futures runs its queue whenever it is called. Built with `debug_assertions` it panics when it has not asked for that;
 * the tasks behind one that panics then wait there for the next to be woken.
 */
export function mayEnterAgain(wasm: Uint8Array): boolean {
  return Buffer.from(wasm.buffer, wasm.byteOffset, wasm.byteLength).indexOf(ASSERTION) < 0;
}
