/** Finds the words of the vocabulary in glue. */
import type { Node } from '../syntax/ast.js';
import { declaredNames } from '../syntax/ast.js';
import { hasShape, type Shape, shape } from '../syntax/shape.js';
import type { Target } from './glue.js';
import { PROGRAMS, VOCABULARY, type Word } from './vocabulary.js';

/** A name that a statement declares, and how. */
export interface Declaration {
  readonly name: string;
  /** Of one name each: `let a, b;` is two. */
  readonly node: Node;
  /** The word that it is, by its name and its shape. */
  readonly word: Word | undefined;
}

/** What a statement declares. Patterns, and what imports bring in, are nobody's words. */
export function declarationsOf(node: Node, target: Target): Declaration[] {
  if (node.type !== 'VariableDeclaration') {
    return node.type === 'ImportDeclaration' ? [] : declaredNames(node).map((name) => read(name, node, target));
  }
  return node.declarations.flatMap((declarator) =>
    declarator.id.type === 'Identifier' ? [read(declarator.id.name, { ...node, declarations: [declarator] }, target)] : [],
  );
}

function read(name: string, node: Node, target: Target): Declaration {
  return { name, node, word: wordsFor(name, target).find((word) => shapesOf(word).some((one) => hasShape(node, one))) };
}

/** The words that something of this name may be. */
export function wordsFor(name: string, target: Target): Word[] {
  return VOCABULARY.filter((word) => isOn(word, target) && isNamed(word, name));
}

/** The word that a declaration looks like, whatever its name is. */
export function lookalike({ node }: Declaration, target: Target): Word | undefined {
  return VOCABULARY.find(
    (word) =>
      !word.common &&
      isOn(word, target) &&
      shapesOf(word).some((one) => hasShape(node, one, typeof word.name === 'string' ? word.name : undefined)),
  );
}

/** Whether a declaration is one that a program may give any name. */
export function isPrograms({ node }: Declaration): boolean {
  shapes ??= PROGRAMS.map(shape);
  return shapes.some((one) => hasShape(node, one));
}
let shapes: readonly Shape[] | undefined;

/** What a word is called, for messages. */
export function nameOf({ name }: Word): string {
  return typeof name === 'string' ? name : name.source.replaceAll(/[$^]|\\d[*+]|\(\?:|\)\??/g, '');
}

function isNamed({ name }: Word, found: string): boolean {
  return typeof name === 'string' ? name === found : name.test(found);
}

function isOn({ on }: Word, target: Target): boolean {
  return on === undefined || on.includes(target);
}

const READ = new WeakMap<Word, readonly Shape[]>();

function shapesOf(word: Word): readonly Shape[] {
  const known = READ.get(word) ?? word.is.map(shape);
  READ.set(word, known);
  return known;
}
