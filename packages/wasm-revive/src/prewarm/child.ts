// Run as a process of its own, in which a package is loaded so that its start function runs: that may end the process, or never end.
import { readFileSync, writeSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';
import { checkEngine, UNDO_EXPORTS } from '@wasm-revive/kernel';
import type { Revive } from '@wasm-revive/reinit-manager';
import { load } from '../replay/loader.js';
import type { StartOutcome, StartTask } from './outcome.js';

/** Where the outcome goes: what the program prints is not that. */
const OUTCOME = 3;

/** The export that runs the start function. */
const START = '__wbindgen_start';

/** The import by which the glue fills its table of JavaScript's values. */
const FILL_TABLE = '__wbindgen_init_externref_table';

const called = new Set<string>();
/** The table, and what the glue has put into it. */
let table: WebAssembly.Table | undefined;
let filled: readonly unknown[] = [];
watchImports();
const outcome = await started(JSON.parse(readFileSync(0, 'utf8')) as StartTask);
const text = Buffer.from(JSON.stringify(outcome));
for (let from = 0; from < text.length; ) from += writeSync(OUTCOME, text, from);
// It may have timers, or listen to something.
process.exit();

/** Notes which imported functions an instance calls: what they do to JavaScript is not part of its state. */
function watchImports(): void {
  const Real = WebAssembly.Instance;
  WebAssembly.Instance = class extends Real {
    constructor(module: WebAssembly.Module, imports: WebAssembly.Imports = {}) {
      // The runtime makes instances of small modules of its own, too.
      if (!WebAssembly.Module.exports(module).some(({ name }) => name === START)) {
        super(module, imports);
        return;
      }
      const watched: Record<string, WebAssembly.ModuleImports> = {};
      for (const { module: from, name } of WebAssembly.Module.imports(module)) {
        const value = imports[from]?.[name] as WebAssembly.ImportValue;
        watched[from] ??= {};
        watched[from][name] = typeof value === 'function' ? watch(name, value as (...args: never[]) => unknown) : value;
      }
      super(module, watched);
      table = this.exports[UNDO_EXPORTS.references] as WebAssembly.Table | undefined;
    }
  };
}

function watch(name: string, run: (...args: never[]) => unknown): (...args: never[]) => unknown {
  return (...args) => {
    called.add(name);
    const result = run(...args);
    if (name === FILL_TABLE) filled = held();
    return result;
  };
}

function held(): unknown[] {
  return Array.from({ length: table?.length ?? 0 }, (_, place) => table?.get(place) as unknown);
}

function has(value: unknown, name: string): boolean {
  return ((typeof value === 'object' && value !== null) || typeof value === 'function') && name in value;
}

async function started({ name, exceptions, entry, wasm }: StartTask): Promise<StartOutcome> {
  // Node.js 20 has only the hooks on a thread of their own.
  if ('registerHooks' in nodeModule) (nodeModule.registerHooks as (hooks: object) => void)({ load });
  else nodeModule.register(new URL('replay-loader.js', import.meta.url));
  try {
    // Before anything is compiled, which not every package asks for.
    if (exceptions !== 'none') checkEngine(name, { encoding: exceptions, jsTag: false });
    const exported = (await import(pathToFileURL(entry).href)) as Record<string, unknown>;
    // Of CommonJS, Node.js finds only the exports whose names are written plainly. In `default` there are all, as in that of a script.
    const pkg = (has(exported.default, '__revive') ? exported.default : exported) as Record<string, unknown>;
    if (typeof pkg.initSync === 'function') pkg.initSync({ module: readFileSync(wasm) });
    const state = (pkg.__revive as Revive).checkpoint();
    // Note: behind those it has filled, `undefined` is a value that Rust holds.
    const now = held();
    const given = filled.flatMap((value, place) => (value !== null && Object.is(value, now[place]) ? [place] : []));
    return { kind: 'started', state: Buffer.from(state).toString('base64'), called: [...called].sort(), given };
  } catch (error) {
    return { kind: 'failed', why: String(error) };
  }
}
