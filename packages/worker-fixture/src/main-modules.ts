/** The main modules of Workers without this project. */
import path from 'node:path';
import type { PanicMode } from './build-worker.ts';

/** Handlers of events: Rust gets the event, `env` and the context. */
const HANDLERS = ['fetch', 'queue', 'scheduled', 'email'];

/** What wasm-bindgen and the `worker` crate export for a shim. */
const FOR_SHIMS = ['__wbg_reset_state', '__worker_init_state'];

/** Where the set-up puts worker-build's shim (`scripts/lib/upstream-shim.mjs`). */
export function upstreamShim(root: string, panic: PanicMode): string {
  return path.join(root, '.tools/worker-build-0.8.7', panic === 'unwind' ? 'shim-unwind.js' : 'shim.js');
}

/** Passes events on, and no more. */
export function plainMain(glue: string): string {
  const handlers = functionsOf(glue).filter((name) => HANDLERS.includes(name));
  return [
    'import * as exports from "./index.js";',
    `export default { ${handlers.map((name) => `${name}: exports.${name}`).join(', ')} };`,
    ...classesOf(glue).map((name) => `export const ${name} = exports.${name};`),
    '',
  ].join('\n');
}

/** Fills in worker-build's shim as worker-build does (`generate_handlers` and `add_export_wrappers` in its `main.rs`). */
export function upstreamMain(shim: string, glue: string): string {
  const handlers = functionsOf(glue)
    .filter((name) => !FOR_SHIMS.includes(name))
    .map((name) =>
      HANDLERS.includes(name)
        ? `Entrypoint.prototype.${name} = function ${name}(arg) { return exports.${name}.call(this, arg, this.env, this.ctx); };`
        : `Entrypoint.prototype.${name} = exports.${name};`,
    );
  const classes = classesOf(glue).map((name) => `export const ${name} = new Proxy(exports.${name}, classProxyHooks);`);
  return [shim.replace('$HANDLERS', () => handlers.join('\n')), ...classes, ''].join('\n');
}

/** Functions that glue exports, by their lines, as worker-build finds them. */
function functionsOf(glue: string): string[] {
  return [...glue.matchAll(/^export (?:function (\w+)\(|\{ \w+ as (\w+) \})/gm)].map(([, name, alias]) => (name ?? alias) as string);
}

function classesOf(glue: string): string[] {
  return [...glue.matchAll(/^export class (\w+) /gm)].map(([, name]) => name as string);
}
