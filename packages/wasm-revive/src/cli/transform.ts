import type { TransformResult } from '@wasm-revive/bindgen';
import { Listr } from 'listr2';
import { transform } from '../transform.js';

interface TransformFlags {
  readonly outDir?: string;
  readonly name?: string;
  readonly runtime: string;
  readonly recovery: 'fresh' | 'rollback';
  readonly memoryLimit: number;
  readonly splitDebug?: string;
}

/** `wasm-revive transform`. */
export async function runTransform(dir: string, { memoryLimit: memoryLimitMiB, ...flags }: TransformFlags): Promise<void> {
  let result: TransformResult | undefined;
  const tasks = new Listr(
    [
      {
        title: `Transforming ${dir}`,
        task: (_, task) => {
          result = transform({ dir, memoryLimitMiB, ...flags });
          task.title = summary(result);
        },
      },
    ],
    { renderer: process.stdout.isTTY ? 'default' : 'silent' },
  );
  await tasks.run();
  if (result && !process.stdout.isTTY) console.log(summary(result));
  if (result) showWarnings(result);
}

/** Writes what the transform warns of. */
export function showWarnings({ modules, warnings }: TransformResult): void {
  for (const { name, debugInfoLeftOut } of modules) {
    if (debugInfoLeftOut !== undefined) console.warn(withoutDebugInfo(name, debugInfoLeftOut));
  }
  for (const warning of warnings) console.warn(`Warning: ${warning}`);
}

function withoutDebugInfo(name: string, why: string): string {
  return (
    `Warning: the debug information (DWARF) of ${name} is left out, because ${why}. Crash reports will have the names of functions only. ` +
    'What is supported is the DWARF in the module itself that rustc writes and `wasm-bindgen --keep-debug` keeps.'
  );
}

function summary({ modules, outDir }: TransformResult): string {
  return modules
    .map(({ name, target, wasmBindgen, guards, exceptions }) => {
      const by = wasmBindgen === null ? target : `${target}, wasm-bindgen ${wasmBindgen.replace(/ .*/, '')}`;
      const done = `${name} (${by}): ${guards.exports} exports and ${guards.imports} imports guarded, written to ${outDir}`;
      // Where the engine compiles the module by itself, this is the only time at which we can say it.
      return exceptions === 'exnref' ? `${done}; ${EXNREF}` : done;
    })
    .join('\n');
}

const EXNREF = 'its exceptions are in the exnref encoding, for Node.js 22.22.3, 24.15, Chrome 137, Firefox 131, Safari 18.4 or later';
