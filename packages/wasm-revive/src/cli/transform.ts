import type { TransformResult } from '@wasm-revive/bindgen';
import type { Command } from 'commander';
import { Listr } from 'listr2';
import { summary } from '../summary.js';
import { transform } from '../transform.js';

interface TransformFlags {
  readonly outDir?: string;
  readonly name?: readonly string[];
  readonly runtime: string;
  readonly recovery: 'fresh' | 'rollback';
  readonly memoryLimit: number;
  readonly splitDebug?: string;
}

/** `wasm-revive transform`. */
export async function runTransform(
  dir: string,
  { memoryLimit: memoryLimitMiB, ...flags }: TransformFlags,
  command: Command,
): Promise<void> {
  refuseLimitWithoutLog(flags, command);
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
    // Note: listr2's would end the command with the code 127, and no signal's.
    { renderer: process.stdout.isTTY ? 'default' : 'silent', registerSignalListeners: false },
  );
  await tasks.run();
  if (result && !process.stdout.isTTY) console.log(summary(result));
  if (result) showWarnings(result);
}

/** Ends the command where it was given a limit that nothing would heed. */
export function refuseLimitWithoutLog({ recovery }: { readonly recovery: string }, command: Command): void {
  if (recovery === 'rollback' || command.getOptionValueSource('memoryLimit') !== 'cli') return;
  command.error('error: --memory-limit is of the undo log, which a package has only with --recovery rollback. Nothing was changed.');
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
