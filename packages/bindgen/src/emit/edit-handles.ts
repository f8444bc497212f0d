/**
 * Edits by which a handle's pointer says which instance it belongs to, and no pointer of another one reaches Wasm (I4).
 */
import type MagicString from 'magic-string';
import { membersOf } from '../read/classes.js';
import type { Glue } from '../read/glue.js';
import { type Node, propertyName } from '../syntax/ast.js';
import type { FunctionNode } from '../syntax/oxc.js';

/** A handle's pointer says which instance it belongs to: `__wbg_ptr`, and `__wbg_ptr_Animal` where classes extend each other. */
export function markHandle(text: MagicString, { left, right }: Extract<Node, { type: 'AssignmentExpression' }>): void {
  if (left.type !== 'MemberExpression' || !isPointer(left)) return;
  if (right.type === 'Literal' && right.value === 0) return;
  text.appendLeft(right.start, '$base + ((').appendRight(right.end, ') >>> 0)');
}

/** Wasm would take a handle's pointer modulo 2³² by itself, but slowly (measured, once pointers are doubles: 10 ns a call). */
export function lowerPointers(text: MagicString, args: readonly Node[]): void {
  for (const arg of args) {
    if (arg.type === 'MemberExpression' && isPointer(arg)) text.appendLeft(arg.end, ' | 0');
  }
}

function isPointer(node: Extract<Node, { type: 'MemberExpression' }>): boolean {
  return propertyName(node)?.startsWith('__wbg_ptr') === true;
}

/** `Counter.__wrap(ptr)`: within the scope, the scope's own. */
export function editStaticUse(text: MagicString, glue: Glue, node: Extract<Node, { type: 'MemberExpression' }>): void {
  if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier' || node.computed) return;
  const { name } = node.property;
  const cls = glue.classes.get(node.object.name);
  if (cls === undefined || !/^__(?:wrap|unwrap)$/.test(name)) return;
  const member = membersOf(glue, cls).findLast((one) => one.static && one.name === name);
  if (member !== undefined) text.overwrite(node.start, node.end, member.scopeName);
}

/** A handle of another generation would be a pointer into another memory (I4). */
export function editAssertClass(text: MagicString, node: FunctionNode): void {
  const [instance, klass] = node.params.map((param) => (param.type === 'Identifier' ? param.name : undefined));
  if (!node.body || instance === undefined || klass === undefined) return;
  // Note: glue up to 0.2.95 ends by returning something, which nobody uses.
  const last = node.body.body.at(-1);
  const end = last?.type === 'ReturnStatement' ? last.start : node.body.end - 1;
  text.appendLeft(end, `    if ($isStrange(${instance}.__wbg_ptr)) $host.strange(${instance}.__wbg_ptr, ${klass}.name);\n`);
}

/** Found out before Wasm is entered: an error thrown through its frames would leave their values undropped (I4). */
export function editPassArray(text: MagicString, node: FunctionNode): void {
  const [array] = node.params;
  if (node.body && array?.type === 'Identifier') text.appendLeft(node.body.start + 1, `\n    $assertOwn(${array.name});`);
}

/** Emitted where arrays of values are given to Rust, which may be handles. (Handles of other packages are ordinary values here.) */
export function assertOwn(glue: Glue): string {
  return `  function $assertOwn(values) {
    // Note: as the glue itself reads them, for they may be no real array.
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if ((${isHandle(glue)}) && $isStrange(value.__wbg_ptr)) $host.strange(value.__wbg_ptr, value.constructor.name);
    }
  }
`;
}

/** Whether a `value` is of a class of the module's. */
export function isHandle({ classes }: Glue): string {
  return classes.size === 0 ? 'false' : [...classes.keys()].map((name) => `value instanceof ${name}`).join(' || ');
}

/** Whether arrays that can hold handles are given to Rust. */
export function passesHandles(glue: Glue): boolean {
  return glue.classes.size > 0 && [...glue.functions.keys()].some(isPassArray);
}

export function isPassArray(name: string | undefined): boolean {
  return name?.startsWith('passArrayJsValueToWasm') === true;
}

/** In place of `Reflect.get`: Rust can ask for a handle's pointer and take it for an address (crates such as wasm-bindgen-derive do). */
export const GET = `  function $get(object, key) {
    const value = Reflect.get(object, key);
    if (typeof value !== 'number' || typeof key !== 'string' || !key.startsWith('__wbg_ptr')) return value;
    if ($isStrange(value)) $host.strange(value, object.constructor.name);
    return value >>> 0;
  }
`;
