// The one place that names the parser, so that another could take its place.

export type {
  Class,
  ClassElement,
  Function as FunctionNode,
  MethodDefinition,
  Node,
  Program,
  Statement,
  VariableDeclaration,
} from 'oxc-parser';
export { parseSync, visitorKeys } from 'oxc-parser';
