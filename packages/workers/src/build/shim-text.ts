import type { WorkerExports } from './exports-of.js';

/** The Worker's main module, in place of worker-build's. @param options the path of the program's own options, where it has some */
export function shimText({ functions, classes }: WorkerExports, options: string | undefined, runToCompletion: boolean): string {
  const known = { functions, objects: classes, ...(runToCompletion && { runToCompletion }) };
  return [
    'import * as pkg from "./index.js";',
    'import { serve } from "./wasm-revive-workers.js";',
    ...(options === undefined ? [] : [`import options from ${JSON.stringify(options)};`]),
    `const worker = serve(pkg, { ...${JSON.stringify(known)}${options === undefined ? '' : ', ...options'} });`,
    'export default worker.default;',
    ...classes.map((name) => `export const ${name} = worker.classes.${name};`),
    '',
  ].join('\n');
}
