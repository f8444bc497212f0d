import { copyFileSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Assembled, type AssembleOptions, assemble } from './assemble.js';
import { WorkersBuildError } from './errors.js';
import { runEsbuild } from './esbuild.js';
import { readStaging } from './staging.js';

/** Where the transformed package is put together, in the folder that worker-build bundles: what snippets import is found from there, too. */
const OWN_FOLDER = '.wasm-revive';

/** What `bundle` did. */
export interface Bundled extends Assembled {
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
    const assembled = assemble(own, {
      ...settingsOf(env),
      project: dir,
      ownShim: staging.hasOwnShim ? join(dir, 'shim.js') : undefined,
      runToCompletion: env.RUN_TO_COMPLETION !== undefined,
    });
    const code = runEsbuild(own, [...args, ...assembled.args, '--external:./index_bg.wasm'], env);
    if (code === 0) {
      const outfile = outfileOf(args);
      renameSync(join(own, outfile), join(dir, outfile));
      copyFileSync(join(own, 'index_bg.wasm'), join(dir, 'index_bg.wasm'));
      // A shim of the program's may import the module by the name that worker-build gives it.
      if (staging.hasOwnShim) copyFileSync(join(own, 'index_bg.wasm'), join(dir, staging.wasm));
      else if (staging.wasm !== 'index_bg.wasm') rmSync(join(dir, staging.wasm));
    }
    return { ...assembled, code };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** How the Worker is to recover, and to begin. @throws WorkersBuildError */
function settingsOf(env: NodeJS.ProcessEnv): Pick<AssembleOptions, 'recovery' | 'commit' | 'prewarm'> {
  const recovery = chosen(env, 'WASM_REVIVE_RECOVERY', ['fresh', 'rollback']);
  const commit = chosen(env, 'WASM_REVIVE_COMMIT', ['log', 'copy']);
  if (env.WASM_REVIVE_COMMIT !== undefined && recovery !== 'rollback') {
    throw new WorkersBuildError('WASM_REVIVE_COMMIT says how a call can be undone, which is done only with WASM_REVIVE_RECOVERY=rollback.');
  }
  return { recovery, commit, prewarm: chosen(env, 'WASM_REVIVE_PREWARM', ['0', '1']) === '1' };
}

/** @throws WorkersBuildError */
function chosen<const T extends string>(env: NodeJS.ProcessEnv, name: string, choices: readonly [T, T]): T {
  const given = env[name] ?? choices[0];
  const found = choices.find((choice) => choice === given);
  if (found !== undefined) return found;
  throw new WorkersBuildError(`${name} is "${given}". It has to be ${choices[0]}, which is the default, or ${choices[1]}.`);
}

function outfileOf(args: readonly string[]): string {
  const prefix = '--outfile=';
  const found = args.find((arg) => arg.startsWith(prefix))?.slice(prefix.length);
  if (found === undefined) throw new WorkersBuildError('esbuild was to be run without --outfile, which worker-build 0.8 gives.');
  return found;
}
