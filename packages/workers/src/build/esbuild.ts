import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { WorkersBuildError } from './errors.js';

/** The command of esbuild. `WASM_REVIVE_ESBUILD_BIN` names another one than the npm package beside this one. */
function esbuild(env: NodeJS.ProcessEnv): string {
  return env.WASM_REVIVE_ESBUILD_BIN ?? createRequire(import.meta.url).resolve('esbuild/bin/esbuild');
}

/** Runs the real esbuild, with this process's terminal, and gives its exit code. @throws WorkersBuildError where it can't be run */
export function runEsbuild(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  const command = esbuild(env);
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: 'inherit' });
  if (error !== undefined) throw cantRun(command, error);
  return status ?? 1;
}

/** The same, where what it says is not for the terminal. @throws WorkersBuildError where it fails, with what it has said */
export function bundleQuietly(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): void {
  const command = esbuild(env);
  const { status, error, stderr } = spawnSync(command, [...args, '--log-level=warning'], { cwd, env, encoding: 'utf8' });
  if (error !== undefined) throw cantRun(command, error);
  if (status !== 0) throw new WorkersBuildError(`esbuild could not bundle the Worker:\n${stderr.trim()}`);
}

function cantRun(command: string, error: Error): WorkersBuildError {
  return new WorkersBuildError(
    `esbuild (${command}) could not be run: ${error.message}. Install it beside @wasm-revive/workers, or name it by WASM_REVIVE_ESBUILD_BIN.`,
  );
}
