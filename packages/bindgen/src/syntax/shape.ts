/**
 * Shapes: pieces of glue written as JavaScript, with holes. A piece of a syntax tree has a shape, or has not; spaces, comments, parentheses and
 * the kind of quotes are no matter, nor whether it is `object.name` or `object['name']`.
 *
 * - `$_` stands for anything; `$a` too, and for the same wherever it stands.
 * - `$$;` stands for any statements, `...$$` for any elements, arguments or properties.
 * - `maybe: statement` may be there, `any: statement` may be there any number of times.
 */
import type { Node } from './ast.js';
import { parseSync } from './oxc.js';

type Tree = Readonly<Record<string, unknown>>;

/** What holes stand for: by the name of each, the text of the tree there. */
type Filled = ReadonlyMap<string, string>;

/** A shape, ready to be compared. */
export interface Shape {
  readonly tree: Tree;
}

/** Reads a shape of one statement. A function without a name is one of an expression. @throws Error where that is no JavaScript */
export function shape(text: string): Shape {
  if (/^function \(/.test(text)) return partOf(shape(`(${text})`));
  // Only a module awaits at its top, or exports.
  const sourceType = /^export |\bawait |\bimport\.meta\b/.test(text) && !/\basync /.test(text) ? 'module' : 'commonjs';
  const { program, errors } = parseSync('shape.js', text, { lang: 'js', sourceType, preserveParens: false });
  const [node, ...others] = program.body;
  if (errors[0] !== undefined || node === undefined || others.length > 0) throw new Error(`no shape of one statement: ${text}`);
  return { tree: node as unknown as Tree };
}

/** The expression in a shape of a statement. */
export function partOf({ tree }: Shape): Shape {
  return { tree: isTree(tree.expression) ? tree.expression : tree };
}

/** Whether a node has a shape. @param renamed a name in the shape that stands for any */
export function hasShape(node: Node, { tree }: Shape, renamed?: string): boolean {
  return match(node, tree, new Map(), renamed) !== undefined;
}

function match(found: unknown, wanted: unknown, filled: Filled, renamed: string | undefined): Filled | undefined {
  const hole = holeIn(wanted, renamed);
  if (hole !== undefined) return fill(hole, found, filled);
  if (Array.isArray(wanted)) return Array.isArray(found) ? matchList(found, wanted, filled, renamed) : undefined;
  const [node, tree] = [withoutBrackets(withoutParens(found)), wanted];
  if (!isTree(tree) || !isTree(node)) return node === tree ? filled : undefined;
  if (node.type !== tree.type) return undefined;
  let now: Filled | undefined = filled;
  for (const key of Object.keys(tree)) {
    if (IGNORED.has(key)) continue;
    now = match(node[key], tree[key], now, renamed);
    if (now === undefined) return undefined;
  }
  return now;
}

function matchList(found: readonly unknown[], wanted: readonly unknown[], filled: Filled, renamed: string | undefined): Filled | undefined {
  const [first, ...others] = wanted;
  if (wanted.length === 0) return found.length === 0 ? filled : undefined;
  const { times, tree } = repetition(first);
  // As many as there can be, so that the last of them is the one that doesn't fit.
  const taken: Filled[] = [filled];
  while (taken.length <= Math.min(times.most, found.length)) {
    const next = match(found[taken.length - 1], tree, taken.at(-1) as Filled, renamed);
    if (next === undefined) break;
    taken.push(next);
  }
  for (let count = taken.length - 1; count >= times.least; count--) {
    const rest = matchList(found.slice(count), others, taken[count] as Filled, renamed);
    if (rest !== undefined) return rest;
  }
  return undefined;
}

const ANYTHING: Tree = { type: 'Identifier', name: '$_' };
const ONCE = { least: 1, most: 1 };
const OFTEN = { least: 0, most: Number.POSITIVE_INFINITY };

/** How often an element of a list may be there. */
function repetition(tree: unknown): { times: { least: number; most: number }; tree: unknown } {
  if (!isTree(tree)) return { times: ONCE, tree };
  if (tree.type === 'LabeledStatement' && isTree(tree.label)) {
    if (tree.label.name === 'maybe') return { times: { least: 0, most: 1 }, tree: tree.body };
    if (tree.label.name === 'any') return { times: OFTEN, tree: tree.body };
  }
  const inside = tree.type === 'ExpressionStatement' ? tree.expression : tree.argument;
  return isTree(inside) && inside.type === 'Identifier' && inside.name === '$$' ? { times: OFTEN, tree: ANYTHING } : { times: ONCE, tree };
}

/** Not compared: where something stands, and how it is written. */
const IGNORED: ReadonlySet<string> = new Set(['type', 'start', 'end', 'range', 'raw', 'directive', 'phase']);

function holeIn(tree: unknown, renamed: string | undefined): string | undefined {
  if (!isTree(tree)) return undefined;
  if (tree.type === 'ExpressionStatement') return holeIn(tree.expression, undefined) === undefined ? undefined : '$_';
  if (tree.type !== 'Identifier' || typeof tree.name !== 'string') return undefined;
  return tree.name.startsWith('$') || tree.name === renamed ? tree.name : undefined;
}

function fill(hole: string, found: unknown, filled: Filled): Filled | undefined {
  if (found === null || found === undefined) return undefined;
  if (hole === '$_') return filled;
  const text = textOf(found);
  const before = filled.get(hole);
  if (before !== undefined) return before === text ? filled : undefined;
  return new Map([...filled, [hole, text]]);
}

/** The same for the same trees, wherever they stand. */
function textOf(found: unknown): string {
  return JSON.stringify(withoutParens(found), (key, value: unknown) => (IGNORED.has(key) && key !== 'type' ? undefined : value));
}

function withoutParens(node: unknown): unknown {
  let inner = node;
  while (isTree(inner) && inner.type === 'ParenthesizedExpression') inner = inner.expression;
  return inner;
}

/** `object['name']` as `object.name`. */
function withoutBrackets(node: unknown): unknown {
  if (!isTree(node) || node.type !== 'MemberExpression' || node.computed !== true) return node;
  const { property } = node;
  if (!isTree(property) || property.type !== 'Literal' || typeof property.value !== 'string') return node;
  return { ...node, computed: false, property: { type: 'Identifier', name: property.value } };
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
