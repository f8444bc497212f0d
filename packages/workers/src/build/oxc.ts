// The one place that names the parser, so that another could take its place.
export type { Class, Function as FunctionNode, Node } from 'oxc-parser';
export { parseSync } from 'oxc-parser';
