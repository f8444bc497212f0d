import { keyName, type Node, parseGlue, walk } from '../syntax/ast.js';

/** What generated code takes of the runtime, the one or the other. */
const TAKEN: ReadonlySet<string> = new Set(['revive', 'loadModule']);

/**
 * By what a transformed file imports its runtime, such as `./wasm-revive.js`; undefined for a script, which can import nothing and has it in it.
 * @param path of the file, for messages
 * @throws TransformError `REVIVE_UNKNOWN_GLUE` where it is no JavaScript
 */
export function runtimeImport(path: string, code: string): string | undefined {
  let found: string | undefined;
  walk(parseGlue(path, code).program, (node) => {
    found ??= importIn(node);
    return found === undefined;
  });
  return found;
}

function importIn(node: Node): string | undefined {
  if (node.type === 'ImportDeclaration') {
    const isRuntime = node.specifiers.some((one) => one.type === 'ImportSpecifier' && isTaken(one.imported, one.local));
    return isRuntime ? node.source.value : undefined;
  }
  if (node.type !== 'VariableDeclarator' || node.id.type !== 'ObjectPattern' || node.init?.type !== 'CallExpression') return undefined;
  const isRuntime = node.id.properties.some((one) => one.type === 'Property' && isTaken(one.key, one.value));
  const [from] = node.init.arguments;
  return isRuntime && from?.type === 'Literal' && typeof from.value === 'string' ? from.value : undefined;
}

/** `revive as $revive`, `revive: $revive`. */
function isTaken(key: Node, local: Node): boolean {
  const name = keyName(key);
  return name !== undefined && TAKEN.has(name) && local.type === 'Identifier' && local.name === `$${name}`;
}
