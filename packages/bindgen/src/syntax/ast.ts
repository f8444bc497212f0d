import { TransformError } from '../errors.js';
import { MAX_NESTING, nestingOf } from './nesting.js';
import { type FunctionNode, type MethodDefinition, type Node, type Program, parseSync, type Statement, visitorKeys } from './oxc.js';

export type { Node, Program, Statement };

/** Called for every node, parents first. Return false to leave out its children. */
export type Visit = (node: Node, parent: Node | undefined, key: string | undefined) => unknown;

/** Visits a node and all below it, in source order. */
export function walk(node: Node, visit: Visit, parent?: Node, key?: string): void {
  if (visit(node, parent, key) === false) return;
  const children = node as unknown as Record<string, unknown>;
  for (const name of visitorKeys[node.type] ?? []) {
    const child = children[name];
    for (const one of Array.isArray(child) ? child : [child]) {
      if (isNode(one)) walk(one, visit, node, name);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** Whether an identifier at this place is a use of a variable, and not a property's or a declaration's name. */
export function isReference(parent: Node | undefined, key: string | undefined): boolean {
  switch (parent?.type) {
    case 'MemberExpression':
      return key === 'object' || parent.computed;
    case 'Property':
      return key === 'value' || parent.computed;
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return key === 'value' || parent.computed;
    case 'ExportSpecifier':
      return key === 'local';
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
    case 'LabeledStatement':
      return false;
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ClassDeclaration':
    case 'ClassExpression':
      return key !== 'id';
    default:
      return true;
  }
}

/** The names of all variables that a node uses, its own locals among them. */
export function references(node: Node): Set<string> {
  const names = new Set<string>();
  walk(node, (child, parent, key) => {
    if (child.type === 'Identifier' && isReference(parent, key)) names.add(child.name);
  });
  return names;
}

/** A use of a variable that isn't one of the node's own: none of the functions around the use declares the name, nor has a parameter of it. */
export function freeUse(node: Node, name: string): Node | undefined {
  let found: Node | undefined;
  visitFreeUses(node, name, (use) => {
    found ??= use;
  });
  return found;
}

/** Visits all such uses, in source order. */
export function visitFreeUses(node: Node, name: string, visit: Visit): void {
  walk(node, (child, parent, key) => {
    if (isFunction(child) && declaresWithin(child, name)) return false;
    if (child.type === 'Identifier' && child.name === name && isReference(parent, key)) visit(child, parent, key);
    return true;
  });
}

type ArrowFunction = Extract<Node, { type: 'ArrowFunctionExpression' }>;

function isFunction(node: Node): node is FunctionNode | ArrowFunction {
  return node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';
}

/** Whether a function has a parameter of this name, or declares it, be it in a block. What functions within it declare is theirs. */
function declaresWithin(fn: FunctionNode | ArrowFunction, name: string): boolean {
  if (fn.params.some((param) => references(param).has(name)) || fn.id?.name === name) return true;
  let isDeclared = false;
  const { body } = fn;
  if (body === null) return false;
  walk(body, (child) => {
    const declared =
      child.type === 'VariableDeclarator' || child.type === 'FunctionDeclaration' || child.type === 'ClassDeclaration'
        ? child.id
        : child.type === 'CatchClause'
          ? child.param
          : null;
    isDeclared ||= declared !== null && references(declared).has(name);
    return !isDeclared && !isFunction(child);
  });
  return isDeclared;
}

/** `object.name` or `object["name"]`: the name, when the object is that identifier. */
export function memberOf(node: Node | undefined | null, object: string): string | undefined {
  if (node?.type !== 'MemberExpression' || node.object.type !== 'Identifier' || node.object.name !== object) return undefined;
  return propertyName(node);
}

/** `object.name` or `object["name"]`: the name, of whatever object. */
export function propertyName({ computed, property }: Extract<Node, { type: 'MemberExpression' }>): string | undefined {
  return computed && property.type === 'Identifier' ? undefined : keyName(property);
}

/** The name that a key or an export specifier has: `name`, `"name"`. */
export function keyName(key: Node): string | undefined {
  if (key.type === 'Identifier') return key.name;
  return key.type === 'Literal' && typeof key.value === 'string' ? key.value : undefined;
}

/** The name that a function is given by where it stands: `{ name: … }`, `imports.wbg.name = …`. */
export function givenName(parent: Node): string | undefined {
  if (parent.type === 'Property') return keyName(parent.key);
  return parent.type === 'AssignmentExpression' && parent.left.type === 'MemberExpression' ? keyName(parent.left.property) : undefined;
}

/** The name of a member of a class; undefined where it is found out when the program runs. */
export function nameOfMember({ computed, key }: MethodDefinition): string | undefined {
  return computed && key.type === 'Identifier' ? undefined : keyName(key);
}

/** The name of the function that a call calls directly. */
export function calleeName(node: Node | undefined | null): string | undefined {
  return node?.type === 'CallExpression' && node.callee.type === 'Identifier' ? node.callee.name : undefined;
}

/** Parses glue; throws a {@link ParseError} where it is not JavaScript. */
export function parse(filename: string, code: string): { program: Program; comments: readonly Comment[] } {
  // Note: what is as deep would end the process, in the parser or here.
  if (nestingOf(code) > MAX_NESTING) throw new ParseError(`it nests deeper than ${MAX_NESTING} levels, which no glue does`, 0);
  // Written on one line, a module says only at its end that it is one.
  const types = /^\s*(?:import|export)\b/m.test(code) ? (['module', 'commonjs'] as const) : (['commonjs', 'module'] as const);
  let first: ParseError | undefined;
  for (const sourceType of types) {
    const { program, comments, errors } = parseSync(filename, code, { lang: 'js', sourceType });
    const [error] = errors;
    if (error === undefined) return { program, comments };
    first ??= new ParseError(error.message, error.labels[0]?.start ?? 0);
  }
  throw first;
}

/** The text is not JavaScript. */
export class ParseError extends Error {
  /** Where, in UTF-16 units from the start. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** A comment, by its place in the source. */
export interface Comment {
  readonly type: 'Line' | 'Block';
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** Parses a file of glue. @throws TransformError `REVIVE_UNKNOWN_GLUE`, with the line */
export function parseGlue(path: string, code: string): ReturnType<typeof parse> {
  try {
    return parse(path, code);
  } catch (cause) {
    const line = cause instanceof ParseError ? lineOf(code, cause.offset) : 1;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new TransformError(
      'REVIVE_UNKNOWN_GLUE',
      `${path}:${line} can't be read as JavaScript: ${said}. Build the package again; wasm-bindgen overwrites its output.`,
      { cause },
    );
  }
}

/** The line that an offset is in, from 1. */
export function lineOf(code: string, offset: number): number {
  return code.slice(0, offset).split('\n').length;
}

/** The names that a statement declares. */
export function declaredNames(node: Node): string[] {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return node.id ? [node.id.name] : [];
    case 'VariableDeclaration':
      return node.declarations.flatMap(({ id }) => patternNames(id));
    case 'ImportDeclaration':
      return node.specifiers.map(({ local }) => local.name);
    default:
      return [];
  }
}

function patternNames(pattern: Node): string[] {
  if (pattern.type === 'Identifier') return [pattern.name];
  const names: string[] = [];
  if (pattern.type === 'ObjectPattern') {
    for (const property of pattern.properties) {
      names.push(...patternNames(property.type === 'RestElement' ? property.argument : property.value));
    }
  }
  return names;
}
