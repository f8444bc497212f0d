import { isForItself } from '../crate-exports.js';
import { type Class, type FunctionNode, type Node, parseSync } from './oxc.js';

/** What a Worker's package exports, as far as the shim has to know. */
export interface WorkerExports {
  /** Handlers of events, and methods that others call. */
  readonly functions: readonly string[];
  /** Classes that can be constructed as workerd constructs Durable Objects and entrypoints: of a state, and of `env`. */
  readonly classes: readonly string[];
}

/** Reads the exports of wasm-bindgen's glue from its syntax tree, but for what the glue and the `worker` crate have for themselves. */
export function exportsOf(file: string, code: string): WorkerExports {
  const declared = new Map<string, Class | FunctionNode>();
  const exported = new Map<string, string>();
  const declare = (node: Node): void => {
    if ((node.type === 'ClassDeclaration' || node.type === 'FunctionDeclaration') && node.id !== null) declared.set(node.id.name, node);
  };
  for (const node of parseSync(file, code).program.body) {
    declare(node);
    if (node.type !== 'ExportNamedDeclaration' || node.source !== null) continue;
    const { declaration, specifiers } = node;
    if (declaration !== null) {
      declare(declaration);
      if ('id' in declaration && declaration.id?.type === 'Identifier') exported.set(declaration.id.name, declaration.id.name);
    }
    for (const { local, exported: as } of specifiers) {
      if (local.type === 'Identifier') exported.set(as.type === 'Literal' ? as.value : as.name, local.name);
    }
  }
  const functions: string[] = [];
  const classes: string[] = [];
  for (const [name, local] of exported) {
    const node = declared.get(local);
    if (node === undefined || isForItself(name)) continue;
    if (node.type === 'FunctionDeclaration') functions.push(name);
    else if (node.type === 'ClassDeclaration' && parametersOf(node) === 2) classes.push(name);
  }
  return { functions, classes };
}

/** How many parameters the constructor takes; undefined where the class has none. */
function parametersOf({ body }: Class): number | undefined {
  const own = body.body.find((member) => member.type === 'MethodDefinition' && member.kind === 'constructor');
  return own?.type === 'MethodDefinition' ? own.value.params.length : undefined;
}
