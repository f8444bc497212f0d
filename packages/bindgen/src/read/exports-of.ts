/** What a module exports, by name: for the instances that stand beside the one that its exports lead to. */
import { keyName, memberOf } from '../syntax/ast.js';
import { type Glue, isWasmExport } from './glue.js';

/** Each exported name, and the name that it has in the file. What loads the module, and the instance itself, are left out. */
export function exportsOf({ statements, forwarded, classes }: Glue): ReadonlyMap<string, string> {
  const known = new Set([
    ...forwarded,
    ...classes.keys(),
    ...statements.filter(({ role }) => role === 'module').flatMap(({ declares }) => declares),
  ]);
  const exports = new Map<string, string>();
  const add = (exported: string | undefined, local: string): void => {
    if (exported !== undefined && known.has(local)) exports.set(exported, local);
  };
  for (const { node, exported, declares } of statements) {
    if (exported) for (const name of declares) add(name, name);
    if (node.type === 'ExportNamedDeclaration' && node.source === null) {
      for (const { local, exported: as } of node.specifiers) if (local.type === 'Identifier') add(keyName(as), local.name);
    }
    if (node.type !== 'ExpressionStatement' || node.expression.type !== 'AssignmentExpression' || isWasmExport(node.expression)) continue;
    const { left, right } = node.expression;
    if (right.type === 'Identifier') add(memberOf(left, 'exports'), right.name);
  }
  return exports;
}
