/** Refuses packages that don't start as upstream's do: the output starts each instance by itself, once. */
import { dirname, join } from 'node:path';
import { type Glue, refuseGlue } from '../read/glue.js';
import { SET, START } from '../read/loaders.js';
import type { Package } from '../read/read-package.js';
import { type Node, parseGlue } from '../syntax/ast.js';
import { hasShape } from '../syntax/shape.js';
import type { WasmInfo } from '../wasm/wasm-info.js';

/** @throws TransformError `REVIVE_UNKNOWN_GLUE` */
export function validateStart(glue: Glue, wasm: WasmInfo, entry: Package['entry']): void {
  // Without the main file, the program itself starts the module.
  if (glue.target === 'bundler' && entry === undefined) return;
  const finalize = glue.statements.find(({ declares }) => declares.includes('__wbg_finalize_init'))?.inner;
  const body = finalize?.type === 'FunctionDeclaration' ? (finalize.body?.body ?? []) : [];
  const starts = [...glue.statements.map(({ node }) => node), ...body, ...callsOfEntry(glue, entry)].filter((node) =>
    hasShape(node, START),
  );
  const wanted = wasm.exports.some(({ name }) => name === '__wbindgen_start') ? 1 : 0;
  if (starts.length !== wanted)
    refuseGlue(glue, 0, `the start function called ${starts.length} times, which the wasm file has ${wanted} times`);
}

/** What the bundler target's entry does when it is loaded: it gives the instance to the glue, and starts it. */
function callsOfEntry(glue: Glue, entry: Package['entry']): Node[] {
  if (entry === undefined) return [];
  const { file, code } = entry;
  const at = { path: join(dirname(glue.path), file), code };
  const calls = parseGlue(at.path, code).program.body.filter(
    (node) => node.type === 'ExpressionStatement' && node.expression.type === 'CallExpression',
  );
  const other = calls.find((node) => !hasShape(node, START) && !hasShape(node, SET));
  if (other !== undefined) refuseGlue(at, other.start, 'a call in the main file that wasm-bindgen does not write');
  const sets = calls.filter((node) => hasShape(node, SET)).length;
  const wanted = glue.statements.filter(({ declares }) => declares.includes('__wbg_set_wasm')).length;
  if (sets !== wanted) refuseGlue(at, 0, `\`__wbg_set_wasm\` called ${sets} times, which ${glue.file} has ${wanted} times`);
  return calls;
}
