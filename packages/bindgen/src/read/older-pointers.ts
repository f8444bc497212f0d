/**
 * Glue up to wasm-bindgen 0.2.84, whose handles have their pointer as `ptr`, with the name that it has had since: `__wbg_ptr`. By that name the
 * runtime tells which instance a handle belongs to. Programs may have read the older name, so that classes keep it as an accessor. Every line
 * stays where it is.
 */
import MagicString from 'magic-string';
import { calleeName, type Node, nameOfMember, parse, propertyName, walk } from '../syntax/ast.js';
import { hasShape, shape } from '../syntax/shape.js';

/** By this it is known. */
const FREES = shape('function () { const ptr = this.ptr; this.ptr = 0; $$; return ptr; }');

/** The same glue with newer handles; as it is where they are. */
export function withNewerPointers(file: string, code: string): string {
  if (!code.includes('this.ptr')) return code;
  const { body } = parse(file, code).program;
  const text = new MagicString(code);
  const classes: string[] = [];
  for (const statement of body) {
    const name = olderClass(statement);
    if (name !== undefined) classes.push(name);
    rename(text, statement, name !== undefined);
  }
  if (classes.length === 0) return code;
  text.append(
    `\n{ for (const own of [${classes.join(', ')}]) globalThis.Object.defineProperty(own.prototype, 'ptr', { configurable: true, ` +
      'get() { return this.__wbg_ptr; }, set(pointer) { this.__wbg_ptr = pointer; } }); }\n',
  );
  return text.toString();
}

/** The name of a class of such handles. */
function olderClass(statement: Node): string | undefined {
  const node = statement.type === 'ExportNamedDeclaration' && statement.declaration !== null ? statement.declaration : statement;
  if (node.type !== 'ClassDeclaration' || node.id === null) return undefined;
  const isOlder = node.body.body.some(
    (member) => member.type === 'MethodDefinition' && nameOfMember(member) === '__destroy_into_raw' && hasShape(member.value, FREES),
  );
  return isOlder ? node.id.name : undefined;
}

/** `this.ptr` and `obj.ptr` in a class, `counter.ptr` of what `_assertClass` was asked about in the same function. What that gives nobody uses. */
function rename(text: MagicString, root: Node, isClass: boolean): void {
  const functions: { readonly node: Node; readonly asserted: ReadonlySet<string> }[] = [];
  walk(root, (node) => {
    while (functions.length > 0 && node.start >= (functions.at(-1)?.node.end ?? 0)) functions.pop();
    if (node.type === 'FunctionExpression' || node.type === 'FunctionDeclaration') functions.push({ node, asserted: assertedIn(node) });
    if (node.type !== 'MemberExpression' || node.computed || propertyName(node) !== 'ptr') return;
    const { object, property } = node;
    const isHandle =
      object.type === 'ThisExpression'
        ? isClass
        : object.type === 'Identifier' &&
          ((isClass && object.name === 'obj') || functions.some(({ asserted }) => asserted.has(object.name)));
    if (isHandle) text.overwrite(property.start, property.end, '__wbg_ptr');
  });
}

function assertedIn(fn: Node): Set<string> {
  const names = new Set<string>();
  walk(fn, (node) => {
    const [first] = node.type === 'CallExpression' && calleeName(node) === '_assertClass' ? node.arguments : [];
    if (first?.type === 'Identifier') names.add(first.name);
  });
  return names;
}
