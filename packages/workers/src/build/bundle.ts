import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'wasm-revive/transform';
import { WorkersBuildError } from './errors.js';
import { exportsOf, type WorkerExports } from './exports-of.js';
import { shimText } from './shim-text.js';
import { findOptions, readStaging } from './staging.js';

/** Where the transformed package is put together, in the folder that worker-build bundles: what snippets import is found from there, too. */
const OWN_FOLDER = '.wasm-revive';

/** Isolates have 128 MiB, and what is asked for beyond that need not be counted. Each object's instance has an undo log of its own. */
const MEMORY_LIMIT_MIB = 256;

/** What `bundle` did. */
export interface Bundled {
  readonly exports: WorkerExports;
  /** The exit code of esbuild. */
  readonly code: number;
}

/**
 * Stands in for esbuild in worker-build: transforms what it would bundle, and bundles that, with the same arguments. Where anything fails the
 * folder is as it was.
 *
 * @param dir the folder in which worker-build runs esbuild
 * @param args esbuild's
 * @throws WorkersBuildError, and TransformError of `@wasm-revive/bindgen`
 */
export function bundle(dir: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Bundled {
  const staging = readStaging(dir, args, env);
  const own = join(dir, OWN_FOLDER);
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own);
  try {
    for (const [name, file] of staging.files) copyFileSync(file, join(own, name));
    if (existsSync(join(dir, 'snippets'))) cpSync(join(dir, 'snippets'), join(own, 'snippets'), { recursive: true });
    // The bundler target's entry exports all that its glue does.
    const glue = staging.files.has('index_bg.js') ? 'index_bg.js' : 'index.js';
    const exports = exportsOf(glue, readFileSync(join(own, glue), 'utf8'));
    transform({ dir: own, recovery: recoveryOf(env), memoryLimitMiB: MEMORY_LIMIT_MIB });
    copyFileSync(fileURLToPath(new URL('./index.js', import.meta.url)), join(own, 'wasm-revive-workers.js'));
    if (staging.hasOwnShim) copyFileSync(join(dir, 'shim.js'), join(own, 'shim.js'));
    else writeFileSync(join(own, 'shim.js'), shimText(exports, findOptions(dir), env.RUN_TO_COMPLETION !== undefined));
    const code = runEsbuild(own, [...args, '--external:./index_bg.wasm'], env);
    if (code === 0) {
      const outfile = outfileOf(args);
      renameSync(join(own, outfile), join(dir, outfile));
      copyFileSync(join(own, 'index_bg.wasm'), join(dir, 'index_bg.wasm'));
      // A shim of the program's may import the module by the name that worker-build gives it.
      if (staging.hasOwnShim) copyFileSync(join(own, 'index_bg.wasm'), join(dir, staging.wasm));
      else if (staging.wasm !== 'index_bg.wasm') rmSync(join(dir, staging.wasm));
    }
    return { exports, code };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** How the Worker is to recover. @throws WorkersBuildError */
function recoveryOf({ WASM_REVIVE_RECOVERY: recovery = 'fresh' }: NodeJS.ProcessEnv): 'fresh' | 'rollback' {
  if (recovery === 'fresh' || recovery === 'rollback') return recovery;
  throw new WorkersBuildError(`WASM_REVIVE_RECOVERY is "${recovery}". It has to be fresh, which is the default, or rollback.`);
}

function outfileOf(args: readonly string[]): string {
  const prefix = '--outfile=';
  const found = args.find((arg) => arg.startsWith(prefix))?.slice(prefix.length);
  if (found === undefined) throw new WorkersBuildError('esbuild was to be run without --outfile, which worker-build 0.8 gives.');
  return found;
}

/** Runs the real esbuild, and gives its exit code. `WASM_REVIVE_ESBUILD_BIN` names another one than the npm package beside this one. */
export function runEsbuild(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  const command = env.WASM_REVIVE_ESBUILD_BIN ?? createRequire(import.meta.url).resolve('esbuild/bin/esbuild');
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: 'inherit' });
  if (error !== undefined) {
    throw new WorkersBuildError(
      `esbuild (${command}) could not be run: ${error.message}. Install it beside @wasm-revive/workers, or name it by WASM_REVIVE_ESBUILD_BIN.`,
    );
  }
  return status ?? 1;
}
