import type MagicString from 'magic-string';
import { memberOf, type Node } from '../syntax/ast.js';
import { isParameter } from './edit-callbacks.js';

/** The closures that Rust lends for the time of a call: glue makes them where the import is called. */
const LENT = /^cb\d+$/;

/**
 * The promises that Rust has to settle, by the ways in which an import of js-sys, or one like it, makes them: `new Promise`, a subclass that
 * is given a closure of Rust, `Reflect.construct`, `Promise.withResolvers`. The host remembers them (I5).
 *
 * Not known are those that no import makes by its own text: by a function of JavaScript's that Rust calls, or by the `then` of an object.
 */
export function editNewPromise(text: MagicString, node: Extract<Node, { type: 'NewExpression' }>): boolean {
  const { callee } = node;
  if (callee.type === 'Identifier' && callee.name === 'Promise') {
    // An executor that is a parameter may be the program's own JavaScript, which owes what it promises by itself.
    const [executor] = node.arguments;
    text.overwrite(node.start, callee.end, executor && isParameter(executor) ? '$host.promiseOf' : '$host.promise');
    return true;
  }
  const [first, last] = [node.arguments[0], node.arguments.at(-1)];
  if (first?.type !== 'Identifier' || !LENT.test(first.name) || last === undefined) return false;
  text.overwrite(node.start, first.start, `$host.construct(${text.original.slice(callee.start, callee.end)}, [`);
  text.overwrite(last.end, node.end, '])');
  return true;
}

/** The same, for calls. */
export function editPromiseCall(text: MagicString, node: Extract<Node, { type: 'CallExpression' }>): boolean {
  const { callee } = node;
  if (memberOf(callee, 'Promise') === 'withResolvers') text.overwrite(callee.start, callee.end, '$host.withResolvers');
  else if (memberOf(callee, 'Reflect') === 'construct') text.overwrite(callee.start, callee.end, '$host.constructOf');
  else return false;
  return true;
}
